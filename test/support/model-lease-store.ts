import type { HeldElsewhere, LeaseStore } from '../../src/pubsub/fleet/lease-store';
import type { Market } from '../../src/streams/stream';
import type { ManualClock } from './manual-clock';

interface Held {
  readonly id: string;
  readonly fence: number;
  until: number;
}

/** A lease store as simple as can be, on a clock of its own. */
export class ModelLeaseStore implements LeaseStore {
  readonly holders = new Map<Market, Held>();
  fences = 0;
  private readonly hearers: ((market: Market) => void)[] = [];

  constructor(private readonly clock: ManualClock) {}

  tryAcquire(market: Market, id: string, ttlMs: number): Promise<number | HeldElsewhere> {
    const holder = this.holders.get(market);
    const until = this.clock.monotonic() + ttlMs;
    if (holder && holder.until > this.clock.monotonic()) {
      if (holder.id !== id) {
        return Promise.resolve({ remainingMs: holder.until - this.clock.monotonic(), fence: holder.fence });
      }
      holder.until = until;
      return Promise.resolve(holder.fence);
    }
    this.holders.set(market, { id, fence: ++this.fences, until });
    return Promise.resolve(this.fences);
  }

  renew(market: Market, id: string, fence: number, ttlMs: number): Promise<boolean> {
    const holder = this.holders.get(market);
    if (holder?.id !== id || holder.fence !== fence || holder.until <= this.clock.monotonic()) return Promise.resolve(false);
    holder.until = this.clock.monotonic() + ttlMs;
    return Promise.resolve(true);
  }

  release(market: Market, id: string, fence: number): Promise<void> {
    const holder = this.holders.get(market);
    if (holder?.id === id && holder.fence === fence) {
      this.holders.delete(market);
      for (const hear of this.hearers) hear(market);
    }
    return Promise.resolve();
  }

  onReleased(listener: (market: Market) => void): void {
    this.hearers.push(listener);
  }
}
