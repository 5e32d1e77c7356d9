import { zeroes } from '../meters/zeroes';
import { KINDS, type Kind, type Market } from '../streams/stream';
import type { Listening } from '../pubsub/pubsub';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import { Channel } from './channel';
import { Membership } from './membership';
import type { Sink } from './sink';

/** Who listens to one stream, and what came of it last. */
export interface StreamAudience {
  /** Its name without the brand. */
  readonly stream: string;
  readonly subscribers: number;
  /** 0 before the first message. */
  readonly seq: number;
  /** When that was read from the exchange, ms since 1970; 0 when nothing came since somebody listens. */
  readonly receivedAt: number;
}

/** Who listens to what on this process. A sink holds at most one membership of a stream: its owner sees to that. */
export class Hub {
  private readonly channels = new Map<string, Channel>();
  /** Memberships by kind, for the metrics page. */
  readonly memberships: Record<Kind, number> = zeroes(KINDS);

  constructor(private readonly pubsub: Listening) {
    pubsub.onMarketStatus((status) => this.tellMarket(status));
  }

  /** Registers a sink; nothing is delivered before the membership is released. */
  join(stream: { readonly name: string; readonly kind: Kind }, sink: Sink): Membership {
    const known = this.channels.get(stream.name);
    const channel = known ?? this.openChannel(stream);
    this.memberships[stream.kind]++;
    const membership = new Membership(this.pubsub, channel, sink, this.left);
    // Only now: the exchange's answer may come back during this call, and the joiner must hear it.
    if (!known) this.pubsub.subscribe(stream.name, channel);
    return membership;
  }

  streamStatus(stream: string): StreamStatus | undefined {
    return this.pubsub.streamStatus(stream);
  }

  marketStatus(market: Market): MarketStatus | undefined {
    return this.pubsub.marketStatus(market);
  }

  get channelCount(): number {
    return this.channels.size;
  }

  /** Every stream that has a listener here. */
  *audiences(): Iterable<StreamAudience> {
    for (const { stream, listeners, place, receivedAt } of this.channels.values()) {
      yield { stream, subscribers: listeners, seq: place.seq, receivedAt };
    }
  }

  private openChannel({ name, kind }: { readonly name: string; readonly kind: Kind }): Channel {
    const channel = new Channel(name, kind);
    this.channels.set(name, channel);
    return channel;
  }

  /** One for all memberships: a function each would be memory for every stream of every client. */
  private readonly left = (channel: Channel): void => {
    this.memberships[channel.kind]--;
    if (!channel.empty) return;
    this.channels.delete(channel.stream);
    this.pubsub.unsubscribe(channel.stream, channel);
  };

  /** Once per sink, however many streams of the market it listens to. Rare: walking all channels is fine. */
  private tellMarket(status: MarketStatus): void {
    const told = new Set<Sink>();
    for (const channel of this.channels.values()) {
      if (!channel.stream.startsWith(`${status.market}.`)) continue;
      for (const sink of channel.sinks) told.add(sink);
      for (const sink of channel.paused) told.add(sink);
    }
    for (const sink of told) sink.marketStatus(status);
  }
}
