import fc from 'fast-check';
import { Counter } from './counter';
import { Latency, LATENCY_BOUNDS_MS } from './latency';

describe('Counter', () => {
  it('adds up by label and in all', () => {
    const counter = new Counter();
    counter.add('a');
    counter.add('b', 5);
    counter.add('a', 2);
    expect([...counter.entries()]).toEqual([
      ['a', 3],
      ['b', 5],
    ]);
    expect([counter.get('a'), counter.get('none'), counter.total]).toEqual([3, 0, 8]);
  });
});

describe('Latency', () => {
  it('counts every observation in the first bucket whose bound it does not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -5, max: 20_000, noNaN: true }), fc.constantFrom(...LATENCY_BOUNDS_MS))),
        (all) => {
          const latency = new Latency();
          for (const ms of all) latency.observe(ms);
          const bounds = [...LATENCY_BOUNDS_MS, Infinity];
          const naive = bounds.map((bound, i) => all.filter((ms) => ms <= bound && ms > (bounds[i - 1] ?? -Infinity)).length);
          expect(latency.buckets).toEqual(naive);
          expect(latency.count).toBe(all.length);
          expect(latency.sumMs).toBeCloseTo(all.reduce((sum, ms) => sum + Math.max(0, ms), 0));
        },
      ),
    );
  });
});
