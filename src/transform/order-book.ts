import type { Level } from '../streams/message';
import { BookSide } from './book-side';
import { CHECKSUM_LEVELS, checksumOf } from './checksum';
import type { LevelChange } from './level-change';

/** What a delta changed, as listeners have to see it: best first. */
export interface BookDelta {
  readonly bids: Level[];
  readonly asks: Level[];
}

/**
 * A window of the best `depth` levels per side, as the exchange keeps it: the exchange itself deletes what leaves the
 * window and sends what enters it, so nothing is ever cut off here.
 */
export class OrderBook {
  private readonly bidSide = new BookSide();
  private readonly askSide = new BookSide();
  /** Undefined when the best levels changed since it was computed. */
  private sum: number | undefined;

  constructor(private readonly depth: number) {}

  /** Best first; a copy. */
  bids(): Level[] {
    return this.bidSide.copy();
  }

  /** Best first; a copy. */
  asks(): Level[] {
    return this.askSide.copy();
  }

  get checksum(): number {
    return (this.sum ??= checksumOf(this.bidSide.levels, this.askSide.levels));
  }

  /** Why this cannot be the exchange's book, if it cannot: a side fuller than the window, or a bid at or above an ask. */
  get fault(): 'window_overflow' | 'crossed_book' | undefined {
    if (this.bidSide.levels.length > this.depth || this.askSide.levels.length > this.depth) return 'window_overflow';
    const bid = this.bidSide.bestRank;
    const ask = this.askSide.bestRank;
    return bid !== undefined && ask !== undefined && -bid >= ask ? 'crossed_book' : undefined;
  }

  replace(bids: readonly LevelChange[], asks: readonly LevelChange[]): void {
    this.bidSide.replace(bids);
    this.askSide.replace(asks);
    this.sum = undefined;
  }

  apply(bids: readonly LevelChange[], asks: readonly LevelChange[]): BookDelta {
    return { bids: this.applySide(this.bidSide, bids), asks: this.applySide(this.askSide, asks) };
  }

  private applySide(side: BookSide, changes: readonly LevelChange[]): Level[] {
    const seen: Level[] = [];
    for (const change of changes) {
      const applied = side.apply(change);
      if (applied === undefined) continue;
      if (applied.place < CHECKSUM_LEVELS) this.sum = undefined;
      seen.push(applied.level);
    }
    return seen;
  }
}
