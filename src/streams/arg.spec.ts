import fc from 'fast-check';
import { parseArg, parseStreamName } from './arg';
import {
  DEPTHS_OF_MARKET,
  INTERVALS,
  KINDS_OF_MARKET,
  EXCHANGE_MARKETS,
  RATES,
  atRate,
  isStateKind,
  streamOf,
  type ExchangeMarket,
  type Stream,
  type Subject,
} from './stream';

const all = new Set(EXCHANGE_MARKETS);
const parse = (arg: unknown) => parseArg(arg, 'mudrex', all);
const nameOf = (arg: unknown) => {
  const parsed = parse(arg);
  return 'stream' in parsed ? parsed.stream.name : parsed.refusal.code;
};
const reasonOf = (arg: unknown) => {
  const parsed = parse(arg);
  return 'refusal' in parsed ? parsed.refusal.reason : undefined;
};

describe('parseArg', () => {
  it.each([
    ['ticker:BTCUSDT', 'futures.ticker.BTCUSDT'],
    ['tickers.BTCUSDT', 'futures.ticker.BTCUSDT'],
    ['TICKER:btcusdt', 'futures.ticker.BTCUSDT'],
    ['kline:1h:BTCUSDT', 'futures.kline.1h.BTCUSDT'],
    ['kline:60:BTCUSDT', 'futures.kline.1h.BTCUSDT'],
    ['kline.1.BTCUSDT', 'futures.kline.1m.BTCUSDT'],
    ['kline:M:BTCUSDT', 'futures.kline.1M.BTCUSDT'],
    ['kline:1m:BTCUSDT', 'futures.kline.1m.BTCUSDT'],
    ['kline:1M:BTCUSDT', 'futures.kline.1M.BTCUSDT'],
    ['trade:BTCPERP', 'futures.trade.BTCPERP'],
    ['orderbook:BTCUSDT', 'futures.orderbook.50.BTCUSDT'],
    ['orderbook:200:BTCUSDT', 'futures.orderbook.200.BTCUSDT'],
    ['option/orderbook:BTC-27MAR26-70000-P-USDT', 'option.orderbook.25.BTC-27MAR26-70000-P-USDT'],
    ['liquidation:BTCUSDT', 'futures.liquidation.BTCUSDT'],
    ['Spot/Trade:BTCUSDT', 'spot.trade.BTCUSDT'],
    ['mudrex.futures.kline.1h.BTCUSDT', 'futures.kline.1h.BTCUSDT'],
    ['mudrex.spot.ticker.BTCUSDT', 'spot.ticker.BTCUSDT'],
    ['ticker:BTCUSDT@1s', 'futures.ticker.BTCUSDT@1s'],
    ['tickers.btcusdt@100ms', 'futures.ticker.BTCUSDT@100ms'],
    ['spot/kline:1:BTCUSDT@500ms', 'spot.kline.1m.BTCUSDT@500ms'],
    ['orderbook:BTCUSDT@10s', 'futures.orderbook.50.BTCUSDT@10s'],
    ['mudrex.futures.ticker.BTCUSDT@250ms', 'futures.ticker.BTCUSDT@250ms'],
  ])('%s names %s', (arg, name) => {
    expect(nameOf(arg)).toBe(name);
  });

  it.each([
    ['tickers.*', 'WILDCARD'],
    ['ticker', 'BAD_FORMAT'],
    ['', 'BAD_FORMAT'],
    ['ticker:', 'BAD_FORMAT'],
    ['ticker:1h:BTCUSDT', 'BAD_FORMAT'],
    ['ticker:BTC USDT', 'BAD_FORMAT'],
    ['a:b:c:d', 'BAD_FORMAT'],
    ['mudrex.futures', 'BAD_FORMAT'],
    ['book:BTCUSDT', 'UNKNOWN_KIND'],
    ['spot/liquidation:BTCUSDT', 'UNKNOWN_KIND'],
    ['option/kline:1h:BTC-27MAR26-70000-P-USDT', 'UNKNOWN_KIND'],
    ['kline:7m:BTCUSDT', 'BAD_INTERVAL'],
    ['kline:BTCUSDT', 'BAD_INTERVAL'],
    ['kline:constructor:BTCUSDT', 'BAD_INTERVAL'],
    ['orderbook:51:BTCUSDT', 'BAD_DEPTH'],
    ['orderbook:050:BTCUSDT', 'BAD_DEPTH'],
    ['option/orderbook:50:BTC-27MAR26-70000-P-USDT', 'BAD_DEPTH'],
    ['margin/ticker:BTCUSDT', 'UNKNOWN_MARKET'],
    ['ticker:BTCUSDT@3s', 'BAD_RATE'],
    ['ticker:BTCUSDT@', 'BAD_RATE'],
    ['ticker:BTCUSDT@1s@1s', 'BAD_RATE'],
    ['ticker:BTCUSDT@constructor', 'BAD_RATE'],
    ['trade:BTCUSDT@1s', 'BAD_RATE'],
    ['liquidation:BTCUSDT@1s', 'BAD_RATE'],
    ['ticker@1s', 'BAD_FORMAT'],
    ['@1s', 'BAD_FORMAT'],
    ['ticker@1s:BTCUSDT', 'BAD_FORMAT'],
    ['book:BTCUSDT@1s', 'UNKNOWN_KIND'],
    ['tickers.*@1s', 'WILDCARD'],
    [42, 'NOT_A_STRING'],
    [null, 'NOT_A_STRING'],
    [['ticker:BTCUSDT'], 'NOT_A_STRING'],
  ])('%j is refused with %s', (arg, code) => {
    expect(nameOf(arg)).toBe(code);
  });

  it('says the documented sentences', () => {
    expect(reasonOf('tickers.*')).toBe(
      'Wildcards (e.g. tickers.*) are not supported. Use specific symbols like tickers.BTCUSDT or ticker:ETHUSDT.',
    );
    expect(reasonOf('nonsense')).toMatch(/^Invalid stream format: nonsense\. Use /);
    expect(reasonOf('book:BTCUSDT')).toBe(
      'Invalid stream type: book. Expected one of ticker, kline, trade, orderbook, liquidation.',
    );
    expect(reasonOf('spot/liquidation:BTCUSDT')).toBe(
      'Invalid stream type: liquidation. Expected one of ticker, kline, trade, orderbook on spot.',
    );
    expect(reasonOf('kline:7m:BTCUSDT')).toContain('1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h, 1d, 1w, 1M');
    expect(reasonOf('ticker:BTCUSDT@3s')).toBe(
      'Invalid update rate: 3s. Use one of 100ms, 250ms, 500ms, 1s, 2s, 5s, 10s, for example ticker:BTCUSDT@1s.',
    );
    expect(reasonOf('trade:BTCUSDT@1s')).toBe(
      'A trade stream has no update rate: every entry counts. Leave out the part from @ on.',
    );
    expect(reasonOf('orderbook:51:BTCUSDT')).toBe('Invalid depth: 51. Use one of 1, 50, 200, 1000 on futures.');
  });

  it('refuses a market that this gateway does not serve and names those that it serves', () => {
    const parsed = parseArg('option/ticker:X', 'mudrex', new Set<ExchangeMarket>(['futures', 'spot']));
    expect(parsed).toEqual({
      refusal: { code: 'UNKNOWN_MARKET', reason: 'Unknown market: option. Expected one of futures, spot.' },
    });
  });

  it('never sends back more than a glimpse of a long arg', () => {
    expect(reasonOf('x'.repeat(60_000))?.length).toBeLessThan(300);
  });

  it('never throws, whatever text comes', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof nameOf(text) === 'string'));
  });
});

