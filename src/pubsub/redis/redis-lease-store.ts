import { type Market, MARKETS } from '../../streams/stream';
import type { HeldElsewhere, LeaseStore } from '../fleet/lease-store';
import type { Keys } from './keys';
import type { RedisLink } from './redis-link';
import type { Scripts } from './scripts';

/** Leases as keys that expire. */
export class RedisLeaseStore implements LeaseStore {
  constructor(
    private readonly link: RedisLink,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
  ) {}

  async tryAcquire(market: Market, id: string, ttlMs: number): Promise<number | HeldElsewhere> {
    const { lease, fence } = this.keys.ofMarket(market);
    const reply = (await this.link.ask(this.scripts.acquire, [lease, fence], [id, ttlMs])) as Buffer | [number, Buffer];
    if (!Array.isArray(reply)) return Number(reply);
    const [remaining, holder] = reply;
    return { remainingMs: Math.max(0, remaining), fence: Number(holder) };
  }

  async renew(market: Market, id: string, fence: number, ttlMs: number): Promise<boolean> {
    const { lease } = this.keys.ofMarket(market);
    return (await this.link.ask(this.scripts.renew, [lease], [`${id}:${fence}`, ttlMs])) === 1;
  }

  async release(market: Market, id: string, fence: number): Promise<void> {
    const { lease, released } = this.keys.ofMarket(market);
    await this.link.ask(this.scripts.release, [lease, released], [`${id}:${fence}`, market]);
  }

  onReleased(listener: (market: Market) => void): void {
    for (const market of MARKETS) this.link.hear(this.keys.ofMarket(market).released, () => listener(market));
  }
}
