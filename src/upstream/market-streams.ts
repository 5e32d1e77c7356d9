import type { Clock } from '../clock/clock';
import type { Counter } from '../meters/counter';
import type { Latency } from '../meters/latency';
import type { MarketStatus } from '../pubsub/status';
import type { ExchangeMarket, MarketStream } from '../streams/stream';
import type { RawFrame, StreamTransform } from '../transform/transform';
import { AskingAgain } from './asking-again';
import type { BadFrames } from './bad-frames';
import { topicOf } from './bybit/topics';
import type { Feed, FeedListener } from './feed';
import type { KlineBackfill } from './kline-backfill';
import { ServedStream } from './served-stream';
import type { StreamPublisher } from './stream-publisher';

export interface MarketStreamsDeps {
  readonly transformOf: (stream: MarketStream) => StreamTransform;
  readonly publisher: StreamPublisher;
  readonly clock: Clock;
  readonly badFrames: BadFrames;
  readonly messages: Counter;
  readonly latency: Latency;
  readonly backfill: KlineBackfill | undefined;
}

/** A topic and the streams that are made from it: one, or for option trades one per symbol of the base coin. */
interface Served {
  readonly streams: Map<string, ServedStream>;
  /** For {@link MarketStreamsDeps.messages}. */
  readonly label: string;
  /** The exchange's words. A topic that was never served is not asked for again while anybody still wants it. */
  refusal: string | undefined;
}

/** The streams of one market that are served now, and what happens to them on the market's feed. */
export class MarketStreams implements FeedListener {
  private readonly topics = new Map<string, Served>();
  private readonly feed: Feed;
  private readonly again: AskingAgain;

  constructor(
    private readonly market: ExchangeMarket,
    private readonly deps: MarketStreamsDeps,
    feedFor: (listener: FeedListener) => Feed,
  ) {
    this.feed = feedFor(this);
    this.again = new AskingAgain(deps.clock, (topic) => this.feed.wantAlone(topic));
  }

  serve(stream: MarketStream): void {
    const topic = topicOf(stream);
    let served = this.topics.get(topic);
    if (!served)
      this.topics.set(topic, (served = { streams: new Map(), label: `${this.market}.${stream.kind}`, refusal: undefined }));
    if (served.streams.has(stream.name)) return;
    const { transformOf, publisher, clock, backfill } = this.deps;
    const one = new ServedStream(stream, {
      transform: transformOf(stream),
      publisher,
      clock,
      renew: () => this.feed.renew(topic),
      bad: (reason, problem, text) => this.bad(reason, problem, text),
      ...(stream.kind === 'kline' && backfill
        ? {
            backfill: (since: number, answered: (frame: RawFrame | undefined) => boolean) =>
              backfill.request(stream, since, answered),
          }
        : {}),
    });
    served.streams.set(stream.name, one);
    one.open();
    if (served.refusal !== undefined) one.refused(served.refusal);
    else if (this.feed.isAccepted(topic)) one.accepted();
    else this.feed.want(topic);
  }

  end(stream: MarketStream): void {
    const topic = topicOf(stream);
    const served = this.topics.get(topic);
    const one = served?.streams.get(stream.name);
    if (!served || !one) return;
    served.streams.delete(stream.name);
    one.close();
    if (served.streams.size > 0) return;
    this.topics.delete(topic);
    this.again.forget(topic);
    this.feed.drop(topic);
  }

  /** The exchange lists some symbols no more, and others that it did not list before. */
  listed(gone: ReadonlySet<string>, come: ReadonlySet<string>): void {
    for (const [topic, served] of this.topics) {
      for (const one of served.streams.values()) {
        if (gone.has(one.stream.symbol)) one.delisted();
        else if (come.has(one.stream.symbol)) this.relist(topic, served, one);
      }
    }
  }

  /** Somebody else has served the streams that are wanted next, and does so no more: why. */
  takeOver(reason: string): void {
    this.feed.takeOver(reason);
  }

  /** Somebody else serves this market's streams. */
  release(): void {
    this.again.stop();
    this.feed.release();
    for (const { streams } of this.topics.values()) for (const one of streams.values()) one.forget();
    this.topics.clear();
  }

  async stop(): Promise<void> {
    this.again.stop();
    await this.feed.stop();
    for (const { streams } of this.topics.values()) for (const one of streams.values()) one.close();
    this.topics.clear();
  }

  report(): ReturnType<Feed['report']> {
    return this.feed.report();
  }

  data(frame: RawFrame, received: number, fresh: boolean, text: string): void {
    const served = this.topics.get(frame.topic);
    if (!served) return;
    this.deps.messages.add(served.label);
    if (!fresh && typeof frame.ts === 'number') this.deps.latency.observe(received - frame.ts);
    for (const one of served.streams.values()) one.frame(frame, received, text);
  }

  accepted(topic: string): void {
    const served = this.topics.get(topic);
    if (served) served.refusal = undefined;
    this.again.forget(topic);
    for (const one of this.streamsOf(topic)) one.accepted();
  }

  refused(topic: string, words: string): void {
    const served = this.topics.get(topic);
    if (!served) return;
    served.refusal = words;
    let ended = false;
    for (const one of served.streams.values()) {
      one.refused(words);
      ended ||= one.ended;
    }
    if (ended) this.again.refused(topic);
  }

  lost(topic: string): void {
    for (const one of this.streamsOf(topic)) one.lost();
  }

  late(topic: string): void {
    for (const one of this.streamsOf(topic)) one.late();
  }

  bad(reason: string, problem: string, text: string): void {
    this.deps.badFrames.add(this.market, reason, problem, text);
  }

  status(state: MarketStatus['state'], reason: string): void {
    this.deps.publisher.marketStatus(this.market, state, reason);
  }

  private relist(topic: string, served: Served, one: ServedStream): void {
    one.relisted();
    served.refusal = undefined;
    if (this.feed.isAccepted(topic)) one.accepted();
    else this.feed.want(topic);
  }

  private streamsOf(topic: string): Iterable<ServedStream> {
    return this.topics.get(topic)?.streams.values() ?? [];
  }
}
