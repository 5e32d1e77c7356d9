import { TokenBucket } from './token-bucket';

/** What to do with a message: take it, answer with the rate error, drop it without a word, or end the connection. */
export type RateVerdict = 'take' | 'warn' | 'drop' | 'abuse';

const WARN_EVERY_MS = 1000;
const ABUSE_AFTER_MS = 10_000;

/**
 * A token bucket of one second's messages. A client over it is warned once a second, not once a message; one that goes on for
 * 10 s abuses. "Goes on" ends with a whole second in which nothing was over the rate.
 */
export class RateLimit {
  private readonly bucket: TokenBucket;
  private overSince: number | undefined;
  private lastOver = 0;
  private lastWarned = 0;

  constructor(perSecond: number, now: number) {
    this.bucket = new TokenBucket(perSecond, perSecond, now);
  }

  judge(now: number): RateVerdict {
    if (this.bucket.take(now)) return 'take';
    if (this.overSince === undefined || now - this.lastOver > WARN_EVERY_MS) this.overSince = now;
    this.lastOver = now;
    if (now - this.overSince >= ABUSE_AFTER_MS) return 'abuse';
    if (this.lastWarned !== 0 && now - this.lastWarned < WARN_EVERY_MS) return 'drop';
    this.lastWarned = now;
    return 'warn';
  }
}
