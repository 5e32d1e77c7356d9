import type { Level } from '../streams/message';
import { isAmount, listOf, wrongShape } from './shape';

export type Side = 'bids' | 'asks';

/** One level as it shall be from now on. */
export interface LevelChange {
  /** Ascending rank is best first: the price, negated for bids. Two spellings of one price ("80682", "80682.00") rank the same. */
  readonly rank: number;
  /** Size "0" deletes. */
  readonly level: Level;
}

/** Reads `[["price","size"]…]`: best first whatever the order of arrival, one change per price, the last one counts. */
export function levelChangesOf(value: unknown, side: Side): LevelChange[] {
  const list = listOf(value, side);
  const changes: LevelChange[] = [];
  let ordered = true;
  let before = -Infinity;
  for (const entry of list) {
    const change = levelChangeOf(entry, side);
    if (change.rank <= before) ordered = false;
    before = change.rank;
    changes.push(change);
  }
  return ordered ? changes : bestFirst(changes);
}

function levelChangeOf(entry: unknown, side: Side): LevelChange {
  if (!Array.isArray(entry)) throw wrongShape(`a level of ${side}`, entry);
  const [price, size] = entry as readonly unknown[];
  if (!isAmount(price) || !isAmount(size)) throw wrongShape(`a level of ${side}`, entry);
  const number = Number(price);
  return { rank: side === 'bids' ? -number : number, level: [price, Number(size) === 0 ? '0' : size] };
}

function bestFirst(changes: readonly LevelChange[]): LevelChange[] {
  const byRank = new Map<number, LevelChange>();
  for (const change of changes) byRank.set(change.rank, change);
  return [...byRank.values()].sort((a, b) => a.rank - b.rank);
}
