import { MarketModel } from './market-model';
import { RestApi } from './rest-api';
import { BookFeed } from './book-feed';
import { KlineFeed } from './kline-feed';

const BEGAN = Date.UTC(2026, 10, 21, 12, 34, 56);

interface Answer {
  retCode: number;
  retMsg: string;
  result: { category: string; list: Record<string, unknown>[]; nextPageCursor?: string };
  time: number;
}

describe('REST', () => {
  let now: number;
  let model: MarketModel;
  let api: RestApi;
  const get = (path: string): Answer => {
    const url = new URL(`http://localhost/v5/market/${path}`);
    return api.answer(url.pathname, url.searchParams) as Answer;
  };
  const rows = (path: string): string[][] => get(path).result.list as unknown as string[][];

  beforeEach(() => {
    now = BEGAN;
    model = new MarketModel(1, BEGAN, 1_234);
    api = new RestApi(model, { now: () => now }, true);
  });

  it('tells the time in its envelope', () => {
    expect(get('time')).toEqual({
      retCode: 0,
      retMsg: 'OK',
      result: { timeSecond: String(Math.floor(BEGAN / 1000)), timeNano: `${BEGAN}000000` },
      retExtInfo: {},
      time: BEGAN,
    });
    expect(api.answer('/v5/market/nothing', new URLSearchParams())).toBeUndefined();
  });

  it('pages linear instruments by cursor until it is empty', () => {
    const symbols: unknown[] = [];
    const sizes: number[] = [];
    let cursor = '';
    do {
      const { list, nextPageCursor = '' } = get(`instruments-info?category=linear&cursor=${encodeURIComponent(cursor)}`).result;
      symbols.push(...list.map(({ symbol }) => symbol));
      sizes.push(list.length);
      cursor = nextPageCursor;
    } while (cursor !== '');
    expect(sizes).toEqual([500, 500, 234]);
    expect(new Set(symbols).size).toBe(1_234);
    expect(get('instruments-info?category=linear&limit=1000').result.list).toHaveLength(1_000);
    // As clients send it that do not encode the cursor a second time.
    expect(get('instruments-info?category=linear&cursor=first%3D1000').result.list).toHaveLength(234);
  });

  it('does not page spot', () => {
    const { list, ...rest } = get('instruments-info?category=spot&limit=10&cursor=x').result;
    expect(list).toHaveLength(1_234);
    expect(rest).toEqual({ category: 'spot' });
  });

  it('lists options of BTC unless asked for another coin', () => {
    expect(new Set(get('instruments-info?category=option').result.list.map(({ baseCoin }) => baseCoin))).toEqual(
      new Set(['BTC']),
    );
    expect(new Set(get('instruments-info?category=option&baseCoin=ETH').result.list.map(({ baseCoin }) => baseCoin))).toEqual(
      new Set(['ETH']),
    );
    expect(get('instruments-info?category=option&symbol=SOL-25DEC26-180-C-USDT').result.list).toHaveLength(1);
  });

  it('has every kind of symbol', () => {
    const symbols = get('instruments-info?category=linear&limit=1000').result.list.map(({ symbol }) => symbol);
    expect(symbols).toEqual(
      expect.arrayContaining(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'BTCPERP', '1000000BOBUSDT', 'BTCUSDT-25DEC26']) as unknown[],
    );
    expect(get('instruments-info?category=inverse&symbol=BTCUSDZ26').result.list[0]).toMatchObject({
      contractType: 'InverseFutures',
      status: 'Trading',
    });
    expect(get('instruments-info?category=linear&status=Closed').result.list).toEqual([]);
  });

  it.each([
    'instruments-info',
    'instruments-info?category=futures',
    'instruments-info?category=linear&limit=0',
    'instruments-info?category=linear&limit=1001',
    'instruments-info?category=linear&limit=ten',
    'instruments-info?category=linear&cursor=odd',
    'kline?category=linear&symbol=BTCUSDT',
    'kline?category=linear&symbol=BTCUSDT&interval=7',
    'kline?category=linear&symbol=NOPE&interval=1',
    'kline?category=linear&interval=1',
    'kline?category=option&symbol=BTC-25DEC26-80000-C-USDT&interval=1',
    'kline?category=linear&symbol=BTCUSDT&interval=1&start=soon',
    'orderbook?category=linear&symbol=btcusdt',
    'orderbook?category=option&symbol=BTC-25DEC26-80000-C-USDT&limit=26',
    'tickers?category=option',
    'recent-trade?category=spot&symbol=BTCUSDT&limit=61',
  ])('answers %s with 10001', (path) => {
    expect(get(path)).toMatchObject({ retCode: 10001, retMsg: expect.stringMatching(/\w/) as string, result: {} });
  });

  it('gives candles newest first, without holes, the current one as the stream tells it', () => {
    const market = model.symbol('linear', 'BTCUSDT');
    if (!market) throw new Error('BTCUSDT does not trade');
    const feed = new KlineFeed(market, 'kline.5.BTCUSDT', '5');
    feed.wake(now);
    for (let i = 0; i < 500; i++) {
      now += 5_000;
      market.takerOrder(now);
    }
    const list = rows('kline?category=linear&symbol=BTCUSDT&interval=5&limit=300');
    expect(list).toHaveLength(300);
    const starts = list.map(([start]) => Number(start));
    expect(starts).toEqual(Array.from({ length: 300 }, (_, i) => (starts[0] ?? 0) - i * 300_000));
    const [frame] = feed.next(now).map((text) => JSON.parse(text) as { data: Record<string, string>[] });
    for (const candle of frame?.data ?? []) {
      const { start, open, high, low, close, volume, turnover } = candle;
      expect(list).toContainEqual([String(start), open, high, low, close, volume, turnover]);
    }
    // Each opens where the one before closed, and holds together.
    for (const [i, [, open, high, low, close]] of list.entries()) {
      expect(open).toBe(list[i + 1]?.[4] ?? open);
      expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(open), Number(close)));
      expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(open), Number(close)));
    }
  });

  it('gives the candles between start and end, from the start on when there is no end', () => {
    const hour = 3_600_000;
    const first = Date.UTC(2026, 10, 20);
    const of = (query: string): number[] =>
      rows(`kline?category=spot&symbol=BTCUSDT&interval=60&${query}`).map(([start]) => Number(start));
    expect(of(`start=${first}&end=${first + 3 * hour}`)).toEqual([3, 2, 1, 0].map((n) => first + n * hour));
    expect(of(`start=${first}&limit=2`)).toEqual([first + hour, first]);
    expect(of(`end=${first}&limit=2`)).toEqual([first, first - hour]);
    expect(of(`start=${BEGAN + hour}`)).toEqual([]);
    expect(rows('kline?category=spot&symbol=BTCUSDT&interval=M')).toHaveLength(200);
    expect(get('kline?symbol=BTCUSDT&interval=M').result.category).toBe('linear');
  });

  it('gives the book of the streams', () => {
    const market = model.symbol('linear', 'ETHUSDT');
    if (!market) throw new Error('ETHUSDT does not trade');
    const feed = new BookFeed(market, 'orderbook.200.ETHUSDT', 200);
    for (let i = 0; i < 100; i++) market.event(now);
    feed.wake();
    const [text] = feed.first(now);
    const stream = JSON.parse(text ?? '') as { data: { b: string[][]; a: string[][]; seq: number } };
    // The answer may move a market that nobody touched for a second: this one was touched just now.
    const { result } = get('orderbook?category=linear&symbol=ETHUSDT&limit=200') as unknown as {
      result: { b: string[][]; a: string[][]; seq: number; u: number };
    };
    const numbers = (levels: string[][]): number[][] => levels.map((level) => level.map(Number));
    expect(numbers(result.b)).toEqual(numbers(stream.data.b));
    expect(numbers(result.a)).toEqual(numbers(stream.data.a));
    expect(result.seq).toBe(stream.data.seq);
    expect((get('orderbook?category=spot&symbol=BTCUSDT') as unknown as { result: { b: string[][] } }).result.b).toHaveLength(1);
    expect(
      (get('orderbook?category=linear&symbol=BTCUSDT&limit=1000') as unknown as { result: { b: string[][] } }).result.b,
    ).toHaveLength(1_000);
  });

  it('gives tickers with the names of REST', () => {
    const [linear] = get('tickers?category=linear&symbol=BTCUSDT').result.list;
    expect(linear).toMatchObject({
      symbol: 'BTCUSDT',
      deliveryTime: '0',
      bid1Price: expect.stringMatching(/^\d+\.\d0$/) as string,
    });
    const [spot] = get('tickers?category=spot&symbol=BTCUSDT').result.list;
    expect(Object.keys(spot ?? {})).toEqual(expect.arrayContaining(['bid1Price', 'ask1Price', 'usdIndexPrice']) as unknown[]);
    const [option] = get('tickers?category=option&baseCoin=ETH').result.list;
    expect(Object.keys(option ?? {})).toEqual(expect.arrayContaining(['bid1Price', 'bid1Iv', 'markIv', 'delta']) as unknown[]);
    expect(option).not.toHaveProperty('bidPrice');
    expect(get('tickers?category=inverse').result.list).toHaveLength(10);
  });

  it('gives recent trades newest first', () => {
    const { list } = get('recent-trade?category=linear&symbol=BTCUSDT&limit=5').result;
    expect(list).toHaveLength(5);
    const market = model.symbol('linear', 'BTCUSDT');
    expect(list[0]).toMatchObject({ execId: market?.tape.last?.id, seq: String(market?.tape.last?.seq) });
    expect(get('recent-trade?category=option').retCode).toBe(0);
  });

  it('leaves a manual market alone', () => {
    const still = new RestApi(model, { now: () => now }, false);
    const url = new URL('http://localhost/v5/market/recent-trade?category=linear&symbol=SOLUSDT');
    expect((still.answer(url.pathname, url.searchParams) as Answer).result.list).toEqual([]);
  });
});
