import type { Clock, Timer } from '../clock/clock';
import { backoffMs } from './backoff';
import type { BackoffOptions } from './backoff';
import type { ConnectBreaker } from './connect-breaker';
import type { ConnectBudget } from './connect-budget';
import type { UpstreamLog } from './log';

export interface ConnectTriesDeps {
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly breaker: ConnectBreaker;
  readonly budget: ConnectBudget;
  readonly log: UpstreamLog;
}

/**
 * Decides when one link may try to connect: after a jittered wait that grows with each failure, when the market's breaker lets it
 * through, and within the budget of all. A try has succeeded when the exchange has said something on the new connection: one that
 * accepts and hangs up at once is no better than one that does not accept.
 */
export class ConnectTries {
  private timer: Timer | undefined;
  private stopped = false;
  private failures = 0;
  /** The exchange has said something on one of this link's connections. */
  private worked = false;
  private succeed: (() => void) | undefined;
  private fail: ((error: Error) => void) | undefined;

  constructor(
    private readonly url: string,
    private readonly backoff: BackoffOptions,
    private readonly deps: ConnectTriesDeps,
    /** Dials; {@link proven} or {@link failed} must follow, unless {@link stop} comes first. */
    private readonly connect: () => void,
  ) {}

  begin(): void {
    const { breaker, budget, log } = this.deps;
    const budgetMs = budget.waitMs(this.worked);
    if (budgetMs > 0) {
      log.warn({ url: this.url, waitMs: budgetMs }, 'too many new connections to the exchange; waiting');
      this.beginIn(budgetMs);
      return;
    }
    void breaker
      .run(() => this.attempt())
      .then((waitMs) => {
        if (waitMs === 0 || this.stopped) return;
        log.warn({ url: this.url, waitMs }, 'too many failed tries to reach the exchange; waiting');
        this.beginIn(waitMs);
      });
  }

  /** The exchange has said something. */
  proven(): void {
    this.worked = true;
    this.failures = 0;
    this.succeed?.();
    this.succeed = this.fail = undefined;
  }

  /** The connection could not be made, or is lost: there will be another try, after the ms returned. */
  failed(detail: string): number {
    const waitMs = backoffMs(this.backoff, this.failures++, this.deps.random);
    this.fail?.(new Error(detail));
    this.succeed = this.fail = undefined;
    this.beginIn(waitMs);
    return waitMs;
  }

  /** A try under way was neither a success nor a failure of the exchange; the breaker takes it as the former. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.succeed?.();
  }

  private beginIn(ms: number): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.timer = this.deps.clock.after(ms, () => this.begin());
  }

  private attempt(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    // Many may have waited together for the breaker's one try; what the budget does not allow then counts as a failure.
    if (!this.deps.budget.take(this.worked)) {
      this.beginIn(this.deps.budget.waitMs(this.worked));
      return Promise.reject(new Error('connection budget used up'));
    }
    return new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
      this.connect();
    });
  }
}
