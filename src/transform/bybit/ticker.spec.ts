import fc from 'fast-check';
import { naiveMerge, naiveTicker } from '../../../test/replay/naive';
import { INVERSE_FUTURE_TICKER, LINEAR_TICKER, OPTION_TICKER, SPOT_TICKER } from '../../../test/replay/recorded-frames';
import type { Ticker } from '../../streams/message';
import { streamOf, type ExchangeMarket } from '../../streams/stream';
import { BadFrameError, type RawFrame, type StreamTransform } from '../transform';
import { transformOf } from './transform-of';

const TOPIC = 'tickers.BTCUSDT';
const parsed = (line: string | undefined) => JSON.parse(line ?? '') as RawFrame & { data: Record<string, string> };
const ticker = (market: ExchangeMarket = 'futures', symbol = 'BTCUSDT') =>
  transformOf(streamOf(market, { kind: 'ticker' }, symbol));
const frame = (type: string, fields: Record<string, unknown>, ts = 1): RawFrame => ({
  topic: TOPIC,
  type,
  ts,
  data: { symbol: 'BTCUSDT', ...fields },
});
const only = (transform: StreamTransform, raw: RawFrame, received = 5) => {
  const { messages } = transform.apply(raw, received);
  expect(messages).toHaveLength(1);
  return messages[0] as { type: string; data: Ticker; timestamp: number; received: number };
};

