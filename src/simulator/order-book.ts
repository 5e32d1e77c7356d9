import type { Instrument } from './instrument';
import { mix, type Random } from './random';

export type Side = 'Buy' | 'Sell';

/** Levels beyond the deepest window that anybody watches, so that a window is full after every change. */
const SLACK = 30;

/** One side, best first; prices and sizes stand at the same index. */
export class BookSide {
  readonly prices: number[] = [];
  readonly sizes: number[] = [];

  constructor(
    /** +1: prices rise away from the best (asks); -1: they fall (bids). */
    readonly direction: 1 | -1,
    private readonly instrument: Instrument,
    private readonly seed: number,
  ) {}

  /** Index of the first level that is not better than `price`. */
  find(price: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.prices[middle] ?? 0) - price) * this.direction < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Sets the size at a price; 0 takes the level away. */
  set(price: number, size: number): void {
    const at = this.find(price);
    const held = this.prices[at] === price;
    if (size === 0) {
      if (!held) return;
      this.prices.splice(at, 1);
      this.sizes.splice(at, 1);
    } else if (held) {
      this.sizes[at] = size;
    } else {
      this.prices.splice(at, 0, price);
      this.sizes.splice(at, 0, size);
    }
  }

  /**
   * Adds levels at the far end until there are `levels`. What they hold follows from the price alone, so the walk does not
   * depend on how deep anybody looks. A price never reaches zero, so a cheap instrument can run out of bids.
   */
  reach(levels: number, from: number): void {
    const { tick, usualSize } = this.instrument;
    while (this.prices.length < levels) {
      const last = this.prices.at(-1) ?? from;
      const dice = mix(this.seed ^ last);
      const gap = last < 600 * tick ? 1 : 1 + (dice % 5 === 0 ? 2 : dice % 2);
      const price = last + this.direction * tick * gap;
      if (price <= 0) return;
      this.prices.push(price);
      this.sizes.push(1 + Math.floor((usualSize * ((dice >>> 8) % 1000)) / 500));
    }
  }
}

/** The whole book of one symbol. It is never crossed. */
export class OrderBook {
  readonly bids: BookSide;
  readonly asks: BookSide;
  /** Grows with every change. */
  version = 0;
  private depth = 50;

  constructor(
    private readonly instrument: Instrument,
    /** In price units: the best bid is at it, the best ask a tick above. */
    start: number,
    seed: number,
  ) {
    this.bids = new BookSide(-1, instrument, seed);
    this.asks = new BookSide(1, instrument, seed + 1);
    this.bids.reach(1, start + instrument.tick);
    this.asks.reach(1, this.bestBid);
    this.fill();
  }

  get bestBid(): number {
    return this.bids.prices[0] ?? 0;
  }

  get bestAsk(): number {
    return this.asks.prices[0] ?? 0;
  }

  /** Makes sure that windows of `depth` are full from now on. */
  watch(depth: number): void {
    if (depth <= this.depth) return;
    this.depth = depth;
    this.fill();
  }

  /**
   * A taker's order against the other side: what it got, level by level, up to a limit when there is one. The last level of a
   * side is never taken.
   */
  take(side: Side, size: number, limit?: number): { price: number; size: number }[] {
    const book = side === 'Buy' ? this.asks : this.bids;
    const fills: { price: number; size: number }[] = [];
    let left = size;
    while (left > 0) {
      const price = book.prices[0];
      const held = book.sizes[0];
      if (price === undefined || held === undefined) break;
      if (limit !== undefined && (price - limit) * book.direction > 0) break;
      const taken = Math.min(left, held);
      if (taken === held && book.prices.length === 1) break;
      book.set(price, held - taken);
      left -= taken;
      fills.push({ price, size: taken });
    }
    this.fill();
    this.version++;
    return fills;
  }

  /** One maker's doing: an order added, changed or taken back near the top, or a better price in a wide spread. */
  quote(random: Random): void {
    const { tick, usualSize } = this.instrument;
    const book = random() < 0.5 ? this.bids : this.asks;
    const size = 1 + Math.floor(usualSize * random() ** 2 * 3);
    const spread = (this.bestAsk - this.bestBid) / tick;
    if (spread > 1 && random() < 1 - 1 / spread) {
      book.set((book.prices[0] ?? tick) - book.direction * tick, size);
    } else {
      const at = Math.min(book.prices.length - 1, Math.floor(random() ** 2 * 40));
      const price = book.prices[at] ?? tick;
      const dice = random();
      if (dice < 0.25 && book.prices.length > 2) book.set(price, 0);
      else if (dice < 0.5) book.set(price + book.direction * tick, size);
      else book.set(price, size);
    }
    this.fill();
    this.version++;
  }

  private fill(): void {
    for (const side of [this.bids, this.asks]) {
      side.reach(this.depth + SLACK, 0);
      const limit = this.depth + 3 * SLACK;
      if (side.prices.length > limit) {
        side.prices.length = limit;
        side.sizes.length = limit;
      }
    }
  }
}
