import type { SymbolMarket } from './symbol-market';
import { optionTicker, spotTicker } from './ticker-fields';
import type { SnapshotFeed } from './topic-feed';

/** `tickers` of spot and options: every frame is whole. */
export class WholeTickerFeed implements SnapshotFeed {
  readonly periodMs: number;
  private events = -1;
  private told = '';
  private frames = 0;

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
  ) {
    this.periodMs = market.instrument.category === 'spot' ? 50 : 100;
  }

  wake(now: number): void {
    this.read(now);
  }

  first(now: number): string[] {
    return [this.frame(now)];
  }

  next(now: number): string[] {
    if (this.market.events === this.events) return [];
    const before = this.told;
    this.read(now);
    return this.told === before ? [] : [this.frame(now)];
  }

  stir(now: number): void {
    this.market.takerOrder(now);
  }

  unsolicitedSnapshot(now: number): string {
    this.read(now);
    return this.frame(now);
  }

  private read(now: number): void {
    this.events = this.market.events;
    const { category } = this.market.instrument;
    this.told = JSON.stringify(category === 'spot' ? spotTicker(this.market, now) : optionTicker(this.market, now));
  }

  private frame(ts: number): string {
    const { topic, told } = this;
    if (this.market.instrument.category === 'spot') {
      return `{"topic":"${topic}","ts":${ts},"type":"snapshot","cs":${this.market.seq},"data":${told}}`;
    }
    return `{"id":"${topic}-${++this.frames}-${ts}","topic":"${topic}","ts":${ts},"data":${told},"type":"snapshot"}`;
  }
}
