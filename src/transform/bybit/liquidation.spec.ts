import { LINEAR_LIQUIDATIONS, OLD_LIQUIDATION } from '../../../test/replay/recorded-frames';
import { streamOf } from '../../streams/stream';
import { BadFrameError, type RawFrame } from '../transform';
import { transformOf } from './transform-of';

const liquidations = (symbol: string) => transformOf(streamOf('futures', { kind: 'liquidation' }, symbol));
const parsed = (line: string | undefined) => JSON.parse(line ?? '') as RawFrame;

describe('LiquidationTransform', () => {
  it('names the position: Buy is a liquidated long', () => {
    expect(liquidations('BTCUSDT').apply(parsed(LINEAR_LIQUIDATIONS[1]), 5)).toEqual({
      messages: [
        {
          type: 'update',
          data: [
            { symbol: 'BTCUSDT', side: 'long', price: '82396.90', quantity: '0.006', time: 1791565600992 },
            { symbol: 'BTCUSDT', side: 'long', price: '82394.30', quantity: '0.038', time: 1791565601058 },
          ],
          timestamp: 1791565601482,
          received: 5,
        },
      ],
    });
  });

  it('names the position: Sell is a liquidated short', () => {
    expect(liquidations('ADAUSDT').apply(parsed(LINEAR_LIQUIDATIONS[2]), 5).messages[0]?.data).toMatchObject([{ side: 'short' }]);
  });

  it('reads the topic of old recordings, one object per frame', () => {
    expect(liquidations('XRPUSD').apply(parsed(OLD_LIQUIDATION[0]), 5).messages[0]?.data).toEqual([
      { symbol: 'XRPUSD', side: 'short', price: '0.5149', quantity: '6949', time: 1680673944093 },
    ]);
  });

  it('makes no message of none, and has no state', () => {
    const transform = liquidations('BTCUSDT');
    expect(transform.apply({ topic: 'allLiquidation.BTCUSDT', ts: 1, data: [] }, 5)).toEqual({ messages: [] });
    transform.reset();
    expect(transform.snapshot()).toBeUndefined();
  });

  it('withholds an entry of the wrong shape and sends the others', () => {
    const good = { T: 9, s: 'BTCUSDT', S: 'Buy', v: '0.1', p: '100' };
    const data = [{ ...good, s: 'ETHUSDT' }, { ...good, S: 'Long' }, { ...good, p: 100 }, { ...good, v: 'x' }, 'x', good];
    const { messages, withheld } = liquidations('BTCUSDT').apply({ topic: 'allLiquidation.BTCUSDT', ts: 1, data }, 5);
    expect(messages[0]?.data).toHaveLength(1);
    expect(withheld?.map((error) => error.reason)).toEqual(Array(5).fill('wrong_shape'));
  });

  it('refuses data that is no array', () => {
    expect(() => liquidations('BTCUSDT').apply({ topic: 'allLiquidation.BTCUSDT', ts: 1, data: {} }, 5)).toThrow(BadFrameError);
  });
});
