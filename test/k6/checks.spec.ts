import { Ledger } from '../../k6/checks';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const TRADE = 'mudrex.futures.trade.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';
const times = { timestamp: 1704063600000, received: 1704063600012 };
const good = { stream: true, type: true, seq: true, timestamp: true };

function ledger(): Ledger {
  const opened = new Ledger();
  opened.subscribed([
    { arg: 'ticker:BTCUSDT', stream: TICKER, epoch: 'e.1', seq: 4 },
    { arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'e.2', seq: 7 },
    { arg: 'orderbook:50:BTCUSDT', stream: BOOK, epoch: 'e.3', seq: 9 },
  ]);
  return opened;
}

function snapshot(stream: string, epoch: string, seq: number) {
  return { stream, type: 'snapshot', epoch, seq, data: {}, ...times };
}

function message(stream: string, type: string, seq: number) {
  return { stream, type, seq, data: {}, ...times };
}

describe('what a load test demands of every message', () => {
  it('stored state is as promised but its age is no latency', () => {
    expect(ledger().message(snapshot(TICKER, 'e.1', 4))).toEqual({ ...good, missing: 0, live: false });
  });

  it('messages that follow one another are as promised and live', () => {
    const account = ledger();
    account.message(snapshot(BOOK, 'e.3', 9));
    expect(account.message(message(BOOK, 'delta', 10))).toEqual({ ...good, missing: 0, live: true });
    expect(account.message(message(TRADE, 'update', 8))).toEqual({ ...good, missing: 0, live: true });
  });

  it.each([
    ['a stream that nobody asked for', message('mudrex.futures.ticker.ETHUSDT', 'update', 5), { stream: false }],
    ['an unknown type', message(TRADE, 'news', 8), { type: false }],
    ['a delta of a log', message(TRADE, 'delta', 8), { type: false }],
    ['a snapshot of a log', snapshot(TRADE, 'e.2', 8), { type: false }],
    ['an update of a state before its snapshot', message(TICKER, 'update', 5), { type: false }],
    ['a number that was there already', message(TRADE, 'update', 7), { seq: false, missing: 0 }],
    ['a log entry after a hole', message(TRADE, 'update', 10), { seq: false, missing: 2 }],
    ['a number that is text', { ...message(TRADE, 'update', 8), seq: '8' }, { seq: false, missing: 0 }],
    ['a snapshot older than the reply said', snapshot(TICKER, 'e.1', 3), { seq: false }],
    ['a snapshot without epoch', { ...snapshot(TICKER, 'e.1', 4), epoch: undefined }, { seq: false }],
    ['no timestamp', { ...message(TRADE, 'update', 8), timestamp: undefined }, { timestamp: false }],
    ['a timestamp in text', { ...message(TRADE, 'update', 8), timestamp: '1704063600000' }, { timestamp: false }],
    ['a timestamp in seconds of a fraction', { ...message(TRADE, 'update', 8), timestamp: 1704063600.5 }, { timestamp: false }],
    [
      'an exchange far in the future',
      { ...message(TRADE, 'update', 8), timestamp: times.received + 60_001 },
      { timestamp: false },
    ],
    ['no time of receipt', { ...message(TRADE, 'update', 8), received: undefined }, { timestamp: false }],
  ])('%s is found', (_, frame, found) => {
    expect(ledger().message(frame)).toMatchObject(found);
  });

  it('a delta after a hole is wrong, and its hole counts', () => {
    const account = ledger();
    account.message(snapshot(BOOK, 'e.3', 9));
    expect(account.message(message(BOOK, 'delta', 12))).toMatchObject({ seq: false, missing: 2 });
    expect(account.message(message(BOOK, 'delta', 13))).toMatchObject({ seq: true, missing: 0 });
  });

  it('a snapshot after a hole mends the book, and its hole counts', () => {
    const account = ledger();
    account.message(snapshot(BOOK, 'e.3', 9));
    expect(account.message(snapshot(BOOK, 'e.3', 15))).toEqual({ ...good, missing: 5, live: false });
    expect(account.message(message(BOOK, 'delta', 16))).toMatchObject({ seq: true, missing: 0 });
  });

  it('a ticker may jump, which counts, but not go back', () => {
    const account = ledger();
    account.message(snapshot(TICKER, 'e.1', 4));
    expect(account.message(message(TICKER, 'update', 8))).toEqual({ ...good, missing: 3, live: true });
    expect(account.message(message(TICKER, 'update', 6))).toMatchObject({ seq: false });
    expect(account.message(message(TICKER, 'update', 9))).toMatchObject({ seq: true, missing: 0 });
  });

  it('a snapshot of another epoch begins to count anew', () => {
    const account = ledger();
    account.message(snapshot(TICKER, 'e.1', 4));
    expect(account.message(snapshot(TICKER, 'f.1', 1))).toMatchObject({ ...good, missing: 0 });
    expect(account.message(message(TICKER, 'update', 2))).toEqual({ ...good, missing: 0, live: true });
  });

  it('nothing may come after the reply to an unsubscribe', () => {
    const account = ledger();
    account.unsubscribed(['trade:BTCUSDT']);
    expect(account.message(message(TRADE, 'update', 8))).toMatchObject({ stream: false });
  });
});

