import type { Clock } from '../clock/clock';

/** Bybit blocks an address that opens more than 500 sockets in five minutes; all markets share one host, so one budget. */
const CONNECTIONS = 500;
const WINDOW_MS = 5 * 60_000;

/** Counts new connections in a sliding window, whatever they are for and whether they succeed. */
export class ConnectBudget {
  private taken: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly connections = CONNECTIONS,
    private readonly windowMs = WINDOW_MS,
  ) {}

  /** How long until a connection may be made, ms; 0 when one may be made now. */
  waitMs(): number {
    const now = this.clock.now();
    // A clock that was set back must not lock the gateway out: times in the future count as now at the latest.
    this.taken = this.taken.filter((at) => at > now - this.windowMs).map((at) => Math.min(at, now));
    const oldest = this.taken[0];
    return oldest !== undefined && this.taken.length >= this.connections ? oldest + this.windowMs - now : 0;
  }

  /** Takes one connection, if there is one. */
  take(): boolean {
    if (this.waitMs() > 0) return false;
    this.taken.push(this.clock.now());
    return true;
  }
}
