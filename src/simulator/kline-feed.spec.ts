import fc from 'fast-check';
import { KlineFeed } from './kline-feed';
import { candleEnd, candleStart, type KlineInterval } from './kline-interval';
import { MarketModel } from './market-model';
import { TradeFeed } from './trade-feed';

const BEGAN = Date.UTC(2026, 10, 21, 12, 0, 30);

interface Candle {
  start: number;
  end: number;
  interval: string;
  open: string;
  close: string;
  high: string;
  low: string;
  volume: string;
  turnover: string;
  confirm: boolean;
  timestamp: number;
}

interface Trade {
  T: number;
  p: string;
  v: string;
  seq: number;
  i: string;
}

function marketOf(symbol: string, seed: number) {
  const market = new MarketModel(seed, BEGAN).symbol('linear', symbol);
  if (!market) throw new Error(`${symbol} does not trade`);
  return market;
}

describe('klines', () => {
  it('are the trades of their period, and every candle is closed once, before the next begins', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom<KlineInterval>('1', '3', '5'),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 0, max: 4 })), {
          minLength: 5,
          maxLength: 40,
          size: 'max',
        }),
        (seed, interval, steps) => {
          const market = marketOf('ETHUSDT', seed);
          const klines = new KlineFeed(market, `kline.${interval}.ETHUSDT`, interval);
          const trades = new TradeFeed([market], 'publicTrade.ETHUSDT');
          klines.wake(BEGAN);
          trades.wake();
          const candles: Candle[] = [];
          const made: Trade[] = [];
          let now = BEGAN;
          for (const [ms, orders] of steps) {
            now += ms;
            for (let i = 0; i < orders; i++) market.takerOrder(now);
            for (const text of klines.next(now)) candles.push(...(JSON.parse(text) as { data: Candle[] }).data);
            for (const text of trades.next(now)) made.push(...(JSON.parse(text) as { data: Trade[] }).data);
          }
          const first = candleStart(interval, BEGAN);
          const closed = candles.filter((candle) => candle.confirm);
          expect(new Set(closed.map((candle) => candle.start)).size).toBe(closed.length);
          for (const candle of closed.filter(({ start }) => start > first)) {
            const own = made.filter(({ T }) => T >= candle.start && T <= candle.end);
            expect(candle.end).toBe(candleEnd(interval, candle.start) - 1);
            expect(Number(candle.volume)).toBeCloseTo(
              own.reduce((sum, { v }) => sum + Number(v), 0),
              6,
            );
            expect(Number(candle.turnover)).toBeCloseTo(
              own.reduce((sum, { v, p }) => sum + Number(v) * Number(p), 0),
              2,
            );
            const prices = own.map(({ p }) => Number(p));
            expect(Number(candle.high)).toBe(Math.max(Number(candle.open), ...prices));
            expect(Number(candle.low)).toBe(Math.min(Number(candle.open), ...prices));
            expect(Number(candle.close)).toBe(prices.at(-1) ?? Number(candle.open));
          }
          const starts = candles.map((candle) => candle.start);
          expect(starts).toEqual([...starts].sort((a, b) => a - b));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('come two to a frame after a boundary: the closed one and the new one', () => {
    const market = marketOf('BTCUSDT', 1);
    const feed = new KlineFeed(market, 'kline.1.BTCUSDT', '1');
    feed.wake(BEGAN);
    market.takerOrder(BEGAN + 1_000);
    expect(feed.next(BEGAN + 1_000)).toHaveLength(1);
    const [text] = feed.next(BEGAN + 31_000);
    const frame = JSON.parse(text ?? '') as { data: Candle[] };
    expect(Object.keys(frame)).toEqual(['topic', 'data', 'ts', 'type']);
    expect(frame.data.map(({ confirm, start }) => [confirm, start])).toEqual([
      [true, BEGAN - 30_000],
      [false, BEGAN + 30_000],
    ]);
    expect(feed.next(BEGAN + 32_000)).toEqual([]);
  });

  it('end a day and the candles inside it at the same close', () => {
    const market = marketOf('BTCUSDT', 2);
    for (let i = 0; i < 50; i++) market.takerOrder(BEGAN + i * 1000);
    const now = BEGAN + 60_000;
    expect(market.klines('D', now).current.close).toBe(market.klines('1', now).current.close);
    expect(market.klines('M', now).current.close).toBe(market.lastPrice);
  });
});

describe('trades', () => {
  it('of one taker order share time and seq, and each is told once', () => {
    const market = marketOf('BTCUSDT', 4);
    const feed = new TradeFeed([market], 'publicTrade.BTCUSDT');
    market.takerOrder(BEGAN);
    feed.wake();
    const orders = Array.from({ length: 40 }, (_, i) => market.takerOrder(BEGAN + i));
    const trades = feed.next(BEGAN + 100).flatMap((text) => (JSON.parse(text) as { data: Trade[] }).data);
    expect(feed.next(BEGAN + 100)).toEqual([]);
    expect(new Set(trades.map(({ i }) => i)).size).toBe(trades.length);
    expect(orders.some((fills) => fills.length > 1)).toBe(true);
    for (const fills of orders) expect(new Set(fills.map(({ time, seq }) => `${time} ${seq}`)).size).toBe(1);
    expect(trades.map(({ T, seq }) => [T, seq])).toEqual(orders.flat().map(({ time, seq }) => [time, seq]));
  });

  it('beyond 1024 go into a second message', () => {
    const market = marketOf('BTCUSDT', 4);
    const feed = new TradeFeed([market], 'publicTrade.BTCUSDT');
    feed.wake();
    while (market.tape.count <= 1_100) market.takerOrder(BEGAN);
    const frames = feed.next(BEGAN).map((text) => JSON.parse(text) as { data: Trade[] });
    expect(frames.map(({ data }) => data.length)).toEqual([1024, market.tape.count - 1024]);
  });
});
