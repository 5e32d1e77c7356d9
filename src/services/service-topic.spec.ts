import fc from 'fast-check';
import { CHANNEL_TYPES } from '../streams/event-type';
import { EXCHANGE_MARKETS, INTERVALS } from '../streams/stream';
import { ApiError, type SubscribeRequest } from './api';
import { requestedTopic, streamOfTopic } from './service-topic';

const ALL = new Set(EXCHANGE_MARKETS);

function ask(request: Partial<SubscribeRequest>, markets = ALL) {
  return requestedTopic({ channel_type: 'ticker', requesting_service: 'desk', ...request }, 'mudrex', markets);
}

function refusalOf(request: Partial<SubscribeRequest>, markets = ALL): string {
  try {
    return `accepted as ${ask(request, markets).topic}`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.message).toMatch(/\w[^.]*\.$/);
    return error.code;
  }
}

describe('what a service asks for', () => {
  it.each<[Partial<SubscribeRequest>, string, string?]>([
    [{ channel_type: 'trades', symbol: 'btcusdt' }, 'futures.trade.BTCUSDT'],
    [{ channel_type: 'ticker', symbol: 'BTCUSDT', market: 'spot' }, 'spot.ticker.BTCUSDT'],
    [{ channel_type: 'liquidation', symbol: 'BTCUSD', market: 'inverse' }, 'inverse.liquidation.BTCUSD'],
    [{ channel_type: 'orderbook', symbol: 'BTCUSDT' }, 'futures.orderbook.50.BTCUSDT'],
    [{ channel_type: 'orderbook', symbol: 'BTCUSDT', depth: 200 }, 'futures.orderbook.200.BTCUSDT'],
    [{ channel_type: 'kline', symbol: 'BTCUSDT', interval: '1h' }, 'futures.kline.1h.BTCUSDT'],
    [{ channel_type: 'kline', topic: 'kline:1h:BTCUSDT' }, 'futures.kline.1h.BTCUSDT'],
    [{ channel_type: 'kline', topic: 'kline.60.BTCUSDT', symbol: 'BTCUSDT' }, 'futures.kline.1h.BTCUSDT'],
    [{ channel_type: 'kline', topic: 'kline:1m:BTCUSDT', market: 'spot' }, 'spot.kline.1m.BTCUSDT'],
    [{ channel_type: 'kline', topic: 'mudrex.spot.kline.1m.BTCUSDT' }, 'spot.kline.1m.BTCUSDT'],
    [{ channel_type: 'kline', topic: 'spot.kline.1m.BTCUSDT' }, 'spot.kline.1m.BTCUSDT'],
    [{ channel_type: 'orderbook', topic: 'spot/orderbook:BTCUSDT' }, 'spot.orderbook.50.BTCUSDT'],
    [{ channel_type: 'trades', topic: 'trades:BTCUSDT' }, 'futures.trade.BTCUSDT'],
    [{ channel_type: 'trades', topic: 'futures.trade.BTCUSDT' }, 'futures.trade.BTCUSDT'],
    [{ channel_type: 'funding', symbol: 'BTCUSDT' }, 'futures.funding.BTCUSDT', 'futures.ticker.BTCUSDT'],
    [{ channel_type: 'funding', topic: 'inverse.funding.BTCUSD' }, 'inverse.funding.BTCUSD', 'inverse.ticker.BTCUSD'],
    [{ channel_type: 'funding', topic: 'funding:BTCUSDT' }, 'futures.funding.BTCUSDT', 'futures.ticker.BTCUSDT'],
    [{ channel_type: 'order' }, 'account.order'],
    [{ channel_type: 'balance', topic: 'account.balance' }, 'account.balance'],
    [{ channel_type: 'position', topic: 'mudrex.account.position' }, 'account.position'],
  ])('%j is %s', (request, topic, stream = topic) => {
    const asked = ask(request);
    expect([asked.topic, asked.stream.name]).toEqual([topic, stream]);
  });

  it.each<[Partial<SubscribeRequest>, string]>([
    [{}, 'MISSING_SYMBOL'],
    [{ symbol: '' }, 'MISSING_SYMBOL'],
    [{ channel_type: 'kline', interval: '1m' }, 'MISSING_SYMBOL'],
    [{ symbol: 'BTC/USDT' }, 'INVALID_SYMBOL'],
    [{ symbol: '*' }, 'INVALID_SYMBOL'],
    [{ symbol: 'BTC.USDT' }, 'INVALID_SYMBOL'],
    [{ channel_type: 'order', symbol: 'BTCUSDT' }, 'INVALID_SYMBOL'],
    [{ channel_type: 'order', market: 'spot' }, 'VALIDATION_ERROR'],
    [{ channel_type: 'order', topic: 'account.balance' }, 'INVALID_TOPIC'],
    [{ channel_type: 'order', depth: 50 }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', symbol: 'BTCUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', topic: 'kline:BTCUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', topic: 'kline:7m:BTCUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', topic: 'kline:1h:BTCUSDT', interval: '1m' }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', topic: 'kline:1h:BTCUSDT', symbol: 'ETHUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'kline', topic: 'spot.kline.1h.BTCUSDT', market: 'inverse' }, 'INVALID_TOPIC'],
    [{ channel_type: 'ticker', topic: 'kline:1h:BTCUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'funding', topic: 'trade:BTCUSDT' }, 'INVALID_TOPIC'],
    [{ channel_type: 'ticker', topic: 'ticker:*' }, 'INVALID_TOPIC'],
    [{ channel_type: 'ticker', topic: 'account.order' }, 'INVALID_TOPIC'],
    [{ channel_type: 'ticker', topic: 'ticker:BTCUSDT@1s' }, 'INVALID_TOPIC'],
    [{ channel_type: 'ticker', symbol: 'BTCUSDT', interval: '1m' }, 'INVALID_TOPIC'],
    [{ channel_type: 'trades', symbol: 'BTCUSDT', depth: 50 }, 'INVALID_TOPIC'],
    [{ channel_type: 'orderbook', symbol: 'BTCUSDT', depth: 51 }, 'INVALID_TOPIC'],
    [{ channel_type: 'orderbook', topic: 'orderbook:200:BTCUSDT', depth: 50 }, 'INVALID_TOPIC'],
    [{ channel_type: 'liquidation', symbol: 'BTCUSDT', market: 'spot' }, 'INVALID_CHANNEL_TYPE'],
    [{ channel_type: 'kline', symbol: 'BTC-27MAR26-70000-P', market: 'option', interval: '1m' }, 'INVALID_CHANNEL_TYPE'],
    [{ channel_type: 'funding', symbol: 'BTCUSDT', market: 'spot' }, 'INVALID_CHANNEL_TYPE'],
  ])('%j is refused as %s', (request, code) => {
    expect(refusalOf(request)).toBe(code);
  });

  it('is refused on a market that is not served here', () => {
    expect(refusalOf({ symbol: 'BTCUSDT', market: 'spot' }, new Set(['futures'] as const) as typeof ALL)).toBe(
      'VALIDATION_ERROR',
    );
  });

  it('never fails but with a refusal, and its topic can be asked for again and names the same stream', () => {
    const part = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const word = fc.constantFrom(
      'kline',
      'ticker',
      'trade',
      'trades',
      'funding',
      'spot',
      'futures',
      '1h',
      '50',
      'BTCUSDT',
      '@1s',
      'mudrex',
    );
    const topic = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.array(fc.tuple(word, fc.constantFrom('.', ':', '/', '')), { maxLength: 5 }).map((parts) => parts.flat().join('')),
    );
    const request = fc.record({
      channel_type: fc.constantFrom(...CHANNEL_TYPES),
      symbol: part(fc.oneof(fc.constantFrom('BTCUSDT', 'btcusdt'), fc.string({ maxLength: 8 }))),
      topic: part(topic),
      market: part(fc.constantFrom(...EXCHANGE_MARKETS)),
      interval: part(fc.constantFrom(...INTERVALS)),
      depth: part(fc.constantFrom(1, 25, 50, 51)),
    });
    fc.assert(
      fc.property(request, (fields) => {
        let asked: ReturnType<typeof ask>;
        try {
          asked = ask(fields);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          return;
        }
        const again = ask({ channel_type: fields.channel_type, topic: asked.topic });
        expect(again).toEqual(asked);
        expect(streamOfTopic(asked.topic, fields.channel_type)).toEqual(asked.stream);
      }),
      { numRuns: 2000 },
    );
  });
});
