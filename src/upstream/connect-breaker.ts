import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';
import type { Clock } from '../clock/clock';

const FAILURES = 5;
const OPEN_MS = 60_000;
/** The library reads the machine's clock itself; a millisecond between it and our timers must not cost another minute. */
const RETRY_MS = 50;

export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * Stops trying to connect for a minute after five tries in a row failed; then lets one through, and its outcome decides. One
 * per market: all its connections go to the same address.
 */
export class ConnectBreaker {
  private readonly policy: CircuitBreakerPolicy;
  private openedAt = 0;

  constructor(private readonly clock: Clock) {
    this.policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES) });
    this.policy.onBreak(() => (this.openedAt = this.clock.now()));
  }

  get state(): BreakerState {
    switch (this.policy.state) {
      case CircuitState.Closed:
        return 'closed';
      case CircuitState.HalfOpen:
        return 'half-open';
      default:
        return 'open';
    }
  }

  /** Runs a try whose promise says how it went. Answers 0 when it was let through, else the ms to wait before asking again. */
  async run(attempt: () => Promise<void>): Promise<number> {
    try {
      await this.policy.execute(attempt);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return Math.max(RETRY_MS, this.openedAt + OPEN_MS - this.clock.now());
    }
    return 0;
  }
}
