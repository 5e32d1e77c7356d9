import type { Clock } from '../clock/clock';
import { TokenBucket } from '../gateway/token-bucket';

/** Wrong keys of one address: so many at once, and then so many in a second. */
const BURST = 20;
const PER_SECOND = 0.2;
/** Addresses remembered; beyond them the one that began first is forgotten. */
const MAX_ADDRESSES = 10_000;

/** How long somebody who tried too many should wait. */
export const RETRY_AFTER_SECONDS = 5;

/**
 * Counts wrong keys by address, so that guessing costs us little. Right keys always pass: services behind one proxy share its address,
 * and one of them with an old key must not shut out the others.
 */
export class WrongKeys {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Another one came. False when there were too many. */
  count(address: string): boolean {
    const now = this.clock.monotonic();
    let bucket = this.buckets.get(address);
    if (!bucket) {
      bucket = new TokenBucket(PER_SECOND, BURST, now);
      this.buckets.set(address, bucket);
      const [oldest] = this.buckets.keys();
      if (this.buckets.size > MAX_ADDRESSES && oldest !== undefined) this.buckets.delete(oldest);
    }
    return bucket.take(now);
  }
}