const anyStream: fc.Arbitrary<Stream> = fc.constantFrom(...EXCHANGE_MARKETS).chain((market) =>
  fc
    .constantFrom(...KINDS_OF_MARKET[market])
    .chain((kind): fc.Arbitrary<Subject> => {
      if (kind === 'kline') return fc.constantFrom(...INTERVALS).map((interval) => ({ kind, interval }));
      if (kind === 'orderbook') return fc.constantFrom(...DEPTHS_OF_MARKET[market]).map((depth) => ({ kind, depth }));
      return fc.constant({ kind });
    })
    .chain((subject) =>
      fc.constantFrom('BTCUSDT', '1000000BOBUSDT', 'BTC-27MAR26-70000-P-USDT').map((symbol) => streamOf(market, subject, symbol)),
    )
    .chain((stream) =>
      fc.option(fc.constantFrom(...RATES)).map((rate) => (rate && isStateKind(stream.kind) ? atRate(stream, rate) : stream)),
    ),
);

describe('stream names', () => {
  it('are read back as the same stream, with the brand and without it', () => {
    fc.assert(
      fc.property(anyStream, (stream) => {
        expect(parseStreamName(stream.name)).toEqual(stream);
        expect(parse(`mudrex.${stream.name}`)).toEqual({ stream });
      }),
    );
  });

  it('that are not written by us are not read', () => {
    expect(parseStreamName('futures.tickers.BTCUSDT')).toBeUndefined();
    expect(parseStreamName('futures')).toBeUndefined();
    expect(parseStreamName('futures.ticker.BTCUSDT@1S')).toBeUndefined();
    expect(parseStreamName('futures.trade.BTCUSDT@1s')).toBeUndefined();
  });
});
