/** Upper bounds of the latency buckets, in milliseconds. */
export const LATENCY_BOUNDS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

/** A latency histogram in plain numbers: one array increment per observation, no labels, no allocation. */
export class Latency {
  /** Observations per bucket; the last one holds what lies over the largest bound. */
  readonly buckets = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  sumMs = 0;
  count = 0;

  /** Negative values (an exchange clock that runs ahead of ours) count as zero. */
  observe(ms: number): void {
    const value = ms > 0 ? ms : 0;
    let i = 0;
    while (i < LATENCY_BOUNDS_MS.length && value > (LATENCY_BOUNDS_MS[i] as number)) i++;
    this.buckets[i] = (this.buckets[i] as number) + 1;
    this.sumMs += value;
    this.count++;
  }
}
