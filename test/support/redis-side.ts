import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/clock/clock';
import type { RedisAddress } from '../../src/pubsub/redis/address';
import { Keys } from '../../src/pubsub/redis/keys';
import { RedisDemand } from '../../src/pubsub/redis/redis-demand';
import { RedisLeaseStore } from '../../src/pubsub/redis/redis-lease-store';
import { RedisLink } from '../../src/pubsub/redis/redis-link';
import { RedisPublishing } from '../../src/pubsub/redis/redis-publishing';
import { RedisWire } from '../../src/pubsub/redis/redis-wire';
import { scriptsFor } from '../../src/pubsub/redis/scripts';
import type { WireListener } from '../../src/pubsub/wire';

export interface RedisSideSettings {
  readonly address: RedisAddress;
  readonly prefix: string;
  readonly historySize?: number;
  readonly historyTtlMs?: number;
  readonly maxConnections?: number;
}

/** All that one replica has of Redis, on the machine's own clock. */
export class RedisSide {
  readonly replica = randomUUID();
  readonly keys: Keys;
  readonly link: RedisLink;
  readonly demand: RedisDemand;
  readonly wire: RedisWire;
  readonly publishing: RedisPublishing;
  readonly leases: RedisLeaseStore;
  /** Why the link broke, each time. */
  readonly breaks: string[] = [];
  /** Refusals as `why stream`. */
  readonly refused: string[] = [];
  private readonly waiting = new Set<() => void>();

  constructor({ address, prefix, historySize = 4, historyTtlMs = 60_000, maxConnections = 50 }: RedisSideSettings) {
    const history = { historySize, historyTtlMs };
    const scripts = scriptsFor({ ...history, cluster: address.cluster });
    this.keys = new Keys(prefix);
    this.link = new RedisLink({ address, maxConnections, replica: this.replica }, this.keys, scripts, systemClock, Math.random);
    this.demand = new RedisDemand(this.link, this.keys, scripts, systemClock);
    this.wire = new RedisWire(this.link, this.keys, scripts, this.demand);
    this.publishing = new RedisPublishing(this.link, this.keys, scripts, systemClock, this.replica, history);
    this.leases = new RedisLeaseStore(this.link, this.keys, scripts);
    this.link.onWhole(() => this.changed());
    this.link.onBroken((reason) => this.note(this.breaks, reason));
    this.publishing.onRefused((stream, why) => this.note(this.refused, `${why} ${stream}`));
  }

  /** Resolves when Redis was reached, or could not be. @param listener of the wire, when anything is to be heard */
  async start(listener?: WireListener): Promise<this> {
    if (listener) this.wire.hear(listener);
    await this.link.start();
    this.demand.start();
    this.publishing.start();
    return this;
  }

  stop(): void {
    this.demand.stop();
    this.publishing.stop();
    this.link.stop();
  }

  /** Resolves when it holds; looked at whenever the link or a stream's standing changes. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private note(where: string[], what: string): void {
    where.push(what);
    this.changed();
  }

  private changed(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

/** Keeps what comes over a wire. */
export class WireLog implements WireListener {
  readonly lines: string[] = [];
  private readonly waiting = new Set<() => void>();

  publication({ stream, epoch, seq, type }: Parameters<WireListener['publication']>[0]): void {
    this.add(`${stream} ${epoch}:${seq}${type === 'snapshot' ? ' snapshot' : ''}`);
  }

  status(stream: string, { state }: Parameters<WireListener['status']>[1]): void {
    this.add(`${stream} ${state}`);
  }

  opened(stream: string, epoch: string): void {
    this.add(`${stream} opened ${epoch}`);
  }

  closed(stream: string): void {
    this.add(`${stream} closed`);
  }

  marketStatus({ market, state }: Parameters<WireListener['marketStatus']>[0]): void {
    this.add(`${market} ${state}`);
  }

  restored(): void {
    this.add('restored');
  }

  /** Resolves when this line has been heard `times` times. */
  async until(line: string, times = 1): Promise<void> {
    while (this.lines.filter((one) => one === line).length < times) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private add(line: string): void {
    this.lines.push(line);
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}
