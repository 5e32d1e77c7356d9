import fc from 'fast-check';
import { candleEnd, candleStart, KLINE_INTERVALS } from './kline-interval';

describe('kline intervals', () => {
  it('start weeks on Monday and months on the first, in UTC', () => {
    const time = Date.UTC(2026, 10, 21, 13, 47, 12);
    expect(new Date(candleStart('W', time)).toISOString()).toBe('2026-11-16T00:00:00.000Z');
    expect(new Date(candleStart('M', time)).toISOString()).toBe('2026-11-01T00:00:00.000Z');
    expect(new Date(candleStart('D', time)).toISOString()).toBe('2026-11-21T00:00:00.000Z');
    expect(new Date(candleStart('720', time)).toISOString()).toBe('2026-11-21T12:00:00.000Z');
    expect(new Date(candleEnd('M', candleStart('M', time))).toISOString()).toBe('2026-12-01T00:00:00.000Z');
  });

  it('cover time without holes or overlaps', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KLINE_INTERVALS), fc.integer({ min: 0, max: 4_102_444_800_000 }), (interval, time) => {
        const start = candleStart(interval, time);
        const end = candleEnd(interval, start);
        expect(start).toBeLessThanOrEqual(time);
        expect(end).toBeGreaterThan(time);
        expect(candleStart(interval, end)).toBe(end);
        expect(candleStart(interval, end - 1)).toBe(start);
      }),
    );
  });
});
