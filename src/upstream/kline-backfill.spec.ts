import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { streamOf } from '../streams/stream';
import type { RawFrame } from '../transform/transform';
import type { KlineStream } from './bybit/klines';
import { KlineBackfill } from './kline-backfill';
import { RestError } from './rest';

const MINUTE = 60_000;
const NOW = 1_700_000_000_000;

function kline(symbol: string): KlineStream {
  return streamOf('futures', { kind: 'kline', interval: '1m' }, symbol) as KlineStream;
}

/** Newest first, as the exchange lists them. */
function candles(...starts: number[]): object {
  const list = starts.map((start) => [String(start), '2', '3', '1', '2', '10', '20']);
  return { retCode: 0, result: { category: 'linear', list }, time: NOW };
}

function setUp() {
  const calls: { url: URL; answer: (value: unknown) => void; fail: (error: Error) => void }[] = [];
  const warnings: string[] = [];
  const clock = new ManualClock();
  const fetchJson = (url: string): Promise<unknown> =>
    new Promise((answer, fail) => calls.push({ url: new URL(url), answer, fail }));
  const log = { info: () => undefined, warn: (_fields: object, text: string) => warnings.push(text) };
  const backfill = new KlineBackfill('http://rest', fetchJson, clock, log);
  const frames: RawFrame[] = [];
  const answers: (RawFrame | undefined)[] = [];
  const ask = (symbol: string, inTime = true): void =>
    backfill.request(kline(symbol), 5 * MINUTE, (frame) => {
      answers.push(frame);
      if (frame) frames.push(frame);
      return inTime;
    });
  return { backfill, calls, frames, answers, ask, clock, warnings };
}

test('closed candles come as one frame, oldest first, without the newest, which may be open', async () => {
  const { calls, frames, ask } = setUp();
  ask('BTCUSDT');
  expect(calls[0]?.url.href).toBe(
    'http://rest/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&start=300000&limit=1000',
  );
  calls[0]?.answer(candles(7 * MINUTE, 6 * MINUTE, 5 * MINUTE));
  await settled();
  const candle = { interval: '1', open: '2', high: '3', low: '1', close: '2', volume: '10', turnover: '20', confirm: true };
  expect(frames).toEqual([
    {
      topic: 'kline.1.BTCUSDT',
      type: 'snapshot',
      ts: NOW,
      data: [
        { ...candle, start: 5 * MINUTE, end: 6 * MINUTE - 1, timestamp: 6 * MINUTE - 1 },
        { ...candle, start: 6 * MINUTE, end: 7 * MINUTE - 1, timestamp: 7 * MINUTE - 1 },
      ],
    },
  ]);
});

test('when no candle has closed there is no frame, and whoever asked is told', async () => {
  const { backfill, calls, frames, answers, ask } = setUp();
  ask('A');
  ask('B');
  calls[0]?.answer(candles(5 * MINUTE));
  calls[1]?.answer(candles());
  await settled();
  expect(frames).toEqual([]);
  expect(answers).toEqual([undefined, undefined]);
  expect(backfill.outcomes.get('filled')).toBe(2);
});

test('an answer that came too late is counted as that', async () => {
  const { backfill, calls, ask } = setUp();
  ask('A', false);
  calls[0]?.answer(candles(7 * MINUTE, 6 * MINUTE));
  await settled();
  expect(Object.fromEntries(backfill.outcomes.entries())).toEqual({ late: 1 });
});

test('four calls are made at a time', async () => {
  const { calls, ask } = setUp();
  for (const symbol of ['A', 'B', 'C', 'D', 'E', 'F']) ask(symbol);
  expect(calls).toHaveLength(4);
  calls[1]?.answer(candles());
  await settled();
  expect(calls).toHaveLength(5);
});

test('a fetch that failed is tried twice more', async () => {
  const { backfill, calls, frames, answers, ask, clock, warnings } = setUp();
  ask('A');
  calls[0]?.fail(new RestError('HTTP 500'));
  await settled();
  clock.advance(500);
  calls[1]?.fail(new RestError('HTTP 500'));
  await settled();
  expect(answers).toEqual([]);
  clock.advance(2000);
  calls[2]?.answer(candles(7 * MINUTE, 6 * MINUTE));
  await settled();
  expect(frames).toHaveLength(1);
  expect(warnings).toEqual([]);
  expect(Object.fromEntries(backfill.outcomes.entries())).toEqual({ filled: 1 });
});

test('a failure is counted and logged in the end, and the next one goes on', async () => {
  const { backfill, calls, frames, answers, ask, clock, warnings } = setUp();
  for (const symbol of ['A', 'B', 'C', 'D', 'E']) ask(symbol);
  calls[0]?.fail(new RestError('HTTP 500'));
  calls[1]?.answer({ retCode: 10001, retMsg: 'params' });
  calls[2]?.answer({ retCode: 0, result: { list: ['x', 'y'] } });
  await settled();
  expect(calls).toHaveLength(5);
  // Two of them at a time: the other two calls are still open.
  for (let i = 0; i < 4; i++) {
    clock.advance(2000);
    for (const call of calls.slice(5)) call.fail(new RestError('HTTP 500'));
    await settled();
  }
  expect(calls).toHaveLength(5 + 3 * 2);
  expect(backfill.outcomes.get('failed')).toBe(3);
  expect(warnings).toHaveLength(3);
  expect(frames).toEqual([]);
  expect(answers).toEqual([undefined, undefined, undefined]);
  expect(clock.timers).toBe(0);
});

test('an address that the exchange limits asks nothing for ten minutes', async () => {
  const { backfill, calls, answers, ask, clock } = setUp();
  for (const symbol of ['A', 'B', 'C', 'D', 'E', 'F']) ask(symbol);
  calls[0]?.fail(new RestError('HTTP 403', true));
  await settled();
  ask('G');
  expect(backfill.outcomes.get('skipped')).toBe(3);
  expect(answers).toHaveLength(4);
  expect(calls).toHaveLength(4);
  for (const call of calls) call.answer(candles());
  await settled();
  clock.advance(10 * MINUTE);
  ask('G');
  expect(calls).toHaveLength(5);
});

test('after the stop nothing is asked and nothing is delivered', async () => {
  const { backfill, calls, frames, ask, clock } = setUp();
  ask('A');
  ask('failed');
  calls[1]?.fail(new RestError('HTTP 500'));
  await settled();
  backfill.stop();
  ask('B');
  calls[0]?.answer(candles(7 * MINUTE, 6 * MINUTE));
  await settled();
  expect(calls).toHaveLength(2);
  expect(clock.timers).toBe(0);
  expect(frames).toEqual([]);
});
