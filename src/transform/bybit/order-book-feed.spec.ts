import fc from 'fast-check';
import { NaiveBook } from '../../../test/replay/naive';
import { OLD_BEST_LEVELS, SPOT_BEST_LEVELS, SPOT_BOOK } from '../../../test/replay/recorded-frames';
import type { Message, OrderBookData } from '../../streams/message';
import { streamOf } from '../../streams/stream';
import { BadFrameError, type RawFrame, type StreamTransform } from '../transform';
import { transformOf } from './transform-of';

type Levels = [string, string][];

const parsed = (line: string | undefined) => JSON.parse(line ?? '') as RawFrame;
const feed = (depth = 50) => transformOf(streamOf('futures', { kind: 'orderbook', depth }, 'BTCUSDT'));
const frame = (type: string, u: number, b: Levels, a: Levels): RawFrame => ({
  topic: 'orderbook.50.BTCUSDT',
  type,
  ts: 100 + u,
  data: { s: 'BTCUSDT', b, a, u, seq: 1000 + u },
  cts: 1,
});
const only = (transform: StreamTransform, raw: RawFrame) => {
  const outcome = transform.apply(raw, 5);
  expect(outcome.resync).toBeUndefined();
  expect(outcome.messages).toHaveLength(1);
  return outcome.messages[0] as Message<OrderBookData>;
};
const begun = (depth = 50) => {
  const transform = feed(depth);
  only(transform, frame('snapshot', 7, [['100', '1']], [['101', '1']]));
  return transform;
};

