import { INTERVALS, streamOf } from '../../streams/stream';
import { categoryOf, isBusyTopic, isStateTopic, topicOf } from './topics';

test('markets have Bybit’s category names', () => {
  expect((['futures', 'spot', 'inverse', 'option'] as const).map(categoryOf)).toEqual(['linear', 'spot', 'inverse', 'option']);
});

test('every kind has its topic', () => {
  expect(topicOf(streamOf('futures', { kind: 'ticker' }, 'BTCUSDT'))).toBe('tickers.BTCUSDT');
  expect(topicOf(streamOf('futures', { kind: 'trade' }, 'BTCUSDT'))).toBe('publicTrade.BTCUSDT');
  expect(topicOf(streamOf('inverse', { kind: 'liquidation' }, 'BTCUSD'))).toBe('allLiquidation.BTCUSD');
  expect(topicOf(streamOf('spot', { kind: 'orderbook', depth: 200 }, 'BTCUSDT'))).toBe('orderbook.200.BTCUSDT');
});

test('candle intervals are spelt as the exchange spells them', () => {
  const topics = INTERVALS.map((interval) => topicOf(streamOf('futures', { kind: 'kline', interval }, 'X')));
  expect(topics.map((topic) => topic.split('.')[1])).toEqual([
    '1',
    '3',
    '5',
    '15',
    '30',
    '60',
    '120',
    '240',
    '360',
    '720',
    'D',
    'W',
    'M',
  ]);
});

test('option trades come per base coin, the other option topics per symbol', () => {
  const symbol = 'BTC-27MAR26-70000-P-USDT';
  expect(topicOf(streamOf('option', { kind: 'trade' }, symbol))).toBe('publicTrade.BTC');
  expect(topicOf(streamOf('option', { kind: 'orderbook', depth: 25 }, symbol))).toBe(`orderbook.25.${symbol}`);
});

test('tickers, books and candles are states; of options none of them is busy', () => {
  expect(['tickers.A', 'orderbook.1.A', 'kline.1.A', 'publicTrade.A', 'allLiquidation.A'].map(isStateTopic)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(isBusyTopic('linear', 'tickers.A')).toBe(true);
  expect(isBusyTopic('option', 'tickers.A')).toBe(false);
  expect(isBusyTopic('spot', 'publicTrade.A')).toBe(false);
});
