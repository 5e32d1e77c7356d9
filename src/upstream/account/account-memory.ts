import type { Position } from '../../pubsub/publication';
import { type AccountFact, type AccountItem, positionName } from '../../streams/account';
import { isClosed } from '../../transform/bybit/account/order';

/** What is known of an account that somebody has followed before. */
export interface Recollection {
  readonly facts: readonly AccountFact[];
  /** Everything that happened before this was told, by the exchange's clock, ms; null when that was never sure. */
  readonly toldUntil: number | null;
}

/** How far an account has been told. */
export interface Progress {
  /** As {@link Recollection.toldUntil}. */
  readonly toldUntil: number;
  /** Where the account's streams stood when it had been told, by name. */
  readonly places: ReadonlyMap<string, Position>;
  /** Ids of open orders of which the exchange, as was found since the last time, knows nothing any more: nothing will be told of them. */
  readonly lostOrders: readonly string[];
}

/** Remembers over the end of a process what was told of the account, so that the next one tells only what happened since. */
export interface AccountMemory {
  /** Resolves when all that was told before is known, however long that takes; not while the account is followed elsewhere. */
  recall(): Promise<Recollection>;
  /** The newest call counts. */
  progressed(progress: Progress): void;
}

/** Knows nothing, at once. */
export const NO_MEMORY: AccountMemory = {
  recall: () => Promise.resolve({ facts: [], toldUntil: null }),
  progressed: () => undefined,
};

/**
 * What to remember of an event.
 * @param time when the exchange made it, ms
 */
export function factsOf(event: AccountItem, time: number): AccountFact[] {
  if (event.kind === 'balance') {
    return event.item.coins.map((coin) => fact('balance', coin.coin, time, false, coin));
  }
  if (event.kind === 'execution') return [fact('execution', event.item.id, event.item.time, true, {})];
  if (event.kind === 'order') {
    return [fact('order', event.item.id, event.item.updatedAt, isClosed(event.item), event.item)];
  }
  const { item } = event;
  return [fact('position', positionName(item), item.updatedAt, item.side === 'flat', item)];
}

function fact(kind: AccountFact['kind'], name: string, at: number, ended: boolean, body: object): AccountFact {
  return { kind, name, at, ended, body: JSON.stringify(body) };
}
