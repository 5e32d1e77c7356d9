import { BookWindow, type UnitLevel, type WindowChange } from './book-window';
import { padded, trimmed } from './decimal';
import type { SymbolMarket } from './symbol-market';
import type { RestartableFeed, SnapshotFeed } from './topic-feed';

const PERIODS: Readonly<Record<number, number>> = { 25: 20, 50: 20, 100: 100, 200: 100, 1000: 200 };

/** `orderbook.{depth}` of 25 levels and more: one snapshot, then deltas with `u` growing by one. */
export class BookFeed implements SnapshotFeed, RestartableFeed {
  readonly periodMs: number;
  private readonly window: BookWindow;
  private u: number;
  private seq: number;
  private cts: number;
  private frames = 0;

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
    depth: number,
  ) {
    market.book.watch(depth);
    this.periodMs = PERIODS[depth] ?? 100;
    this.window = new BookWindow(market.book, depth);
    this.u = 1_000_000 + (market.seq % 1_000_000) + depth;
    this.seq = market.seq;
    this.cts = market.changed;
  }

  wake(): void {
    this.take();
  }

  first(now: number): string[] {
    return [this.frame('snapshot', this.window.held(), now)];
  }

  next(now: number): string[] {
    const change = this.take();
    return change ? [this.frame('delta', change, now)] : [];
  }

  stir(now: number): void {
    this.market.makerQuote(now);
  }

  unsolicitedSnapshot(now: number): string {
    if (!this.take()) this.u++;
    return this.frame('snapshot', this.window.held(), now);
  }

  restart(now: number, type: 'snapshot' | 'delta'): string {
    this.take();
    this.u = 1;
    return this.frame(type, this.window.held(), now);
  }

  private take(): WindowChange | undefined {
    const change = this.window.advance();
    if (change) this.u++;
    this.seq = this.market.seq;
    this.cts = this.market.changed;
    return change;
  }

  private frame(type: 'snapshot' | 'delta', levels: WindowChange, now: number): string {
    const { category, symbol } = this.market.instrument;
    const ts = Math.max(now, this.cts);
    const { topic } = this;
    const data = { s: symbol, b: this.text(levels.bids), a: this.text(levels.asks), u: this.u };
    if (category === 'option') return JSON.stringify({ id: `${topic}-${++this.frames}-${ts}`, topic, ts, data, type });
    const numbered = { ...data, seq: this.seq };
    if (category === 'spot') return JSON.stringify({ topic, ts, type, data: numbered, cts: this.cts });
    return JSON.stringify({ topic, type, ts, data: numbered, cts: this.cts });
  }

  private text(levels: readonly UnitLevel[]): [string, string][] {
    const { category, priceScale, sizeScale } = this.market.instrument;
    const write = category === 'spot' ? trimmed : padded;
    return levels.map(([price, size]) => [write(price, priceScale), size === 0 ? '0' : write(size, sizeScale)]);
  }
}
