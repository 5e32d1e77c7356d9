import { trimmed } from './decimal';
import type { SymbolMarket } from './symbol-market';
import type { RestartableFeed, SnapshotFeed } from './topic-feed';

/** An unchanged level 1 is said again after this long, with the same update id. */
const REPEAT_MS = 3_000;

/** `orderbook.1`: snapshots only, numbers without trailing zeros in every category. */
export class BestFeed implements SnapshotFeed, RestartableFeed {
  readonly periodMs = 10;
  private u: number;
  private seq = 0;
  private cts = 0;
  private pushed = 0;
  private version = -1;
  private levels = '';

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
  ) {
    this.u = 2_000_000 + (market.seq % 1_000_000);
  }

  wake(): void {
    this.take();
  }

  first(now: number): string[] {
    return [this.frame(now)];
  }

  next(now: number): string[] {
    if (this.take()) return [this.frame(now)];
    if (now - this.pushed < REPEAT_MS) return [];
    // A repeat: the same u and cts, though seq may have moved on deeper in the book.
    this.seq = this.market.seq;
    return [this.frame(now)];
  }

  stir(now: number): void {
    const before = this.levels;
    for (let i = 0; i < 20 && this.read() === before; i++) this.market.makerQuote(now);
  }

  unsolicitedSnapshot(now: number): string {
    if (!this.take()) this.u++;
    return this.frame(now);
  }

  restart(now: number): string {
    this.take();
    this.u = 1;
    return this.frame(now);
  }

  private take(): boolean {
    const { book } = this.market;
    if (book.version === this.version) return false;
    this.version = book.version;
    const levels = this.read();
    if (levels === this.levels) return false;
    this.levels = levels;
    this.u++;
    this.seq = this.market.seq;
    this.cts = this.market.changed;
    return true;
  }

  private read(): string {
    const { book, instrument } = this.market;
    const level = (price: number | undefined, size: number | undefined): string =>
      `[["${trimmed(price ?? 0, instrument.priceScale)}","${trimmed(size ?? 0, instrument.sizeScale)}"]]`;
    return `"b":${level(book.bids.prices[0], book.bids.sizes[0])},"a":${level(book.asks.prices[0], book.asks.sizes[0])}`;
  }

  private frame(now: number): string {
    this.pushed = now;
    const ts = Math.max(now, this.cts);
    const { symbol } = this.market.instrument;
    return `{"topic":"${this.topic}","ts":${ts},"type":"snapshot","data":{"s":"${symbol}",${this.levels},"u":${this.u},"seq":${this.seq}},"cts":${this.cts}}`;
  }
}
