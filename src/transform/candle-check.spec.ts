import type { Kline } from '../streams/message';
import type { Interval } from '../streams/stream';
import { checkCandle } from './candle-check';
import { BadFrameError } from './transform';

const START = Date.UTC(2024, 0, 1);
const good: Kline = {
  symbol: 'BTCUSDT',
  interval: '1h',
  openTime: START,
  closeTime: START + 3_599_999,
  open: '10',
  high: '12',
  low: '9',
  close: '11',
  volume: '0',
  turnover: '0',
  confirmed: false,
};
const check =
  (fault: Partial<Kline>, interval: Interval = '1h', timestamp = START + 1000) =>
  () =>
    checkCandle({ ...good, ...fault }, interval, timestamp);

describe('checkCandle', () => {
  it('lets a candle be that moved and one that did not', () => {
    expect(check({})).not.toThrow();
    expect(check({ open: '9', high: '9', low: '9', close: '9' })).not.toThrow();
  });

  it.each<[string, Partial<Kline>]>([
    ['high below open', { open: '13' }],
    ['high below close', { close: '12.01' }],
    ['low above open', { open: '8' }],
    ['low above close', { close: '8.99' }],
    ['high below low', { open: '10', close: '10', high: '9', low: '10' }],
    ['a low of 0', { low: '0' }],
    ['a negative volume', { volume: '-1' }],
    ['a negative turnover', { turnover: '-0.1' }],
    ['an end that does not fit', { closeTime: START + 3_600_000 }],
    ['a start off the hour', { openTime: START + 1, closeTime: START + 3_600_000 }],
    ['a start in the future', { openTime: START + 7_200_000, closeTime: START + 10_799_999 }],
  ])('withholds %s', (_, fault) => {
    expect(check(fault)).toThrow(BadFrameError);
  });

  it.each<[Interval, number]>([
    ['1m', 1],
    ['3m', 3],
    ['5m', 5],
    ['15m', 15],
    ['30m', 30],
    ['1h', 60],
    ['2h', 120],
    ['4h', 240],
    ['6h', 360],
    ['12h', 720],
    ['1d', 1440],
    ['1w', 10080],
  ])('knows how long %s is', (interval, minutes) => {
    expect(check({ closeTime: START + minutes * 60_000 - 1 }, interval)).not.toThrow();
    expect(check({ closeTime: START + minutes * 60_000 }, interval)).toThrow('does not fit its start');
  });

  it('measures a month by the calendar', () => {
    const february = { openTime: Date.UTC(2024, 1, 1), closeTime: Date.UTC(2024, 2, 1) - 1 };
    const later = Date.UTC(2024, 1, 20);
    expect(check(february, '1M', later)).not.toThrow();
    expect(check({ openTime: Date.UTC(2023, 11, 1), closeTime: START - 1 }, '1M')).not.toThrow();
    expect(check({ ...february, closeTime: february.closeTime - 86_400_000 }, '1M', later)).toThrow('not the end of its month');
    expect(check({ ...february, openTime: Date.UTC(2024, 1, 2) }, '1M', later)).toThrow('not the first of a month');
  });

  it('allows the clocks of the exchange a minute', () => {
    expect(check({}, '1h', START - 60_000)).not.toThrow();
    expect(check({}, '1h', START - 60_001)).toThrow('begins after its frame');
  });
});
