import { INVERSE_TRADES, LINEAR_TRADES, OPTION_TRADES, SPOT_TRADES } from '../../../test/replay/recorded-frames';
import type { Trade } from '../../streams/message';
import { streamOf, type ExchangeMarket } from '../../streams/stream';
import { BadFrameError, type RawFrame } from '../transform';
import { transformOf } from './transform-of';

const trades = (market: ExchangeMarket, symbol: string) => transformOf(streamOf(market, { kind: 'trade' }, symbol));
const parsed = (line: string | undefined) => JSON.parse(line ?? '') as RawFrame;
const good = { T: 9, s: 'BTCUSDT', S: 'Buy', v: '0.1', p: '100', L: 'PlusTick', i: 'a', BT: false, RPI: false, seq: 1 };
const frame = (...data: unknown[]): RawFrame => ({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: 10, data });

describe('TradeTransform', () => {
  it('sends all the fills of a recorded frame in one message', () => {
    const { messages } = trades('inverse', 'BTCUSD').apply(parsed(INVERSE_TRADES[0]), 5);
    expect(messages).toMatchObject([{ type: 'update', timestamp: 1680673823566, received: 5 }]);
    expect(messages[0]?.data).toHaveLength(3);
    expect((messages[0]?.data as unknown[])[0]).toEqual({
      id: '0cbf2330-952d-5d03-a462-4bf826c867af',
      symbol: 'BTCUSD',
      price: '28560.50',
      quantity: '5823',
      side: 'buy',
      time: 1680673823564,
      isBlockTrade: false,
    });
  });

  it('takes the numeric ids of spot', () => {
    expect(trades('spot', 'BTCUSDT').apply(parsed(SPOT_TRADES[0]), 5).messages[0]?.data).toEqual([
      {
        id: '2100000000188691524',
        symbol: 'BTCUSDT',
        price: '77140.5',
        quantity: '0.00389',
        side: 'sell',
        time: 1789299660688,
        isBlockTrade: false,
      },
    ]);
  });

  it('loses no trade of a recording', () => {
    for (const line of LINEAR_TRADES) {
      const raw = parsed(line);
      const { messages, withheld } = trades('futures', 'BTCUSDT').apply(raw, 5);
      expect(messages[0]?.data).toHaveLength((raw.data as unknown[]).length);
      expect(withheld).toBeUndefined();
    }
  });

  it('picks the trades of its own option out of those of the base coin', () => {
    const raw = parsed(OPTION_TRADES[0]);
    expect(trades('option', 'BTC-27MAR26-50000-P-USDT').apply(raw, 5).messages[0]?.data).toEqual([
      {
        id: '912e56de-9ed6-5f4f-9421-f0ff5a42d84a',
        symbol: 'BTC-27MAR26-50000-P-USDT',
        price: '90',
        quantity: '1',
        side: 'buy',
        time: 1789299660722,
        isBlockTrade: true,
      },
    ]);
    expect(trades('option', 'BTC-27MAR26-60000-C-USDT').apply(raw, 5)).toEqual({ messages: [] });
  });

  it('makes no message of no trades, and has no state', () => {
    const transform = trades('futures', 'BTCUSDT');
    expect(transform.apply(frame(), 5)).toEqual({ messages: [] });
    transform.reset();
    expect(transform.snapshot()).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['another symbol', { ...good, s: 'ETHUSDT' }],
    ['another side', { ...good, S: 'buy' }],
    ['a price in words', { ...good, p: 'NaN' }],
    ['an empty size', { ...good, v: '' }],
    ['no id', { ...good, i: '' }],
    ['a time in text', { ...good, T: '9' }],
    ['a block mark in text', { ...good, BT: 'no' }],
    ['no object', null],
  ])('withholds a trade with %s and sends the others', (_, bad) => {
    const { messages, withheld } = trades('futures', 'BTCUSDT').apply(frame(good, bad, { ...good, i: 'b' }), 5);
    expect((messages[0]?.data as readonly Trade[]).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(withheld?.map((error) => error.reason)).toEqual(['wrong_shape']);
  });

  it('refuses data that is no array, and a frame without a time', () => {
    expect(() => trades('futures', 'BTCUSDT').apply({ ...frame(), data: good }, 5)).toThrow(BadFrameError);
    expect(() => trades('futures', 'BTCUSDT').apply({ ...frame(good), ts: null }, 5)).toThrow(BadFrameError);
  });
});
