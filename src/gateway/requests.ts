import { Counter } from '../meters/counter';

/** Counts what clients sent and what went wrong with it. One per process. */
export class Requests {
  /** By operation; what we do not know is `unknown`, what we cannot read `invalid`. */
  readonly received = new Counter();
  /** Error replies by code, and breaches of the WebSocket protocol as `PROTOCOL`. */
  readonly errors = new Counter();
  rateViolations = 0;
}
