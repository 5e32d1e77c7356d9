import { checksumOf } from '../../../src/transform/checksum';
import type { Level } from '../../../src/streams/message';
import type { ClientLog, Entry, Frame, Position } from './client-log';
import { Reference } from './reference';
import { verdictOf } from './verdict';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const TRADE = 'mudrex.futures.trade.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';
const EPOCH = 'e1';

const opened = (resume: Record<string, Position> = {}): Entry => ({ kind: 'opened', at: 0, where: 'a', resume });
const heard = (frame: Frame): Entry => ({ kind: 'frame', at: 1, frame });
const reply = (stream: string, seq: number, more: object = {}): Entry =>
  heard({ op: 'subscribe', streams: [{ arg: stream, stream, epoch: EPOCH, seq, ...more }] });
const update = (stream: string, seq: number, data: unknown): Entry =>
  heard({ stream, type: 'update', seq, data, timestamp: seq });
const ticker = (seq: number, price = String(seq)): Entry => update(TICKER, seq, { price });
const tickerSnapshot = (seq: number, epoch = EPOCH): Entry =>
  heard({ stream: TICKER, type: 'snapshot', epoch, seq, data: { price: String(seq) }, timestamp: seq });
const trades = (seq: number, ...ids: string[]): Entry =>
  update(
    TRADE,
    seq,
    ids.map((id) => ({ id })),
  );
const gap = (from: number, to: number, reason = 'history_exceeded', epoch = EPOCH): Entry =>
  heard({ op: 'gap', stream: TRADE, epoch, from, to, reason });

/** A book whose levels are at prices 1 to 3 below and 4 to 6 above; what each update changes; its exchange's frames. */
const changes: { bids: Level[]; asks: Level[] }[] = [
  { bids: [['3', '1'], ['2', '1']], asks: [['4', '1'], ['5', '1']] }, // prettier-ignore
  { bids: [['3', '2']], asks: [] },
  { bids: [['2', '0']], asks: [['6', '3']] },
  { bids: [], asks: [['4', '0']] },
];
const books: { bids: Level[]; asks: Level[] }[] = [
  changes[0] as (typeof changes)[0],
  { bids: [['3', '2'], ['2', '1']], asks: [['4', '1'], ['5', '1']] }, // prettier-ignore
  { bids: [['3', '2']], asks: [['4', '1'], ['5', '1'], ['6', '3']] }, // prettier-ignore
  { bids: [['3', '2']], asks: [['5', '1'], ['6', '3']] }, // prettier-ignore
];

/** The frame of the book's number n (from 1), whole or as a change; `wrong` replaces fields of the data. */
function book(n: number, type: 'snapshot' | 'delta', wrong: object = {}): Entry {
  const whole = books[n - 1] as (typeof books)[0];
  const levels = type === 'snapshot' ? whole : changes[n - 1];
  const checksum = checksumOf(whole.bids, whole.asks);
  const data = { depth: 50, ...levels, updateId: 100 + n, sequence: 1000 + n, checksum, ...wrong };
  return heard({ stream: BOOK, type, seq: n, data, timestamp: n, ...(type === 'snapshot' && { epoch: EPOCH }) });
}

function exchange(...ids: string[]): Reference {
  const reference = new Reference();
  for (const id of ids) reference.frame('futures', { topic: 'publicTrade.BTCUSDT', data: [{ i: id }] });
  for (const [i, { bids, asks }] of changes.entries()) {
    const data = { b: bids, a: asks, u: 101 + i, seq: 1001 + i };
    reference.frame('futures', { topic: 'orderbook.50.BTCUSDT', type: i === 0 ? 'snapshot' : 'delta', data });
  }
  return reference;
}

const KLINE = 'mudrex.futures.kline.1m.BTCUSDT';
const MINUTE = 60_000;
const candle = (seq: number, minute: number, confirmed = false): Entry =>
  update(KLINE, seq, { openTime: minute * MINUTE, confirmed });
const candleSnapshot = (seq: number, minute: number): Entry =>
  heard({ stream: KLINE, type: 'snapshot', epoch: EPOCH, seq, data: { openTime: minute * MINUTE, confirmed: false }, timestamp: seq }); // prettier-ignore
const status = (state: string, about: object = { market: 'futures' }): Entry =>
  heard({ op: 'status', ...about, state, reason: 'why', since: 1 });
const closed: Entry = { kind: 'closed', at: 2, code: 1006, reason: '' };

