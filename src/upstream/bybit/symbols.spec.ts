import { ManualClock } from '../../../test/support/manual-clock';
import { settled } from '../../../test/support/settled';
import type { ExchangeMarket } from '../../streams/stream';
import { RestError } from '../rest';
import { Symbols } from './symbols';

type Answer = (query: URLSearchParams) => unknown;

function page(symbols: string[], nextPageCursor?: string): object {
  return {
    retCode: 0,
    retMsg: 'OK',
    result: { list: symbols.map((symbol) => ({ symbol })), ...(nextPageCursor === undefined ? {} : { nextPageCursor }) },
  };
}

function setUp(markets: ExchangeMarket[], first: Answer) {
  const clock = new ManualClock();
  const calls: string[] = [];
  const at = { answer: first, clock, calls };
  const fetchJson = (url: string): Promise<unknown> => {
    calls.push(url);
    return Promise.resolve().then(() => at.answer(new URL(url).searchParams));
  };
  const log = { info: () => undefined, warn: () => undefined };
  const symbols = new Symbols({ restUrl: 'http://rest/', markets }, { clock, log, fetchJson });
  return Object.assign(at, { symbols });
}

test('while the list is not had every symbol is known', () => {
  const { symbols } = setUp(['futures'], () => page(['BTCUSDT']));
  expect(symbols.look('futures', 'NOPE')).toEqual({ known: true });
  symbols.start();
  expect(symbols.look('futures', 'NOPE')).toEqual({ known: true });
  symbols.stop();
});

test('a symbol that is not listed is unknown, and its nearest real names are told', async () => {
  const { symbols, calls } = setUp(['futures'], () => page(['BTCUSDT', 'PEPE1000USDC'], ''));
  symbols.start();
  await settled();
  expect(calls).toEqual(['http://rest/v5/market/instruments-info?category=linear&limit=1000']);
  expect(symbols.look('futures', 'BTCUSDT')).toEqual({ known: true });
  expect(symbols.look('futures', 'BTCUSD')).toEqual({ known: false, nearest: ['BTCUSDT'] });
  symbols.stop();
});

test('all pages are read', async () => {
  const { symbols, calls } = setUp(['inverse'], (query) =>
    query.get('cursor') === 'p&2' ? page(['B'], '') : page(['A'], 'p&2'),
  );
  symbols.start();
  await settled();
  expect(calls).toHaveLength(2);
  expect(symbols.look('inverse', 'A').known).toBe(true);
  expect(symbols.look('inverse', 'B').known).toBe(true);
  expect(symbols.look('inverse', 'C').known).toBe(false);
  symbols.stop();
});

test('a cursor that never ends is a failure', async () => {
  let n = 0;
  const { symbols, calls } = setUp(['inverse'], () => page(['A'], String(n++)));
  symbols.start();
  for (let i = 0; i < 50; i++) await settled();
  expect(calls).toHaveLength(50);
  expect(symbols.look('inverse', 'C').known).toBe(true);
  symbols.stop();
});

test('options are listed per base coin, and an unlisted base coin is known', async () => {
  const { symbols } = setUp(['option'], (query) =>
    query.get('baseCoin') === 'BTC' ? page(['BTC-27MAR26-70000-P-USDT']) : page([]),
  );
  symbols.start();
  await settled();
  expect(symbols.look('option', 'BTC-27MAR26-70000-P-USDT').known).toBe(true);
  expect(symbols.look('option', 'BTC-27MAR26-70000-C-USDT')).toEqual({ known: false, nearest: ['BTC-27MAR26-70000-P-USDT'] });
  expect(symbols.look('option', 'ETH-27MAR26-70000-C-USDT').known).toBe(true);
  expect(symbols.look('option', 'NEW-27MAR26-70000-C-USDT').known).toBe(true);
  symbols.stop();
});

test('a failure is retried with growing waits, and what was had stays', async () => {
  const at = setUp(['spot'], () => page(['BTCUSDT']));
  at.symbols.start();
  await settled();
  at.answer = () => ({ retCode: 10001, retMsg: 'params' });
  at.clock.advance(60 * 60_000);
  await settled();
  expect(at.calls).toHaveLength(2);
  expect(at.symbols.look('spot', 'NOPE').known).toBe(false);
  for (const wait of [5000, 10_000, 20_000]) {
    at.clock.advance(wait - 1);
    await settled();
    const before = at.calls.length;
    at.clock.advance(1);
    await settled();
    expect(at.calls).toHaveLength(before + 1);
  }
  at.symbols.stop();
  expect(at.clock.timers).toBe(0);
});

test('an address that the exchange limits leaves it alone for ten minutes', async () => {
  const at = setUp(['spot'], () => {
    throw new RestError('HTTP 403', true);
  });
  at.symbols.start();
  await settled();
  at.clock.advance(10 * 60_000 - 1);
  await settled();
  expect(at.calls).toHaveLength(1);
  at.clock.advance(1);
  await settled();
  expect(at.calls).toHaveLength(2);
  at.symbols.stop();
});

test('a symbol that was listed meanwhile is found after one refusal', async () => {
  const at = setUp(['spot'], () => page(['BTCUSDT']));
  at.symbols.start();
  await settled();
  at.clock.advance(5 * 60_000 + 1);
  at.answer = () => page(['BTCUSDT', 'NEWUSDT']);
  expect(at.symbols.look('spot', 'NEWUSDT').known).toBe(false);
  expect(at.symbols.look('spot', 'NEWUSDT').known).toBe(false);
  await settled();
  expect(at.calls).toHaveLength(2);
  expect(at.symbols.look('spot', 'NEWUSDT').known).toBe(true);
  at.symbols.stop();
});

test('the nearest names are looked for so often only that nobody can keep us busy with it', async () => {
  const { symbols, clock } = setUp(['spot'], () => page(['BTCUSDT']));
  symbols.start();
  await settled();
  for (let i = 0; i < 50; i++) expect(symbols.look('spot', 'BTCUSD')).toEqual({ known: false, nearest: ['BTCUSDT'] });
  expect(symbols.look('spot', 'BTCUSD')).toEqual({ known: false, nearest: [] });
  clock.advance(1000);
  expect(symbols.look('spot', 'BTCUSD')).toEqual({ known: false, nearest: ['BTCUSDT'] });
  symbols.stop();
});

test('what a list fetched anew has no more, and what is new in it, is told; the first list is no news, nor is an empty one', async () => {
  const clock = new ManualClock();
  const answers = [['A', 'B', 'C'], ['A', 'D'], [], ['A', 'D'], ['A', 'B', 'D']];
  const changes: unknown[] = [];
  const symbols = new Symbols(
    { restUrl: 'http://rest', markets: ['spot'] },
    {
      clock,
      log: { info: () => undefined, warn: () => undefined },
      fetchJson: () => Promise.resolve(page(answers.shift() ?? [])),
      changed: (market, gone, come) => changes.push([market, [...gone], [...come]]),
    },
  );
  symbols.start();
  for (let i = 0; i < 5; i++) {
    await settled();
    clock.advance(60 * 60_000);
  }
  expect(changes).toEqual([
    ['spot', ['B', 'C'], ['D']],
    ['spot', [], ['B']],
  ]);
  symbols.stop();
});
