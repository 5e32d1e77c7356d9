import type { Clock } from '../clock/clock';
import type { ExchangeTime } from './push-schedule';

/** The exchange's own time: the machine's, plus a skew that a fault can set. */
export class ExchangeClock implements ExchangeTime {
  /** Milliseconds the exchange is ahead of its clock. */
  skewMs = 0;

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now() + this.skewMs;
  }
}
