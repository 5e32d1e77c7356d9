import type { DataFrame } from './frame';
import { readableControl, readableData } from './readable';

const base = { seq: 1, timestamp: Date.UTC(2024, 0, 1, 12, 30, 1, 250) };

function data(name: string, type: DataFrame['type'], payload: unknown): string {
  return readableData({ ...base, stream: `mudrex.futures.${name}`, type, data: payload as DataFrame['data'] });
}

describe('readableData', () => {
  it('shows price, best bid and ask, and the day’s change of a ticker', () => {
    const ticker = {
      symbol: 'BTCUSDT',
      price: '44578.50',
      bid: { price: '44578.00', size: '10' },
      ask: { price: '44579.00', size: '5' },
    };
    expect(data('ticker.BTCUSDT', 'update', { ...ticker, change24hPercent: '1.44' })).toBe(
      '12:30:01.250  mudrex.futures.ticker.BTCUSDT  44578.50  bid 44578.00 x 10  ask 44579.00 x 5  24h 1.44 %',
    );
  });

  it('leaves out what a ticker does not have', () => {
    expect(data('ticker.BTCUSDT', 'update', { symbol: 'BTCUSDT' })).toMatch(/BTCUSDT {2}-$/);
  });

  it('says when a candle has closed', () => {
    const kline = { open: '1', high: '3', low: '0.5', close: '2', volume: '10' };
    expect(data('kline.1h.BTCUSDT', 'update', { ...kline, confirmed: true })).toMatch(
      /open 1 {2}high 3 {2}low 0.5 {2}close 2 {2}volume 10 {2}closed$/,
    );
    expect(data('kline.1h.BTCUSDT', 'update', { ...kline, confirmed: false })).toMatch(/volume 10$/);
  });

  it('shows three trades of a message and counts the others', () => {
    const trades = [1, 2, 3, 4, 5].map((n) => ({ side: 'buy', quantity: String(n), price: '100' }));
    expect(data('trade.BTCUSDT', 'update', trades)).toMatch(/buy 1 @ 100, buy 2 @ 100, buy 3 @ 100, and 2 more$/);
  });

  it('shows which position was liquidated', () => {
    expect(data('liquidation.BTCUSDT', 'update', [{ side: 'long', quantity: '2', price: '9' }])).toMatch(/long of 2 @ 9$/);
  });

  it('shows the best prices of a whole book and the size of a change', () => {
    const book = { bids: [['9', '1']], asks: [] };
    expect(data('orderbook.50.BTCUSDT', 'snapshot', book)).toMatch(/bid 9 x 1 {2}ask -$/);
    expect(data('orderbook.50.BTCUSDT', 'delta', book)).toMatch(/1 bids and 0 asks changed$/);
  });
});

describe('readableControl', () => {
  it('lists what was accepted, rejected, pending and not recovered', () => {
    const lines = readableControl({
      op: 'subscribe',
      args: ['ticker:BTCUSDT', 'trade:BTCUSDT'],
      rejected: [{ arg: 'tickers.*', reason: 'No wildcards.' }],
      pending: ['trade:BTCUSDT'],
      streams: [{ arg: 'trade:BTCUSDT', stream: 'mudrex.futures.trade.BTCUSDT', epoch: '1', seq: 5, recovered: false }],
    });
    expect(lines?.split('\n')).toEqual([
      '* subscribed to ticker:BTCUSDT, trade:BTCUSDT',
      '! tickers.* was rejected: No wildcards.',
      '* trade:BTCUSDT: the exchange has not answered yet',
      '* mudrex.futures.trade.BTCUSDT: what was missed could not be recovered',
    ]);
  });

  it.each([
    [
      { op: 'status', market: 'futures', state: 'stale', reason: 'upstream disconnected' },
      '* market futures is stale: upstream disconnected',
    ],
    [{ op: 'status', stream: 'mudrex.spot.trade.X', state: 'unavailable', reason: '' }, '* mudrex.spot.trade.X is unavailable'],
    [
      { op: 'gap', stream: 'mudrex.spot.trade.X', from: 4, to: 6, reason: 'slow_consumer' },
      '* mudrex.spot.trade.X: messages 4 to 6 are missing: slow_consumer',
    ],
    [
      { op: 'gap', stream: 'mudrex.spot.trade.X', from: 81, to: 81, reason: 'upstream_reconnect' },
      '* mudrex.spot.trade.X: some messages may be missing: upstream_reconnect',
    ],
    [
      { op: 'gap', stream: 'mudrex.spot.trade.X', from: 0, to: 0, reason: 'history_exceeded' },
      '* mudrex.spot.trade.X: what came before may be missing in part: history_exceeded',
    ],
    [{ op: 'error', code: 'UNKNOWN_OP', message: 'Unknown operation: x' }, '! Unknown operation: x [UNKNOWN_OP]'],
    [{ op: 'pong' }, undefined],
    [{ op: 'something', message: 'new' }, '* something: new'],
  ])('says %j in words', (frame, line) => {
    expect(readableControl(frame)).toBe(line);
  });
});
