import { systemClock, type Clock } from '../clock/clock';
import type { Market } from '../streams/stream';
import type { Position, Recovery } from './publication';
import type { Listening, StreamListener } from './pubsub';
import type { MarketStatus, StreamStatus } from './status';
import { marketIn } from './market-in';
import { Tail, type TailContext, type TailCounters } from './tail';
import { wholeStateOf as wholeStateIn } from './whole-state';
import type { Wire } from './wire';

/**
 * Listens to what another process publishes, over a wire that loses and repeats things, breaks, and can be exchanged for another one
 * at any time: listeners hear every number once, in order, or are told what is missing.
 */
export class Tailing implements Listening {
  /** Since the process began; for metrics. */
  readonly counters: TailCounters = { holes: 0, duplicates: 0, repairs: 0, fetches: 0, gaps: 0 };
  private readonly tails = new Map<string, Tail>();
  private readonly heardOn = new WeakSet<Wire>();
  private markets = new Map<Market, MarketStatus>();
  private readonly marketListeners: ((status: MarketStatus) => void)[] = [];
  /** Market statuses that came while a question for them was under way. */
  private fresh = new Set<Market>();
  private questions = 0;

  constructor(
    private wire_: Wire,
    readonly brand: string,
    private readonly clock: Pick<Clock, 'now'> = systemClock,
    readonly wholeStateOf: TailContext['wholeStateOf'] = wholeStateIn,
  ) {}

  get wire(): Wire {
    return this.wire_;
  }

  /** Before anything else. */
  start(): void {
    this.hear();
    this.askMarkets();
  }

  /**
   * Goes on over another wire, or over one that was used before. What the old one still says is ignored.
   * @param vouched whoever publishes there is known to be alive; otherwise state streams stay where they are until their publisher is
   * heard, or {@link vouch} is called
   */
  use(wire: Wire, vouched: boolean): void {
    if (wire === this.wire_) return;
    for (const stream of this.tails.keys()) this.wire_.unlisten(stream);
    this.wire_ = wire;
    this.hear();
    this.askMarkets();
    for (const tail of this.tails.values()) tail.exchanged(vouched);
  }

  /** Whoever publishes the market's streams is alive. */
  vouch(market: Market): void {
    for (const [stream, tail] of this.tails) if (marketIn(stream) === market) tail.vouch();
  }

  subscribe(stream: string, listener: StreamListener): void {
    const known = this.tails.get(stream);
    if (known) {
      known.listeners.add(listener);
      return;
    }
    const tail = new Tail(stream, this);
    this.tails.set(stream, tail);
    tail.listeners.add(listener);
    tail.start();
  }

  unsubscribe(stream: string, listener: StreamListener): void {
    const tail = this.tails.get(stream);
    if (!tail?.listeners.delete(listener) || tail.listeners.size > 0) return;
    this.tails.delete(stream);
    tail.stop();
  }

  streamStatus(stream: string): StreamStatus | undefined {
    return this.tails.get(stream)?.status;
  }

  marketStatus(market: Market): MarketStatus | undefined {
    return this.markets.get(market);
  }

  onMarketStatus(listener: (status: MarketStatus) => void): void {
    this.marketListeners.push(listener);
  }

  /** Answers at once when it can. What a listener that subscribed before is told ends exactly where its hearing begins. */
  recover(stream: string, since?: Position): Recovery | Promise<Recovery> {
    return this.tails.get(stream)?.recover(since) ?? this.recoverUnheard(stream, since);
  }

  counts(): { readonly channels: number; readonly listeners: number } {
    let listeners = 0;
    for (const tail of this.tails.values()) listeners += tail.listeners.size;
    return { channels: this.tails.size, listeners };
  }

  private async recoverUnheard(stream: string, since: Position | undefined): Promise<Recovery> {
    this.counters.fetches++;
    const { epoch, seq, publications, recovered } = await this.wire_.fetch(stream, since);
    return { epoch, seq, publications, recovered };
  }

  private hear(): void {
    const wire = this.wire_;
    if (this.heardOn.has(wire)) return;
    this.heardOn.add(wire);
    const tail = (stream: string) => (wire === this.wire_ ? this.tails.get(stream) : undefined);
    wire.hear({
      publication: (publication) => tail(publication.stream)?.publication(publication),
      status: (stream, status) => tail(stream)?.heardStatus(status),
      opened: (stream, epoch) => tail(stream)?.opened(epoch),
      closed: (stream) => tail(stream)?.closed(),
      marketStatus: (status) => {
        if (wire === this.wire_) this.tellMarket(status);
      },
      restored: () => {
        if (wire !== this.wire_) return;
        this.askMarkets();
        for (const each of this.tails.values()) each.repair();
      },
    });
  }

  /** What is heard while we ask is newer than the answer. When nobody answers, `restored` follows and asks again. */
  private askMarkets(): void {
    const question = ++this.questions;
    this.fresh = new Set();
    this.wire_.fetchMarkets().then(
      (statuses) => {
        if (question !== this.questions) return;
        const found = new Set<Market>(this.fresh);
        for (const status of statuses) {
          found.add(status.market);
          if (!this.fresh.has(status.market)) this.tellMarket(status);
        }
        for (const status of [...this.markets.values()]) if (!found.has(status.market)) this.forgetMarket(status);
      },
      () => undefined,
    );
  }

  /** Nobody says anything of the market any more: nothing is known to be wrong, and what was said before is to be taken back. */
  private forgetMarket({ market, state }: MarketStatus): void {
    this.markets.delete(market);
    if (state === 'live') return;
    const live: MarketStatus = { market, state: 'live', reason: '', since: this.clock.now() };
    for (const hear of this.marketListeners) hear(live);
  }

  private tellMarket(status: MarketStatus): void {
    this.fresh.add(status.market);
    const before = this.markets.get(status.market);
    if (before?.state === status.state && before.reason === status.reason && before.since === status.since) return;
    this.markets.set(status.market, status);
    // Nobody here has heard anything bad of it.
    if (!before && status.state === 'live') return;
    for (const hear of this.marketListeners) hear(status);
  }
}
