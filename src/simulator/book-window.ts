import type { BookSide, OrderBook } from './order-book';

/** [price, size] in the instrument's units. */
export type UnitLevel = readonly [price: number, size: number];

export interface WindowChange {
  readonly bids: UnitLevel[];
  readonly asks: UnitLevel[];
}

/**
 * The best N levels of each side as listeners hold them. The difference to the book's best N of now is the next delta: a
 * level that leaves the window is deleted, one that enters it is sent, so listeners always hold exactly N.
 */
export class BookWindow {
  private bids: UnitLevel[] = [];
  private asks: UnitLevel[] = [];
  private version = -1;

  constructor(
    private readonly book: OrderBook,
    readonly depth: number,
  ) {}

  /** Takes the book as it is, and says what changed; undefined when nothing did. */
  advance(): WindowChange | undefined {
    if (this.version === this.book.version) return undefined;
    const bids = top(this.book.bids, this.depth);
    const asks = top(this.book.asks, this.depth);
    const change = { bids: difference(this.bids, bids, -1), asks: difference(this.asks, asks, 1) };
    this.bids = bids;
    this.asks = asks;
    this.version = this.book.version;
    return change.bids.length + change.asks.length > 0 ? change : undefined;
  }

  /** What listeners hold. */
  held(): WindowChange {
    return { bids: this.bids, asks: this.asks };
  }
}

function top(side: BookSide, depth: number): UnitLevel[] {
  const levels: UnitLevel[] = [];
  for (let i = 0; i < depth && i < side.prices.length; i++) levels.push([side.prices[i] ?? 0, side.sizes[i] ?? 0]);
  return levels;
}

/** Both lists best first; so is the result, deletions included. */
function difference(before: readonly UnitLevel[], after: readonly UnitLevel[], direction: 1 | -1): UnitLevel[] {
  const changed: UnitLevel[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const now = after[j];
    const order = old === undefined ? 1 : now === undefined ? -1 : (old[0] - now[0]) * direction;
    if (order < 0 && old) {
      changed.push([old[0], 0]);
      i++;
    } else if (order > 0 && now) {
      changed.push(now);
      j++;
    } else {
      if (old && now && old[1] !== now[1]) changed.push(now);
      i++;
      j++;
    }
  }
  return changed;
}
