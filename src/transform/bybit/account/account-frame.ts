import type { AccountItem } from '../../../streams/account';
import { listOf } from '../../shape';
import { BadFrameError, type RawFrame } from '../../transform';
import { timeOf } from './account-fields';
import { readBalance } from './balance';
import { readExecution } from './execution';
import type { ItemSource } from './item-source';
import { readOrder } from './order';
import { readPosition } from './position';

export interface AccountItems {
  /** When the exchange made the frame, ms. */
  readonly time: number;
  readonly items: readonly AccountItem[];
  /** What could not be read; the rest stands. */
  readonly withheld: readonly BadFrameError[];
}

const KIND_OF = new Map<string | undefined, AccountItem['kind']>([
  ['order', 'order'],
  ['execution', 'execution'],
  ['position', 'position'],
  ['wallet', 'balance'],
]);

/**
 * Reads a frame of the private socket; its topic may be the one of all categories or `order.linear`. Throws a
 * {@link BadFrameError} when nothing of it can be used.
 */
export function readAccountFrame(frame: RawFrame, received: number): AccountItems {
  const kind = KIND_OF.get(frame.topic.split('.', 1)[0]);
  if (!kind) throw new BadFrameError('unknown_topic', `nobody asked for ${frame.topic.slice(0, 60)}`);
  const time = timeOf({ creationTime: frame.creationTime }, 'creationTime', received);
  return { time, ...readItems(kind, listOf(frame.data, 'data'), { origin: 'push', time }) };
}

/** Reads items of one kind, each by itself. */
export function readItems(
  kind: AccountItem['kind'],
  entries: readonly unknown[],
  source: ItemSource,
): { readonly items: AccountItem[]; readonly withheld: BadFrameError[] } {
  const items: AccountItem[] = [];
  const withheld: BadFrameError[] = [];
  for (const entry of entries) {
    try {
      items.push(readItem(kind, entry, source, (error) => withheld.push(error)));
    } catch (error) {
      if (!(error instanceof BadFrameError)) throw error;
      withheld.push(error);
    }
  }
  return { items, withheld };
}

function readItem(
  kind: AccountItem['kind'],
  entry: unknown,
  source: ItemSource,
  withhold: (error: BadFrameError) => void,
): AccountItem {
  switch (kind) {
    case 'order':
      return { kind, item: readOrder(entry, source) };
    case 'execution':
      return { kind, item: readExecution(entry, source) };
    case 'position':
      return { kind, item: readPosition(entry, source) };
    case 'balance':
      return { kind, item: readBalance(entry, source, withhold) };
  }
}
