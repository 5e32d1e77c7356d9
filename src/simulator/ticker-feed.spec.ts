import fc from 'fast-check';
import { MarketModel } from './market-model';
import { derivativeTicker } from './ticker-fields';
import { TickerFeed, tickerDelta } from './ticker-feed';

const BEGAN = Date.UTC(2026, 10, 21, 12, 59, 58);

interface TickerFrame {
  topic: string;
  type: string;
  data: Record<string, string>;
  cs: number;
  ts: number;
}

function feedOf(category: 'linear' | 'inverse', symbol: string, seed: number) {
  const market = new MarketModel(seed, BEGAN).symbol(category, symbol);
  if (!market) throw new Error(`${symbol} does not trade`);
  const feed = new TickerFeed(market, `tickers.${symbol}`);
  feed.wake(BEGAN);
  return { market, feed };
}

const read = (texts: readonly string[]): TickerFrame[] => texts.map((text) => JSON.parse(text) as TickerFrame);

describe('a derivative ticker', () => {
  it('begins with a snapshot that is a little old and the deltas since then', () => {
    const { feed } = feedOf('linear', 'BTCUSDT', 3);
    const [snapshot, ...deltas] = read(feed.first());
    expect(snapshot?.type).toBe('snapshot');
    expect(snapshot?.ts).toBe(BEGAN - 400);
    expect(deltas.length).toBeGreaterThan(0);
    expect(deltas.every(({ type, ts }) => type === 'delta' && ts > BEGAN - 400 && ts < BEGAN)).toBe(true);
  });

  it('merges to the model, whenever a listener joins, and never sends half a pair', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(['linear', 'BTCUSDT'] as const, ['linear', 'BTCUSDT-25DEC26'] as const, ['inverse', 'BTCUSD'] as const),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 60, size: 'max' }),
        fc.nat(30),
        ([category, symbol], seed, bursts, joinAt) => {
          const { market, feed } = feedOf(category, symbol, seed);
          const early = read(feed.first());
          let late: TickerFrame[] = [];
          let now = BEGAN;
          for (const [i, events] of bursts.entries()) {
            now += 100;
            if (i === joinAt) late = read(feed.first());
            for (let k = 0; k < events; k++) market.event(now);
            const frames = read(feed.next(now));
            early.push(...frames);
            if (i >= joinAt) late.push(...frames);
          }
          const truth = derivativeTicker(market, now);
          for (const frames of [early, late]) {
            if (frames.length === 0) continue;
            const merged = frames.reduce((all, { data }) => ({ ...all, ...data }), {});
            // Time alone moves these; they go out with the next event.
            for (const name of [
              'prevPrice24h',
              'prevPrice1h',
              'price24hPcnt',
              'highPrice24h',
              'lowPrice24h',
              'turnover24h',
              'volume24h',
              'nextFundingTime',
            ]) {
              if (bursts.at(-1) === 0) Reflect.set(merged, name, truth[name]);
            }
            expect(merged).toEqual(truth);
          }
          for (const { type, data } of early.slice(1)) {
            const has = (name: string): boolean => name in data;
            expect(type).toBe('delta');
            expect(data['symbol']).toBe(symbol);
            expect(Object.keys(data).length).toBeGreaterThan(1);
            expect(has('bid1Price')).toBe(has('bid1Size'));
            expect(has('ask1Price')).toBe(has('ask1Size'));
            expect(has('turnover24h')).toBe(has('volume24h'));
            expect(!has('lastPrice') || has('price24hPcnt')).toBe(true);
            expect(!has('markPrice') || (has('openInterestValue') && has('singleOpenInterestValue'))).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('repeats its cross sequence when only mark and index moved', () => {
    const { market, feed } = feedOf('linear', 'ETHUSDT', 5);
    const before = market.seq;
    market.drift(BEGAN + 100);
    const [delta] = read(feed.next(BEGAN + 100));
    expect(delta?.cs).toBe(before);
  });

  it('says nothing when nothing changed', () => {
    const { feed } = feedOf('linear', 'ETHUSDT', 5);
    expect(feed.next(BEGAN + 100)).toEqual([]);
    expect(tickerDelta({ symbol: 'X', lastPrice: '1' }, { symbol: 'X', lastPrice: '1' })).toBeUndefined();
  });

  it('writes its keys in the recorded order', () => {
    const [snapshot] = feedOf('linear', 'BTCUSDT', 1).feed.first();
    expect(Object.keys(JSON.parse(snapshot ?? '') as object)).toEqual(['topic', 'type', 'data', 'cs', 'ts']);
    expect(Object.keys(read([snapshot ?? ''])[0]?.data ?? {}).join()).toBe(
      'symbol,tickDirection,price24hPcnt,lastPrice,prevPrice24h,highPrice24h,lowPrice24h,prevPrice1h,markPrice,indexPrice,openInterest,' +
        'openInterestValue,turnover24h,volume24h,fundingIntervalHour,fundingCap,singleOpenInterest,singleOpenInterestValue,nextFundingTime,' +
        'fundingRate,bid1Price,bid1Size,ask1Price,ask1Size,preOpenPrice,preQty,curPreListingPhase',
    );
  });
});