const log = (client: string, ...entries: Entry[]): ClientLog => ({ client, entries });
const faults = (logs: ClientLog[], reference?: Reference): string[] =>
  verdictOf(logs, reference).violations.map(({ fault }) => fault);

describe('verdictOf', () => {
  it('finds nothing in what the protocol allows: joins, resumes on another replica, notices, snapshots at any time', () => {
    const one = log(
      'one',
      opened(),
      reply(TRADE, 4),
      reply(TICKER, 8),
      reply(BOOK, 2),
      tickerSnapshot(8),
      book(2, 'snapshot'),
      trades(5, 'a', 'b'),
      ticker(9),
      book(3, 'delta'),
      book(4, 'delta'),
      gap(6, 6, 'upstream_reconnect'),
      trades(7, 'e'),
      tickerSnapshot(11),
    );
    const two = log(
      'two',
      opened(),
      reply(TRADE, 3),
      reply(BOOK, 1),
      book(1, 'snapshot'),
      book(2, 'delta'),
      trades(4, '0'),
      { kind: 'closed', at: 2, code: 1006, reason: '' },
      opened({ [TRADE]: { epoch: EPOCH, seq: 4 }, [BOOK]: { epoch: EPOCH, seq: 2 } }),
      reply(TRADE, 7, { recovered: true }),
      reply(BOOK, 4, { recovered: false }),
      trades(5, 'a', 'b'),
      gap(6, 6, 'upstream_reconnect'),
      book(4, 'snapshot'),
      trades(7, 'e'),
      opened({ [TRADE]: { epoch: 'e0', seq: 900 } }),
      reply(TRADE, 7, { recovered: false }),
      gap(0, 9),
      trades(10, 'x'),
    );
    const verdict = verdictOf([one, two], exchange('0', 'a', 'b', 'c', 'd', 'e', 'w', 'x'));
    expect(verdict.violations).toEqual([]);
    expect(verdict).toMatchObject({ duplicates: 0, gapsUndeclared: 0, gapsDeclared: 3, jumps: 0, unreferenced: 0 });
    expect(verdict.looked).toEqual({ frames: 17, compared: 3, books: 4, entries: 8 });
  });

  it('counts numbers that a ticker left out, and takes them for no fault', () => {
    const verdict = verdictOf([log('one', opened(), reply(TICKER, 1), tickerSnapshot(1), ticker(2), ticker(5))]);
    expect([verdict.jumps, verdict.violations]).toEqual([1, []]);
  });

  it.each<[string, Entry[], string[]]>([
    ['a log entry’s number is missing', [reply(TRADE, 4), trades(5, 'a'), trades(7, 'c')], ['gap']],
    ['the first entry after the reply is missing', [reply(TRADE, 4), trades(6, 'a')], ['gap']],
    ['a book’s number is missing', [reply(BOOK, 1), book(1, 'snapshot'), book(3, 'delta')], ['gap']],
    ['a gap notice begins too late', [reply(TRADE, 4), trades(5, 'a'), gap(8, 9, 'slow_consumer')], ['gap']],
    ['a state stream begins without a snapshot', [reply(TICKER, 4), ticker(5)], ['gap']],
    ['a number comes twice', [reply(TRADE, 4), trades(5, 'a'), trades(5, 'a')], ['duplicate', 'duplicate']],
    ['a snapshot repeats a number', [reply(TICKER, 4), tickerSnapshot(4), tickerSnapshot(4)], ['duplicate']],
    ['an update repeats a number', [reply(TICKER, 4), tickerSnapshot(4), ticker(4)], ['duplicate']],
    ['a number is older', [reply(TRADE, 4), trades(5, 'a'), trades(6, 'b'), trades(5, 'a')], ['regress', 'duplicate']],
    ['a snapshot is older', [reply(TICKER, 4), tickerSnapshot(4), ticker(5), tickerSnapshot(3)], ['regress']],
    [
      'an older snapshot comes after one of another epoch',
      [reply(TICKER, 4), tickerSnapshot(4), tickerSnapshot(1, 'e2'), tickerSnapshot(3)],
      ['return'],
    ],
    ['a gap notice names what was heard', [reply(TRADE, 4), trades(5, 'a'), gap(5, 9)], ['regress']],
    ['a state stream has a gap', [reply(TICKER, 4), tickerSnapshot(4), heard({ op: 'gap', stream: TICKER, epoch: EPOCH, from: 5, to: 5 })], ['protocol']], // prettier-ignore
    ['a log has a snapshot', [reply(TRADE, 4), heard({ stream: TRADE, type: 'snapshot', epoch: EPOCH, seq: 5, data: [] })], ['protocol']], // prettier-ignore
    ['a snapshot names no epoch', [reply(TICKER, 4), heard({ stream: TICKER, type: 'snapshot', seq: 5, data: {} })], ['protocol']], // prettier-ignore
    ['data comes before the reply', [trades(1, 'a')], ['protocol']],
    ['a resume is answered where none was asked', [reply(TRADE, 4, { recovered: true })], ['protocol']],
    ['a checksum is wrong', [reply(BOOK, 1), book(1, 'snapshot', { checksum: 1 })], ['book']],
    ['a level is resurrected', [reply(BOOK, 2), book(2, 'snapshot'), book(3, 'delta', { bids: [] })], ['book', 'book']],
    ['a level below the checksummed ones is another', [reply(BOOK, 1), book(1, 'snapshot'), book(2, 'delta', { bids: [['3', '2'], ['1', '7']], checksum: checksumOf([['3', '2'], ['2', '1'], ['1', '7']], books[1]?.asks ?? []) })], ['book']], // prettier-ignore
  ])('finds that %s', (_, entries, expected) => {
    expect(faults([log('one', opened(), ...entries)], exchange())).toEqual(expected);
  });

  it.each<[string, Entry[], string[]]>([
    ['a resume is not answered', [reply(TRADE, 6)], ['protocol']],
    ['a recovery is partial', [reply(TRADE, 8, { recovered: true }), trades(7, 'b')], ['gap']],
    ['a recovery brings what was there', [reply(TRADE, 8, { recovered: true }), trades(5, 'a')], ['duplicate']],
    ['the stream stands before the place that it resumes', [reply(TRADE, 3, { recovered: true })], ['regress']],
    ['no gap notice follows a failed recovery', [reply(TRADE, 8, { recovered: false }), trades(9, 'c')], ['gap']],
  ])('finds that %s', (_, entries, expected) => {
    const before = [opened(), reply(TRADE, 4), trades(5, 'a'), opened({ [TRADE]: { epoch: EPOCH, seq: 5 } })];
    expect(faults([log('one', ...before, ...entries)])).toEqual(expected);
  });

  it('finds another content of the same number on another replica, and nothing where the epoch is another', () => {
    const one = log('one', opened(), reply(TICKER, 1), tickerSnapshot(1), ticker(2));
    expect(faults([one, log('two', opened(), reply(TICKER, 1), tickerSnapshot(1), ticker(2, '77'))])).toEqual(['content']);
    expect(faults([one, log('two', opened(), reply(TICKER, 1), tickerSnapshot(1, 'e2'), ticker(2, '77'))])).toEqual([]);
  });

  it('finds an entry where others were told of a gap', () => {
    const one = log('one', opened(), reply(TRADE, 4), gap(5, 5, 'upstream_reconnect'));
    expect(faults([one, log('two', opened(), reply(TRADE, 4), trades(5, 'a'))])).toEqual(['content']);
  });

  it('finds a snapshot that is not what the deltas make', () => {
    const one = log('one', opened(), reply(BOOK, 1), book(1, 'snapshot'), book(2, 'delta'), book(3, 'delta'));
    const two = log('two', opened(), reply(BOOK, 3), book(3, 'snapshot', { bids: books[1]?.bids }));
    expect(faults([one, two])).toEqual(['book']);
  });

  it.each<[string, Entry[], string[]]>([
    ['an entry was lost before it was numbered', [trades(5, 'a'), trades(6, 'c')], ['gap']],
    ['an entry is missing within a message', [trades(5, 'a', 'c')], ['gap']],
    ['an entry comes under two numbers', [trades(5, 'a'), trades(6, 'a', 'b')], ['duplicate', 'regress']],
    ['entries are in another order', [trades(5, 'a', 'c', 'b')], ['gap', 'regress']],
    ['entries repeat after a gap', [trades(5, 'a', 'b'), gap(6, 6, 'upstream_reconnect'), trades(7, 'b', 'c')], ['duplicate', 'regress']], // prettier-ignore
  ])('finds that %s', (_, entries, expected) => {
    expect(faults([log('one', opened(), reply(TRADE, 4), ...entries)], exchange('a', 'b', 'c', 'd'))).toEqual(expected);
  });

  it('counts entries that come again in another epoch, and still finds what is missing after them', () => {
    const before = [opened(), reply(TRADE, 4), trades(5, 'a', 'b'), gap(0, 0, 'history_exceeded', 'e2')];
    const verdict = verdictOf([log('one', ...before, trades(1, 'b', 'c'))], exchange('a', 'b', 'c', 'd'));
    expect([verdict.repeats, verdict.violations]).toEqual([1, []]);
    expect(faults([log('one', ...before, trades(1, 'b', 'd'))], exchange('a', 'b', 'c', 'd'))).toEqual(['gap']);
    expect(faults([log('one', ...before, trades(1, 'b', 'c'), trades(2, 'c'))], exchange('a', 'b', 'c', 'd'))).toEqual([
      'duplicate',
      'regress',
    ]);
  });

  it('finds a break of the exchange that nobody was told of', () => {
    const reference = exchange('a', 'b');
    reference.interrupted();
    reference.frame('futures', { topic: 'publicTrade.BTCUSDT', data: [{ i: 'z' }] });
    expect(faults([log('one', opened(), reply(TRADE, 4), trades(5, 'b'), trades(6, 'z'))], reference)).toEqual(['gap']);
    const told = log('one', opened(), reply(TRADE, 4), trades(5, 'b'), gap(6, 6, 'upstream_reconnect'), trades(7, 'z'));
    expect(faults([told], reference)).toEqual([]);
  });

  it.each<[string, Entry[], string[]]>([
    ['a market is never called live again', [status('stale'), status('resyncing')], ['futures']],
    ['a stream is never called live again', [status('resyncing', { stream: BOOK }), status('live')], [BOOK]],
  ])('finds that %s', (_, entries, expected) => {
    const found = verdictOf([log('one', opened(), reply(TRADE, 4), ...entries)]).violations;
    expect(found.map(({ fault, stream }) => [fault, stream])).toEqual(expected.map((of) => ['status', of]));
    expect(found[0]?.what).toBe('still told resyncing: why');
  });

  it('finds nothing wrong with trouble that is over, or that a lost connection was told of', () => {
    const entries = [status('stale'), status('resyncing', { stream: BOOK }), status('live', { stream: BOOK }), status('live')];
    expect(faults([log('one', opened(), ...entries)])).toEqual([]);
    expect(faults([log('one', opened(), status('stale'), closed)])).toEqual([]);
    expect(faults([log('one', opened(), status('stale'), opened(), status('live', { stream: BOOK }))])).toEqual([]);
  });

  it('finds a number of a ticker or candle that is left out for a client that reads at once, unless a snapshot stands for it', () => {
    const lacking = log('one', opened(), reply(TICKER, 4), tickerSnapshot(4), ticker(5), ticker(8));
    expect(verdictOf([lacking], undefined, () => true).violations.map(({ fault }) => fault)).toEqual(['gap']);
    expect(verdictOf([lacking])).toMatchObject({ jumps: 1, violations: [] });
    const candles = log('one', opened(), reply(KLINE, 1), candleSnapshot(1, 0), candle(3, 0));
    expect(verdictOf([candles], undefined, () => true).violations.map(({ fault }) => fault)).toEqual(['gap']);
    const replaced = log('one', opened(), reply(TICKER, 4), tickerSnapshot(4), ticker(5), tickerSnapshot(8), ticker(9));
    expect(verdictOf([replaced], undefined, () => true).violations).toEqual([]);
  });

  it('finds a closed candle that never came, and none that a snapshot stands for or that the exchange did not close', () => {
    const reference = new Reference();
    const frame = (minute: number, confirm: boolean) =>
      reference.frame('futures', { topic: 'kline.1.BTCUSDT', data: [{ start: minute * MINUTE, confirm }] });
    frame(0, true);
    frame(1, true);
    frame(2, false);
    frame(3, false);
    const after = (...entries: Entry[]) =>
      faults([log('one', opened(), reply(KLINE, 1), candleSnapshot(1, 0), ...entries)], reference);
    expect(after(candle(2, 0), candle(3, 0, true), candle(4, 1), candle(5, 1, true), candle(6, 2), candle(7, 3))).toEqual([]);
    expect(after(candle(2, 0, true), candleSnapshot(5, 2))).toEqual([]);
    expect(after(candle(2, 0), candle(3, 1), candle(4, 1, true), candle(5, 2))).toEqual(['gap']);
    expect(after(candle(2, 0, true), candle(5, 2))).toEqual(['gap']);
    expect(after(candle(2, 2))).toEqual(['gap', 'gap']);
  });
});
