import type { Clock } from '../../clock/clock';
import type { Market } from '../../streams/stream';
import { InProcessPubSub } from '../in-process';
import { LocalWire } from '../local-wire';
import type { RedisAddress } from '../redis/address';
import { Keys } from '../redis/keys';
import { RedisDemand } from '../redis/redis-demand';
import { RedisLeaseStore } from '../redis/redis-lease-store';
import { RedisLink } from '../redis/redis-link';
import { RedisPublishing } from '../redis/redis-publishing';
import { RedisWire } from '../redis/redis-wire';
import { scriptsFor } from '../redis/scripts';
import type { TailCounters } from '../tail';
import { Tailing } from '../tailing';
import { FleetPubSub, type FleetReport } from './fleet-pubsub';
import type { FleetLog } from './log';

export interface ReplicaOptions {
  readonly address: RedisAddress;
  /** What replicas of one fleet have in common, and no other fleet on their Redis has. */
  readonly prefix: string;
  readonly maxConnections: number;
  readonly historySize: number;
  readonly historyTtlMs: number;
  readonly brand: string;
  /** That this replica can serve. */
  readonly markets: readonly Market[];
  /** Of this process, unique in the fleet. */
  readonly id: string;
}

export interface ReplicaDeps {
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log: FleetLog;
}

/** How a replica stands, for health and metrics. */
export interface ReplicaReport extends FleetReport {
  /** Whether Redis is within reach now. */
  readonly redis: boolean;
  readonly tail: Readonly<TailCounters>;
  /** Publications of our upstream that went nowhere. */
  readonly unpublished: { readonly refused: number; readonly unheld: number };
  /** Messages that no replica of this version wrote. */
  readonly unreadable: number;
}

/** One process of a fleet: its way to Redis, and the meeting point of data and demand that all replicas share. */
export class Replica {
  readonly pubsub: FleetPubSub;
  private readonly publishing: RedisPublishing;
  private readonly wire: RedisWire;
  private readonly tailing: Tailing;
  private readonly link: RedisLink;
  private readonly demand: RedisDemand;

  constructor(options: ReplicaOptions, { clock, random, log }: ReplicaDeps) {
    const { address, maxConnections, historySize, historyTtlMs, id } = options;
    const keys = new Keys(options.prefix);
    const scripts = scriptsFor({ historySize, historyTtlMs, cluster: address.cluster });
    const link = new RedisLink({ address, maxConnections, replica: id }, keys, scripts, clock, random);
    link.onWhole(() => log.info({}, 'connected to Redis'));
    link.onBroken((reason) => log.warn({ reason }, 'lost the connection to Redis'));
    this.link = link;
    this.demand = new RedisDemand(link, keys, scripts, clock);
    this.wire = new RedisWire(link, keys, scripts, this.demand);
    this.publishing = new RedisPublishing(link, keys, scripts, clock, id, { historySize, historyTtlMs });
    this.tailing = new Tailing(this.wire, options.brand, clock);
    this.pubsub = new FleetPubSub(id, options.markets, {
      link,
      publishing: this.publishing,
      wire: this.wire,
      demand: this.demand,
      store: new RedisLeaseStore(link, keys, scripts),
      local: () => {
        const pubsub = new InProcessPubSub(historySize);
        return { pubsub, wire: new LocalWire(pubsub) };
      },
      listening: this.tailing,
      clock,
      random,
      log,
    });
  }

  report(): ReplicaReport {
    return {
      ...this.pubsub.report(),
      redis: this.link.whole,
      tail: this.tailing.counters,
      unpublished: { refused: this.publishing.unpublished, unheld: this.pubsub.unheld },
      unreadable: this.wire.unreadable,
    };
  }

  /**
   * Resolves when Redis has been reached, or could not be: then this replica begins alone.
   * @throws RedisSettingsError
   */
  async start(): Promise<void> {
    this.tailing.start();
    this.pubsub.connect();
    await this.link.start();
    this.demand.start();
    this.publishing.start();
    this.pubsub.start();
  }

  /** After {@link FleetPubSub.leave}. */
  stop(): void {
    this.demand.stop();
    this.publishing.stop();
    this.link.stop();
  }
}