describe('OrderBookFeed', () => {
  it('sends the snapshot whole and deltas as they are', () => {
    const transform = feed();
    expect(only(transform, frame('snapshot', 7, [['100', '1']], [['101', '2']]))).toEqual({
      type: 'snapshot',
      data: {
        symbol: 'BTCUSDT',
        depth: 50,
        bids: [['100', '1']],
        asks: [['101', '2']],
        updateId: 7,
        sequence: 1007,
        checksum: 3756313483,
      },
      timestamp: 107,
      received: 5,
    });
    expect(
      only(
        transform,
        frame(
          'delta',
          8,
          [['99.5', '3']],
          [
            ['101', '0'],
            ['102', '4'],
          ],
        ),
      ),
    ).toEqual({
      type: 'delta',
      data: {
        symbol: 'BTCUSDT',
        depth: 50,
        bids: [['99.5', '3']],
        asks: [
          ['101', '0'],
          ['102', '4'],
        ],
        updateId: 8,
        sequence: 1008,
        checksum: expect.any(Number) as number,
      },
      timestamp: 108,
      received: 5,
    });
    expect(transform.snapshot()).toMatchObject({
      type: 'snapshot',
      data: {
        bids: [
          ['100', '1'],
          ['99.5', '3'],
        ],
        asks: [['102', '4']],
        updateId: 8,
      },
      timestamp: 108,
    });
  });

  it('keeps exactly 50 levels per side of a recorded book', () => {
    const transform = feed();
    for (const line of SPOT_BOOK) {
      only(transform, parsed(line));
      const { bids, asks } = (transform.snapshot() as Message<OrderBookData>).data;
      expect([bids.length, asks.length]).toEqual([50, 50]);
    }
  });

  it('asks for the first snapshot when a delta comes before it', () => {
    const transform = feed();
    expect(transform.apply(frame('delta', 8, [['100', '1']], []), 5)).toEqual({ messages: [], resync: 'no_snapshot' });
    expect(transform.snapshot()).toBeUndefined();
  });

  it.each([
    ['skipped', 9],
    ['repeated', 7],
    ['old', 5],
  ])('is lost on a %s update id, until reset and a new snapshot', (_, u) => {
    const transform = begun();
    expect(transform.apply(frame('delta', u, [['99', '1']], []), 5)).toEqual({ messages: [], resync: 'update_gap' });
    expect(transform.snapshot()).toBeUndefined();
    expect(transform.apply(frame('delta', 8, [['99', '1']], []), 5)).toEqual({ messages: [] });
    expect(transform.apply(frame('snapshot', 20, [['99', '1']], []), 5)).toEqual({ messages: [] });
    transform.reset();
    expect(transform.apply(frame('delta', 21, [['99', '1']], []), 5).messages).toEqual([]);
    expect(only(transform, frame('snapshot', 30, [['98', '1']], [])).type).toBe('snapshot');
    expect(only(transform, frame('delta', 31, [['99', '1']], [])).type).toBe('delta');
  });

  it('begins again on update id 1, whatever the type', () => {
    const transform = begun();
    expect(
      only(
        transform,
        frame(
          'delta',
          1,
          [
            ['50', '1'],
            ['49', '0'],
          ],
          [['51', '1']],
        ),
      ),
    ).toMatchObject({
      type: 'snapshot',
      data: { bids: [['50', '1']], asks: [['51', '1']], updateId: 1 },
    });
    expect(only(transform, frame('delta', 2, [['49', '1']], [])).type).toBe('delta');
  });

  it('replaces the book on a snapshot that nobody asked for', () => {
    const transform = begun();
    expect(only(transform, frame('snapshot', 500, [['90', '1']], [])).type).toBe('snapshot');
    expect(transform.snapshot()?.data).toMatchObject({ bids: [['90', '1']], asks: [], updateId: 500 });
    expect(only(transform, frame('delta', 501, [['91', '1']], [])).type).toBe('delta');
  });

  it('is lost when the book crosses or outgrows its window', () => {
    expect(begun().apply(frame('delta', 8, [['101', '1']], []), 5)).toEqual({ messages: [], resync: 'crossed_book' });
    const many: Levels = Array.from({ length: 50 }, (_, i) => [String(99 - i), '1']);
    const full = begun();
    expect(full.apply(frame('delta', 8, many, []), 5)).toEqual({ messages: [], resync: 'window_overflow' });
    expect(full.snapshot()).toBeUndefined();
    expect(begun().apply(frame('snapshot', 9, [['9', '1']], [['8', '1']]), 5)).toEqual({ messages: [], resync: 'crossed_book' });
  });

  it('swallows a delta that deletes only levels nobody holds, and goes on', () => {
    const transform = begun();
    expect(transform.apply(frame('delta', 8, [['42', '0']], []), 5)).toEqual({ messages: [] });
    expect(only(transform, frame('delta', 9, [['99', '1']], [])).data.updateId).toBe(9);
  });

  it('takes an empty option book without a sequence', () => {
    const raw = { topic: 'x', type: 'snapshot', ts: 1, data: { s: 'BTCUSDT', b: [], a: [], u: 0 } };
    const { data } = only(feed(25), raw);
    expect(data).toEqual({ symbol: 'BTCUSDT', depth: 25, bids: [], asks: [], updateId: 0, checksum: 0 });
  });

  it('sends the best levels whole, and a repeat of them not at all', () => {
    const transform = feed(1);
    const types = SPOT_BEST_LEVELS.map((line) => transform.apply(parsed(line), 5).messages.map((message) => message.type));
    expect(types).toEqual([['snapshot'], [], ['update'], ['update'], [], ['update']]);
    transform.reset();
    expect(only(transform, parsed(SPOT_BEST_LEVELS.at(-1))).type).toBe('snapshot');
  });

  it('takes a repeated id with other best levels for news', () => {
    const transform = begun(1);
    expect(transform.apply(frame('snapshot', 7, [['100', '1']], [['101', '1']]), 5).messages).toEqual([]);
    expect(only(transform, frame('snapshot', 7, [['100', '1']], [['101', '2']])).type).toBe('update');
  });

  it('applies the best-level deltas of old recordings', () => {
    const transform = feed(1);
    only(transform, parsed(OLD_BEST_LEVELS[0]));
    const delta = parsed(OLD_BEST_LEVELS[1]);
    expect(only(transform, delta)).toMatchObject({
      type: 'update',
      data: { bids: [['28552.00', '0.012']], asks: [['28552.10', '25.433']], updateId: 7003306 },
    });
    expect(transform.apply(delta, 5)).toEqual({ messages: [] });
    const later = { ...delta, data: { ...(delta.data as object), u: 7003309 } };
    expect(transform.apply(later, 5).resync).toBe('update_gap');
  });

  const good = { s: 'BTCUSDT', b: [['100', '2']], a: [], u: 8, seq: 2 };
  it.each<[string, Partial<RawFrame>]>([
    ['no data', { data: undefined }],
    ['another symbol', { data: { ...good, s: 'ETHUSDT' } }],
    ['no update id', { data: { ...good, u: undefined } }],
    ['an update id in text', { data: { ...good, u: '8' } }],
    ['a broken sequence', { data: { ...good, seq: null } }],
    ['no bids', { data: { ...good, b: undefined } }],
    [
      'a price in words',
      {
        data: {
          ...good,
          b: [
            ['99', '1'],
            ['dear', '1'],
          ],
        },
      },
    ],
    ['a level without a size', { data: { ...good, a: [['105']] } }],
    ['another type', { type: 'update' }],
    ['no time', { ts: undefined }],
  ])('refuses %s and keeps its state', (_, fault) => {
    const transform = begun();
    const before = transform.snapshot();
    expect(() => transform.apply({ ...frame('delta', 8, [], []), data: good, ...fault }, 5)).toThrow(BadFrameError);
    expect(transform.snapshot()).toEqual(before);
  });

  it('follows a sorted map through deltas, snapshots, restarts and gaps, and a listener follows it', () => {
    const size = fc.oneof(fc.constant('0'), fc.integer({ min: 1, max: 9 }).map(String));
    const bids = fc.uniqueArray(fc.tuple(fc.integer({ min: 80, max: 99 }).map(String), size), {
      selector: ([price]) => price,
      maxLength: 8,
    });
    const asks = fc.uniqueArray(fc.tuple(fc.integer({ min: 100, max: 119 }).map(String), size), {
      selector: ([price]) => price,
      maxLength: 8,
    });
    const move = fc.constantFrom('delta', 'delta', 'delta', 'delta', 'snapshot', 'restart', 'gap', 'reset');
    fc.assert(
      fc.property(fc.array(fc.record({ move, b: bids, a: asks }), { maxLength: 40, size: 'max' }), (steps) => {
        const transform = feed(20);
        const naive = new NaiveBook();
        const listener = new NaiveBook();
        let held = false;
        let lost = false;
        let u = 100;
        for (const { move: kind, b, a } of steps) {
          if (kind === 'reset') {
            transform.reset();
            held = lost = false;
            continue;
          }
          u = kind === 'restart' ? 1 : kind === 'gap' ? u + 2 : u + 1;
          const { messages, resync } = transform.apply(frame(kind === 'snapshot' ? 'snapshot' : 'delta', u, b, a), 5);
          const gap = !lost && held && kind === 'gap';
          const begins = kind === 'snapshot' || kind === 'restart';
          expect(resync).toBe(gap ? 'update_gap' : !lost && !held && !begins && u !== 1 ? 'no_snapshot' : undefined);
          if (gap) [held, lost] = [false, true];
          if (lost || (!held && kind !== 'snapshot' && u !== 1)) {
            expect(messages).toEqual([]);
            expect(transform.snapshot()).toBeUndefined();
            continue;
          }
          if (kind === 'snapshot' || u === 1) naive.replace({ b, a });
          else naive.apply({ b, a });
          held = true;
          for (const { type, data } of messages as Message<OrderBookData>[]) {
            if (type === 'delta') listener.apply({ b: data.bids, a: data.asks });
            else listener.replace({ b: data.bids, a: data.asks });
            expect(data.checksum).toBe(naive.checksum);
            expect(data.checksum).toBe(listener.checksum);
          }
          expect(transform.snapshot()?.data).toMatchObject({ bids: naive.bids, asks: naive.asks, updateId: u });
          expect([listener.bids, listener.asks]).toEqual([naive.bids, naive.asks]);
        }
      }),
    );
  });
});
