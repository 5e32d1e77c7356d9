import type { Clock } from '../clock/clock';

/** Bybit blocks an address that opens more than 500 sockets in five minutes; all markets share one host, so one budget. */
const CONNECTIONS = 500;
const WINDOW_MS = 5 * 60_000;
/** One part in this many is for links that have worked before: whatever new ones are asked for, those come back. */
const RESERVE_PART = 5;

/** Counts new connections in a sliding window, whatever they are for and whether they succeed. */
export class ConnectBudget {
  private taken: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly connections = CONNECTIONS,
    private readonly windowMs = WINDOW_MS,
  ) {}

  /** How long until a connection may be made, ms; 0 when one may be made now. `again`: of a link that has worked before. */
  waitMs(again: boolean): number {
    const now = this.clock.monotonic();
    this.taken = this.taken.filter((at) => at > now - this.windowMs);
    const limit = again ? this.connections : this.connections - Math.floor(this.connections / RESERVE_PART);
    // With this one gone there is room.
    const last = this.taken[this.taken.length - limit];
    return last === undefined ? 0 : last + this.windowMs - now;
  }

  /** Takes one connection, if there is one. */
  take(again: boolean): boolean {
    if (this.waitMs(again) > 0) return false;
    this.taken.push(this.clock.monotonic());
    return true;
  }
}
