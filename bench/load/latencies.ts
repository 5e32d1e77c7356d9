/** Latencies of one measurement, in microseconds, counted in steps of about 1 %. */
const STEPS_PER_OCTAVE = 64;
const BUCKETS = STEPS_PER_OCTAVE * 28;

/** Percentiles in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export class Latencies {
  private readonly counts = new Uint32Array(BUCKETS);
  private count = 0;
  private max = 0;

  /** @param microseconds below 0 counts as 0 */
  add(microseconds: number): void {
    const bucket = microseconds < 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(microseconds) * STEPS_PER_OCTAVE));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.count++;
    this.max = Math.max(this.max, microseconds);
  }

  clear(): void {
    this.counts.fill(0);
    this.count = 0;
    this.max = 0;
  }

  percentiles(): Percentiles {
    const at = (share: number) => this.millisecondsAt(Math.ceil(this.count * share));
    return { count: this.count, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: this.max / 1000 };
  }

  private millisecondsAt(rank: number): number {
    if (this.count === 0) return NaN;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= rank) return 2 ** ((bucket + 1) / STEPS_PER_OCTAVE) / 1000;
    }
    return this.max / 1000;
  }
}