describe('TickerTransform', () => {
  it('turns the first snapshot into the whole ticker, in the order of the protocol', () => {
    const message = only(ticker(), parsed(LINEAR_TICKER[0]), 1788488626000);
    expect(JSON.stringify(message)).toBe(
      JSON.stringify({
        type: 'snapshot',
        data: {
          symbol: 'BTCUSDT',
          price: '80682.00',
          markPrice: '80687.21',
          indexPrice: '80721.64',
          high24h: '82276.60',
          low24h: '77062.10',
          prevPrice24h: '77465.20',
          volume24h: '96056.1840',
          turnover24h: '7669497103.0532',
          change24hPercent: '4.15',
          tickDirection: 'ZeroPlusTick',
          bid: { price: '80681.90', size: '3.684' },
          ask: { price: '80682.00', size: '0.588' },
          openInterest: '59139.99',
          openInterestValue: '4771840792.53',
          fundingRate: '0.00006373',
          nextFundingTime: '1788508800000',
        },
        timestamp: 1788488625983,
        received: 1788488626000,
      }),
    );
  });

  it('sends the whole ticker for every delta', () => {
    const transform = ticker();
    const first = only(transform, parsed(LINEAR_TICKER[0]));
    const second = only(transform, parsed(LINEAR_TICKER[1]));
    expect(second).toEqual({
      type: 'update',
      data: { ...first.data, markPrice: '80687.16', openInterestValue: '4771837835.53' },
      timestamp: 1788488626183,
      received: 5,
    });
    expect(transform.snapshot()).toEqual({ ...second, type: 'snapshot' });
  });

  it('does not touch the tickers it has already sent', () => {
    const transform = ticker();
    const first = only(transform, frame('snapshot', { lastPrice: '1', bid1Price: '1', bid1Size: '2' }));
    only(transform, frame('delta', { lastPrice: '3', bid1Size: '4' }));
    expect(first.data).toEqual({ symbol: 'BTCUSDT', price: '1', bid: { price: '1', size: '2' } });
  });

  it.each<[string, Record<string, string>, Ticker['bid']]>([
    ['empty', { bid1Price: '', bid1Size: '0' }, undefined],
    ['empty with its size', { bid1Price: '', bid1Size: '' }, undefined],
    ['empty beside a size', { bid1Price: '', bid1Size: '3' }, undefined],
    ['0', { bid1Price: '0', bid1Size: '0' }, undefined],
    ['new, with its size', { bid1Price: '11', bid1Size: '3' }, { price: '11', size: '3' }],
    ['new, with a size of 0', { bid1Price: '11', bid1Size: '0' }, { price: '11', size: '0' }],
    ['new, without a size', { bid1Price: '11' }, undefined],
    ['the old one, without a size', { bid1Price: '10' }, { price: '10', size: '2' }],
    ['left out, with a new size', { bid1Size: '3' }, { price: '10', size: '3' }],
    ['left out, with a size of 0', { bid1Size: '0' }, undefined],
    ['left out with its size', {}, { price: '10', size: '2' }],
  ])('never shows one price with the size of another: a price that is %s', (_, changed, bid) => {
    const transform = ticker();
    only(transform, frame('snapshot', { lastPrice: '1', bid1Price: '10', bid1Size: '2', ask1Price: '12', ask1Size: '5' }));
    const { data } = only(transform, frame('delta', changed));
    expect(data.bid).toEqual(bid);
    expect(data.ask).toEqual({ price: '12', size: '5' });
  });

  it('asks for the first snapshot when a delta comes before it', () => {
    const transform = ticker();
    expect(transform.apply(frame('delta', { bid1Price: '1', bid1Size: '1' }), 5)).toEqual({
      messages: [],
      resync: 'no_snapshot',
    });
    expect(transform.snapshot()).toBeUndefined();
  });

  it('keeps a known field when a delta lacks it or leaves it empty', () => {
    const transform = ticker();
    const { data } = only(transform, parsed(LINEAR_TICKER[0]));
    const names = Object.keys(parsed(LINEAR_TICKER[0]).data).filter((name) => !/^(bid|ask)1/.test(name));
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(only(transform, frame('delta', { ...empty, symbol: 'BTCUSDT' })).data).toEqual(data);
    expect(only(transform, frame('delta', {})).data).toEqual(data);
  });

  it('never shows a price of 0', () => {
    const transform = ticker();
    expect(only(transform, frame('snapshot', { lastPrice: '0', bid1Price: '0.00', bid1Size: '0', volume24h: '0' })).data).toEqual(
      {
        symbol: 'BTCUSDT',
        volume24h: '0',
      },
    );
    only(transform, frame('delta', { lastPrice: '7' }));
    expect(only(transform, frame('delta', { lastPrice: '0' })).data.price).toBe('7');
  });

  it('leaves out what the market lacks', () => {
    const { data } = only(ticker('inverse', 'BTCUSDU23'), parsed(INVERSE_FUTURE_TICKER[0]));
    expect(data).not.toHaveProperty('fundingRate');
    expect(data).not.toHaveProperty('nextFundingTime');
    expect(data.price).toBe('29026.00');
  });

  it('takes a spot ticker, which has no quotes', () => {
    const transform = ticker('spot');
    const first = only(transform, parsed(SPOT_TICKER[0]));
    expect(first).toMatchObject({
      type: 'snapshot',
      data: {
        symbol: 'BTCUSDT',
        price: '77140.5',
        high24h: '78000',
        low24h: '76120.1',
        prevPrice24h: '76500',
        volume24h: '6780.866843',
        turnover24h: '523050000.123',
        change24hPercent: '0.84',
      },
    });
    expect(Object.keys(first.data)).toHaveLength(8);
    expect(only(transform, parsed(SPOT_TICKER[0])).type).toBe('update');
  });

  it('takes an option ticker by its other names; a side without orders is absent', () => {
    const symbol = 'BTC-27MAR26-70000-P-USDT';
    expect(only(ticker('option', symbol), parsed(OPTION_TICKER[0])).data).toEqual({
      symbol,
      price: '1205',
      markPrice: '1198.4552',
      indexPrice: '77140.33',
      high24h: '1250',
      low24h: '1150',
      volume24h: '2.05',
      turnover24h: '2453.65',
      change24hPercent: '-3.86',
      ask: { price: '1210', size: '5.1' },
      openInterest: '231.5',
    });
  });

  it('replaces everything on a snapshot that nobody asked for', () => {
    const transform = ticker();
    only(transform, parsed(LINEAR_TICKER[0]));
    expect(only(transform, frame('snapshot', { lastPrice: '5' }))).toMatchObject({
      type: 'update',
      data: { symbol: 'BTCUSDT', price: '5' },
    });
    expect(only(transform, frame('delta', {})).data).toEqual({ symbol: 'BTCUSDT', price: '5' });
  });

  it('starts again after a reset', () => {
    const transform = ticker();
    only(transform, parsed(LINEAR_TICKER[0]));
    transform.reset();
    expect(transform.snapshot()).toBeUndefined();
    expect(transform.apply(parsed(LINEAR_TICKER[1]), 5).messages).toEqual([]);
    expect(only(transform, frame('snapshot', { lastPrice: '5' })).type).toBe('snapshot');
  });

  it.each<[string, RawFrame]>([
    ['no data', { topic: TOPIC, type: 'delta', ts: 1 }],
    ['an array', { topic: TOPIC, type: 'delta', ts: 1, data: [] }],
    ['another symbol', { topic: TOPIC, type: 'delta', ts: 1, data: { symbol: 'ETHUSDT', lastPrice: '1' } }],
    ['no type', { topic: TOPIC, ts: 1, data: { symbol: 'BTCUSDT' } }],
    ['a time in text', { topic: TOPIC, type: 'delta', ts: '1', data: { symbol: 'BTCUSDT' } }],
    ['a number for a price', frame('delta', { lastPrice: 12 })],
    ['null for a price', frame('delta', { lastPrice: null })],
    ['words for a price', frame('delta', { markPrice: '8', lastPrice: 'abc' })],
    ['words for a change', frame('delta', { markPrice: '8', price24hPcnt: 'abc' })],
  ])('refuses %s and keeps its state', (_, raw) => {
    const transform = ticker();
    const { data } = only(transform, parsed(LINEAR_TICKER[0]));
    expect(() => transform.apply(raw, 5)).toThrow(BadFrameError);
    expect(transform.snapshot()?.data).toEqual(data);
  });

  it('is what spreading every delta over the last snapshot gives', () => {
    const amount = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 99999 }).map((cents) => (cents / 100).toFixed(2)),
    );
    const names = [
      'lastPrice',
      'markPrice',
      'indexPrice',
      'volume24h',
      'turnover24h',
      'openInterest',
      'fundingRate',
      'bid1Price',
      'bid1Size',
      'ask1Price',
      'ask1Size',
      'cs',
    ];
    const fields = fc.dictionary(fc.constantFrom(...names), amount, { maxKeys: 12, noNullPrototype: true });
    const step = fc.record({ type: fc.constantFrom('snapshot', 'delta', 'delta', 'delta', 'reset'), fields });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const transform = ticker();
        let known: Readonly<Record<string, string>> | undefined;
        for (const { type, fields: changed } of steps) {
          if (type === 'reset') {
            transform.reset();
            known = undefined;
          } else {
            const before = known;
            if (type === 'snapshot') known = naiveMerge({}, { symbol: 'BTCUSDT', ...changed });
            else if (known) known = naiveMerge(known, changed);
            const types = transform.apply(frame(type, changed), 5).messages.map((message) => message.type);
            expect(types).toEqual(known === undefined ? [] : [before === undefined ? 'snapshot' : 'update']);
          }
          expect(transform.snapshot()?.data).toEqual(known && naiveTicker(known));
        }
      }),
    );
  });
});
