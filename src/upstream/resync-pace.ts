const WINDOW_MS = 60_000;
const AT_ONCE = 5;
const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 60_000;

/** How fast one stream may ask for fresh starts: five a minute at once, then with growing waits, so that a sick topic cannot storm the exchange. */
export class ResyncPace {
  private times: number[] = [];

  /** Notes a resync at `now` and says how long to wait before asking for it, ms. */
  next(now: number): number {
    this.times = this.times.filter((at) => at > now - WINDOW_MS);
    const excess = this.times.push(now) - AT_ONCE;
    return excess <= 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (excess - 1));
  }
}
