import { Envelope } from './envelope';
import type { Publication } from './publication';
import type { Level, Message, OrderBookData } from '../streams/message';

/**
 * The whole state that a recovery ends with, as one snapshot under its newest number. Within one process that is the snapshot it
 * consists of; of a book that is published elsewhere, a snapshot with the deltas that followed it. Undefined when there is none.
 */
export function wholeStateOf(publications: readonly Publication[], brand: string): Publication | undefined {
  const newest = publications.at(-1);
  const base = publications.findLast(({ type }) => type !== 'delta');
  if (!newest || !base) return undefined;
  const envelope = new Envelope(brand, newest.stream);
  if (newest === base) {
    if (base.type === 'snapshot') return base;
    return { ...base, type: 'snapshot', body: envelope.renamed(base, 'snapshot', base.body) };
  }
  const book = bookIn(base);
  const bids = sideOf(book.data.bids);
  const asks = sideOf(book.data.asks);
  let message = book;
  for (const delta of publications.slice(publications.indexOf(base) + 1)) {
    message = bookIn(delta);
    change(bids, message.data.bids);
    change(asks, message.data.asks);
  }
  // All but the levels is in every delta as it stands after it.
  const data = { ...message.data, bids: best(bids, -1), asks: best(asks, 1) };
  const { epoch, seq } = newest;
  const body = envelope.message({ epoch, seq }, { ...message, type: 'snapshot', data });
  return { ...newest, type: 'snapshot', received: 0, body };
}

/** Price -> size, both as the exchange wrote them. */
type Side = Map<string, string>;

function bookIn({ body }: Publication): Message<OrderBookData> {
  return JSON.parse(body.toString()) as Message<OrderBookData>;
}

function sideOf(levels: readonly Level[]): Side {
  return new Map(levels.map(([price, size]) => [price, size]));
}

function change(side: Side, levels: readonly Level[]): void {
  for (const [price, size] of levels) {
    if (size === '0') side.delete(price);
    else side.set(price, size);
  }
}

function best(side: Side, sign: 1 | -1): Level[] {
  return [...side].sort(([a], [b]) => sign * (Number(a) - Number(b)));
}