describe('gaps and resumes as a load test counts them', () => {
  const away = (): Ledger => {
    const account = ledger();
    account.message(message(TRADE, 'update', 8));
    account.disconnected();
    return account;
  };

  it('a resume asks for what follows the newest number of each stream', () => {
    expect(away().resume()[TRADE]).toEqual({ epoch: 'e.2', seq: 8 });
  });

  it('nothing may come on a new connection before the reply', () => {
    expect(away().message(message(TRADE, 'update', 9))).toMatchObject({ stream: false });
  });

  it('a recovered stream continues without a hole, and only what came after the reply is live', () => {
    const account = away();
    expect(account.subscribed([{ arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'e.2', seq: 9, recovered: true }])).toEqual([true]);
    expect(account.message(message(TRADE, 'update', 9))).toEqual({ ...good, missing: 0, live: false });
    expect(account.message(message(TRADE, 'update', 10))).toEqual({ ...good, missing: 0, live: true });
  });

  it('a stream that says recovered and is not is found', () => {
    const account = away();
    account.subscribed([{ arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'e.2', seq: 20, recovered: true }]);
    expect(account.message(message(TRADE, 'update', 21))).toMatchObject({ seq: false, missing: 12 });
  });

  it('a log that was not recovered owes a gap, whose numbers count', () => {
    const entry = { arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'e.2', seq: 20, recovered: false };
    const told = away();
    expect(told.subscribed([entry])).toEqual([false]);
    expect(told.gap({ stream: TRADE, epoch: 'e.2', from: 9, to: 20, reason: 'history_exceeded' })).toBe(12);
    expect(told.message(message(TRADE, 'update', 21))).toEqual({ ...good, missing: 0, live: true });

    const untold = away();
    untold.subscribed([entry]);
    expect(untold.message(message(TRADE, 'update', 21))).toMatchObject({ seq: false });
  });

  it("what the exchange's connection lost is no drop of the server's, and the notice has a number", () => {
    const account = away();
    account.subscribed([{ arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'e.2', seq: 8, recovered: true }]);
    expect(account.gap({ stream: TRADE, epoch: 'e.2', from: 9, to: 9, reason: 'upstream_reconnect' })).toBe(0);
    expect(account.message(message(TRADE, 'update', 10))).toMatchObject({ seq: true, missing: 0 });
  });

  it('a gap of a new epoch without messages loses nothing that had a number', () => {
    const account = away();
    account.subscribed([{ arg: 'trade:BTCUSDT', stream: TRADE, epoch: 'f.2', seq: 0, recovered: false }]);
    expect(account.gap({ stream: TRADE, epoch: 'f.2', from: 0, to: 0, reason: 'history_exceeded' })).toBe(0);
    expect(account.message(message(TRADE, 'update', 1))).toMatchObject({ ...good, missing: 0 });
  });
});
