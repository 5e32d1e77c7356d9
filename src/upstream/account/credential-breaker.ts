import type { Clock } from '../../clock/clock';
import type { BreakerState } from '../connect-breaker';

const FIRST_MS = 5 * 60_000;
const MAX_MS = 60 * 60_000;

/** A key that the exchange refused is tried again only rarely: somebody has to change it, or what it may do. */
export class CredentialBreaker {
  private waitMs = 0;
  private until = 0;
  private words = '';

  constructor(private readonly clock: Clock) {}

  get state(): BreakerState {
    if (this.words === '') return 'closed';
    return this.remainingMs > 0 ? 'open' : 'half-open';
  }

  /** What the exchange said; empty while the key is good. */
  get reason(): string {
    return this.words;
  }

  /** How long the key is not to be used, ms. */
  get remainingMs(): number {
    return this.words === '' ? 0 : Math.max(0, this.until - this.clock.monotonic());
  }

  /** @param words safe to show */
  refused(words: string): void {
    if (this.state === 'open') return;
    this.waitMs = this.waitMs === 0 ? FIRST_MS : Math.min(this.waitMs * 2, MAX_MS);
    this.until = this.clock.monotonic() + this.waitMs;
    this.words = words;
  }

  accepted(): void {
    this.waitMs = 0;
    this.words = '';
  }
}
