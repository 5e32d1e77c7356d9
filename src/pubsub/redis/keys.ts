import type { Market } from '../../streams/stream';

/** Everything of one stream. The braces make a Redis Cluster keep it all in one slot, so that one script can change it. */
export interface StreamKeys {
  /** Hash: fence, token, epoch, run, seq, snapshotSeq, status. */
  readonly state: string;
  /** List of the newest publications; its last one has number `seq`. */
  readonly log: string;
  /** The newest snapshot. */
  readonly snap: string;
  readonly channel: string;
}

/** Everything of one market. */
export interface MarketKeys {
  readonly lease: string;
  readonly fence: string;
  readonly status: string;
  /** Channel of status changes. */
  readonly told: string;
  /** Channel that tells of a lease given back. */
  readonly released: string;
}

/** What the keys and channels of a fleet are called. */
export class Keys {
  /** Glob that fits the channels of streams and no other. */
  readonly channels: string;
  /** Channel that names newly wanted streams. */
  readonly demand: string;

  /** @param prefix that no other fleet on this Redis uses; without braces and glob characters */
  constructor(private readonly prefix: string) {
    this.channels = `${prefix}{*}`;
    this.demand = `${prefix}{demand}:told`;
  }

  of(stream: string): StreamKeys {
    const channel = `${this.prefix}{${stream}}`;
    return { state: `${channel}:state`, log: `${channel}:log`, snap: `${channel}:snap`, channel };
  }

  ofMarket(market: Market): MarketKeys {
    const base = `${this.prefix}{market:${market}}`;
    return {
      lease: `${base}:lease`,
      fence: `${base}:fence`,
      status: `${base}:status`,
      told: `${base}:told`,
      released: `${base}:released`,
    };
  }

  /** Key and channel of a replica's own messages. @param tag chooses the slot */
  beat(tag: string, replica: string): string {
    return `${this.prefix}{${tag}}:beat:${replica}`;
  }

  /** The stream of a channel. */
  streamOf(channel: string): string {
    return channel.slice(this.prefix.length + 1, -1);
  }
}
