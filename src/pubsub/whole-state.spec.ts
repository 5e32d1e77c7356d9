import fc from 'fast-check';
import { publication } from '../../test/support/publications';
import { Envelope } from './envelope';
import type { Publication } from './publication';
import type { Message } from '../streams/message';
import { streamOf } from '../streams/stream';
import { transformOf } from '../transform/bybit/transform-of';
import { wholeStateOf } from './whole-state';

const BOOK = streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT');
const A = 'futures.ticker.AUSDT';

function bookPublication(seq: number, message: Message): Publication {
  const body = new Envelope('acme', BOOK.name).message({ epoch: 'e1', seq }, message);
  return { ...publication(BOOK.name, 'e1', seq, message.type), kind: 'orderbook', body };
}

const size = fc.constantFrom('0', '1', '2.5', '30');
const changes = (from: number) =>
  fc.uniqueArray(
    fc.tuple(
      fc.integer({ min: from, max: from + 8 }).map((n) => `${n}.5`),
      size,
    ),
    {
      selector: ([price]) => price,
      maxLength: 4,
    },
  );

test('a snapshot with the deltas that followed it is the book as it stands now', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ b: changes(90), a: changes(100) }), { maxLength: 30, size: 'max' }),
      fc.nat(29),
      (deltas, joinedAt) => {
        const transform = transformOf(BOOK);
        const messages: Message[] = [];
        let snapshotAt: Message | undefined;
        const topic = 'orderbook.50.BTCUSDT';
        const levels = { b: [['95.5', '1']], a: [['105.5', '1']] };
        [{ type: 'snapshot', ...levels }, ...deltas.map((delta) => ({ type: 'delta', ...delta }))].forEach(
          ({ type, b, a }, i) => {
            const data = { s: 'BTCUSDT', b, a, u: 7 + i, seq: 100 + i };
            messages.push(...transform.apply({ topic, type, ts: 1000 + i, data }, 2000 + i).messages);
            if (i <= joinedAt) snapshotAt = { ...(transform.snapshot() as Message), type: 'snapshot' };
            if (i <= joinedAt) messages.length = 0;
          },
        );
        const start = bookPublication(1, snapshotAt as Message);
        const whole = wholeStateOf([start, ...messages.map((message, i) => bookPublication(2 + i, message))], 'acme');

        const { data } = JSON.parse(String(whole?.body)) as { data: object };
        const { bids, asks, checksum } = transform.snapshot()?.data as { bids: object; asks: object; checksum: number };
        expect(data).toMatchObject({ bids, asks, checksum });
        expect(whole).toMatchObject({ type: 'snapshot', epoch: 'e1', seq: 1 + messages.length });
      },
    ),
  );
});

test('a snapshot alone is the state itself', () => {
  const snapshot = publication(A, 'e1', 1, 'snapshot');
  expect(wholeStateOf([snapshot], 'acme')).toBe(snapshot);
});

test('an update is whole, and becomes the snapshot that somebody can begin with', () => {
  const update = bookPublication(2, { type: 'update', data: [], timestamp: 3, received: 4 });
  const whole = wholeStateOf([publication(A, 'e1', 1, 'snapshot'), update], 'acme');
  expect(whole).toMatchObject({ type: 'snapshot', epoch: update.epoch, seq: 2 });
  const body = JSON.parse(update.body.toString()) as object;
  expect(JSON.parse(String(whole?.body))).toEqual({ ...body, type: 'snapshot', epoch: update.epoch });
});

test('without a snapshot there is no state', () => {
  expect(wholeStateOf([], 'acme')).toBeUndefined();
  expect(wholeStateOf([bookPublication(3, { type: 'delta', data: [], timestamp: 1, received: 1 })], 'acme')).toBeUndefined();
});
