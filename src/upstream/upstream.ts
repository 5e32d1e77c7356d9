import type { Clock, Timer } from '../clock/clock';
import { Counter } from '../meters/counter';
import { Latency } from '../meters/latency';
import type { Demand } from '../pubsub/pubsub';
import { parseStreamName } from '../streams/arg';
import type { ExchangeMarket, MarketStream } from '../streams/stream';
import type { StreamTransform } from '../transform/transform';
import type { BackoffOptions } from './backoff';
import { BadFrames } from './bad-frames';
import { categoryOf } from './bybit/topics';
import { ConnectBreaker } from './connect-breaker';
import { ConnectBudget } from './connect-budget';
import type { KeepAlive } from './connection';
import { Feed } from './feed';
import type { UpstreamLog } from './log';
import { KlineBackfill } from './kline-backfill';
import { MarketStreams } from './market-streams';
import type { MarketReport } from './report';
import { fetchJson } from './rest';
import type { FetchJson } from './rest';
import { dialWebSocket } from './socket';
import type { Dial } from './socket';
import type { StreamPublisher } from './stream-publisher';

export interface UpstreamOptions {
  /** `wss://stream.bybit.com` */
  readonly wsUrl: string;
  /** Markets that may be used; a connection opens only on demand. */
  readonly markets: readonly ExchangeMarket[];
  readonly keepAlive: KeepAlive;
  readonly backoff: BackoffOptions;
  /** A connection with busy topics that delivers nothing for this long is replaced. */
  readonly silenceMs: number;
  /** How long a stream is kept after its last listener has left. */
  readonly lingerMs: number;
  /** A request without an answer is repeated once after this, then the connection is replaced. 5 s by default. */
  readonly ackTimeoutMs?: number;
  /** `https://api.bybit.com`: where candles that closed while there was no connection are fetched. Without it they stay missing. */
  readonly restUrl?: string;
}

export interface UpstreamDeps {
  readonly demand: Demand;
  readonly publisher: StreamPublisher;
  readonly transformOf: (stream: MarketStream) => StreamTransform;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log: UpstreamLog;
  /** Real sockets by default. */
  readonly dial?: Dial;
  /** Real calls by default. */
  readonly fetchJson?: FetchJson;
}

/** The exchange acks within 0.5 s even under load. */
const ACK_TIMEOUT_MS = 5_000;

/** Serves every stream that somebody wants, for as long as they do. */
export class Upstream {
  /** Data frames by `market.kind`. */
  readonly messages = new Counter();
  /** From the exchange's `ts` to our reading, per frame. */
  readonly latency = new Latency();
  private readonly bad: BadFrames;
  private readonly backfill: KlineBackfill | undefined;
  private readonly markets = new Map<ExchangeMarket, MarketStreams>();
  /** Stream name -> the stream, and the timer that ends it when nobody wants it any more. */
  private readonly served = new Map<string, { readonly stream: MarketStream; linger: Timer | undefined }>();
  private running_ = false;

  constructor(
    private readonly options: UpstreamOptions,
    private readonly deps: UpstreamDeps,
  ) {
    const { clock, random, log, publisher, transformOf, dial = dialWebSocket } = deps;
    const { messages, latency } = this;
    this.bad = new BadFrames(clock, log);
    const { restUrl } = options;
    const backfill = restUrl === undefined ? undefined : new KlineBackfill(restUrl, deps.fetchJson ?? fetchJson, clock, log);
    this.backfill = backfill;
    const budget = new ConnectBudget(clock);
    for (const market of options.markets) {
      const category = categoryOf(market);
      const { keepAlive, backoff, silenceMs } = options;
      const linkOptions = {
        url: `${options.wsUrl.replace(/\/+$/, '')}/v5/public/${category}`,
        category,
        keepAlive,
        backoff,
        silenceMs,
        ackTimeoutMs: options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
      };
      const linkDeps = { dial, clock, random, log, budget, breaker: new ConnectBreaker(clock) };
      this.markets.set(
        market,
        new MarketStreams(
          market,
          { transformOf, publisher, clock, badFrames: this.bad, messages, latency, backfill },
          (listener) => new Feed(market, linkOptions, linkDeps, listener),
        ),
      );
    }
  }

  /** Frames, or parts of them, that could not be used, by reason. */
  get badFrames(): Counter {
    return this.bad.counter;
  }

  /** Whether demand is served: from start to stop. */
  get running(): boolean {
    return this.running_;
  }

  /** Fetches of missed candles after reconnects, by outcome; undefined without a REST address. */
  get backfills(): Counter | undefined {
    return this.backfill?.outcomes;
  }

  report(): MarketReport[] {
    return [...this.markets.values()].map((market) => market.report());
  }

  start(): void {
    this.running_ = true;
    this.deps.demand.onDemand((name, wanted) => {
      if (!this.running_) return;
      if (wanted) this.want(name);
      else this.unwant(name);
    });
    this.deps.demand.onRelease((market) => {
      if (market !== 'account') this.release(market);
    });
    this.deps.demand.onTakeover((market, reason) => {
      if (this.running_ && market !== 'account') this.markets.get(market)?.takeOver(reason);
    });
    for (const name of this.deps.demand.wanted()) this.want(name);
  }

  /** The exchange lists some symbols of a market no more, and others that it did not list before. */
  listed(market: ExchangeMarket, gone: ReadonlySet<string>, come: ReadonlySet<string>): void {
    this.markets.get(market)?.listed(gone, come);
  }

  /** Resolves when every socket is closed. */
  async stop(): Promise<void> {
    this.running_ = false;
    for (const { linger } of this.served.values()) linger?.cancel();
    this.served.clear();
    this.backfill?.stop();
    await Promise.all([...this.markets.values()].map((market) => market.stop()));
  }

  /** Forgets a market's streams as if they had never been wanted, and lets its connections go. */
  private release(market: ExchangeMarket): void {
    for (const [name, { stream, linger }] of this.served) {
      if (stream.market !== market) continue;
      linger?.cancel();
      this.served.delete(name);
    }
    this.markets.get(market)?.release();
  }

  private want(name: string): void {
    const known = this.served.get(name);
    if (known) {
      known.linger?.cancel();
      known.linger = undefined;
      return;
    }
    const stream = parseStreamName(name);
    if (!stream || stream.rate || stream.market === 'account') return; // not one of the exchange's streams: somebody else's
    this.served.set(name, { stream, linger: undefined });
    const market = this.markets.get(stream.market);
    if (market) {
      market.serve(stream);
      return;
    }
    this.deps.publisher.open(stream);
    this.deps.publisher.status(stream, 'refused', `The market ${stream.market} is not served here.`);
  }

  private unwant(name: string): void {
    const known = this.served.get(name);
    if (!known) return;
    known.linger?.cancel();
    known.linger = this.deps.clock.after(this.options.lingerMs, () => {
      this.served.delete(name);
      const market = this.markets.get(known.stream.market);
      if (market) market.end(known.stream);
      else this.deps.publisher.close(known.stream);
    });
  }
}
