import fc from 'fast-check';
import { RateLimit, type RateVerdict } from './rate-limit';

/** The same rules, told by looking at everything that has happened so far. */
class NaiveLimit {
  private readonly taken: number[] = [];
  private readonly over: number[] = [];
  private readonly warned: number[] = [];

  constructor(
    private readonly perSecond: number,
    private readonly start: number,
  ) {}

  judge(now: number): RateVerdict {
    if (this.tokensAt(now) >= 1) {
      this.taken.push(now);
      return 'take';
    }
    this.over.push(now);
    if (now - this.beganAt() >= 10_000) return 'abuse';
    if (this.warned.some((at) => now - at < 1000)) return 'drop';
    this.warned.push(now);
    return 'warn';
  }

  /** Fills from the beginning on, a step per message taken. In thousandths, so that whole numbers stay whole. */
  private tokensAt(now: number): number {
    const full = this.perSecond * 1000;
    let tokens = full;
    let at = this.start;
    for (const taken of [...this.taken, now]) {
      tokens = Math.min(full, tokens + (taken - at) * this.perSecond) - 1000;
      at = taken;
    }
    return (tokens + 1000) / 1000;
  }

  /** The first of the newest run of messages over the rate that has no hole of more than a second. */
  private beganAt(): number {
    let i = this.over.length - 1;
    while (i > 0 && (this.over[i] as number) - (this.over[i - 1] as number) <= 1000) i--;
    return this.over[i] as number;
  }
}

describe('RateLimit', () => {
  it('judges as the rules say when everything is looked at anew each time', () => {
    const gap = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 125, 125, 250) },
      { weight: 1, arbitrary: fc.constantFrom(500, 1000, 1125, 3000) },
    );
    const waits = fc.array(gap, { maxLength: 250, size: 'max' });
    const verdicts = new Set<RateVerdict>();
    fc.assert(
      // Powers of two a second, at eighths of a second: the bucket's fractions are exact.
      fc.property(fc.constantFrom(1, 2, 4, 8), waits, (perSecond, gaps) => {
        let now = 1_700_000_000_000;
        const limit = new RateLimit(perSecond, now);
        const naive = new NaiveLimit(perSecond, now);
        for (const gap of gaps) {
          now += gap;
          const verdict = limit.judge(now);
          verdicts.add(verdict);
          expect(verdict).toBe(naive.judge(now));
        }
      }),
      // The example goes on long enough to be abuse, whatever the random runs do.
      { numRuns: 200, examples: [[1, Array.from({ length: 200 }, () => 125)]] },
    );
    expect([...verdicts].sort()).toEqual(['abuse', 'drop', 'take', 'warn']);
  });

  it('warns once a second and calls it abuse after ten seconds over the rate', () => {
    const limit = new RateLimit(2, 0);
    const verdicts = Array.from({ length: 121 }, (_, i) => `${i * 100}: ${limit.judge(i * 100)}`);
    expect(verdicts.slice(0, 5)).toEqual(['0: take', '100: take', '200: warn', '300: drop', '400: drop']);
    expect(verdicts.filter((verdict) => verdict.endsWith('warn')).length).toBeGreaterThanOrEqual(9);
    expect(verdicts.find((verdict) => verdict.endsWith('abuse'))).toBe('10200: abuse');
  });
});
