import type { Level } from '../streams/message';
import type { LevelChange } from './level-change';

/** One side of an order book: levels best first, found by binary search. */
export class BookSide {
  private readonly ranks: number[] = [];
  private readonly held: Level[] = [];

  /** Best first. The side's own array: read it now, {@link copy} it to keep it. */
  get levels(): readonly Level[] {
    return this.held;
  }

  /** Ascending is best first; undefined when the side is empty. */
  get bestRank(): number | undefined {
    return this.ranks[0];
  }

  copy(): Level[] {
    return this.held.slice();
  }

  replace(changes: readonly LevelChange[]): void {
    this.ranks.length = 0;
    this.held.length = 0;
    for (const { rank, level } of changes) {
      if (level[1] === '0') continue;
      this.ranks.push(rank);
      this.held.push(level);
    }
  }

  /**
   * Sets or deletes one level. Answers its place and the level as listeners have to see it, with the price spelled as it
   * already stands in the book, so that a listener may key levels by text; undefined for a delete of a level not held.
   */
  apply({ rank, level }: LevelChange): { readonly place: number; readonly level: Level } | undefined {
    const place = this.placeOf(rank);
    const held = this.ranks[place] === rank ? this.held[place] : undefined;
    if (held === undefined) {
      if (level[1] === '0') return undefined;
      this.ranks.splice(place, 0, rank);
      this.held.splice(place, 0, level);
      return { place, level };
    }
    const seen: Level = held[0] === level[0] ? level : [held[0], level[1]];
    if (level[1] === '0') {
      this.ranks.splice(place, 1);
      this.held.splice(place, 1);
    } else {
      this.held[place] = seen;
    }
    return { place, level: seen };
  }

  /** The first place whose rank is not better than `rank`. */
  private placeOf(rank: number): number {
    let low = 0;
    let high = this.ranks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ranks[middle] as number) < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
