/** Something that waits to be written out. */
export interface Flushable {
  /** @param now ms since 1970 */
  flush(now: number): void;
}

/** When to run what; times in milliseconds, the clock with fractions. */
export interface FlushTiming {
  now(): number;
  /** Wall clock, ms since 1970: for latencies. */
  wallClock(): number;
  /** Runs a task when the turn's input has been read: `setImmediate`. */
  endOfTurn(task: () => void): void;
  after(ms: number, task: () => void): void;
}

export interface FlushPace {
  /** Least time between two flushes; 0 = automatic. */
  readonly everyMs: number;
}

/** A flush takes no more of the loop than this at a time; the rest of it goes on after the turn's input has been read. */
const SLICE_MS = 4;
/** Outboxes flushed between two looks at the clock. */
const LOOK_EVERY = 16;
/** Of the loop's time that fan-out may take before flushes are spaced out. */
const MAX_SHARE = 0.5;
/** Spacing grows until fan-out is down to this share, then shrinks again. */
const COMFORTABLE_SHARE = 0.35;
/** A flush waits at most this many times what the last one took … */
const MAX_FACTOR = 2;
/** … and never longer than this: what is added to latency under overload. */
const MAX_WAIT_MS = 20;
/** The share is measured over about this time. */
const WINDOW_MS = 100;

/**
 * Flushes every outbox that got something once, at the end of the event loop's turn: a quiet gateway adds no delay. When fan-out
 * begins to fill the loop, flushes are spaced out: batches grow, so each delivery costs less, and joins, pings and the exchange
 * get their turn.
 */
export class Flusher {
  private dirty: Flushable[] = [];
  private urgent: Flushable[] = [];
  private scheduled = false;
  /** What is left of a flush that was cut into slices. */
  private rest: Flushable[] = [];
  private next = 0;
  private factor = 0;
  private lastStart = -Infinity;
  private lastTook = 0;
  private windowStart = 0;
  private windowBusy = 0;

  constructor(
    private readonly timing: FlushTiming,
    private readonly pace: FlushPace,
  ) {}

  add(outbox: Flushable): void {
    this.dirty.push(outbox);
    if (!this.scheduled) this.schedule();
  }

  /** At the end of this turn, whatever the pace: for replies, which nobody should wait for because others are sent data. */
  soon(outbox: Flushable): void {
    if (this.urgent.push(outbox) === 1) this.timing.endOfTurn(this.runUrgent);
  }

  private readonly runUrgent = (): void => {
    const { urgent } = this;
    this.urgent = [];
    const wallClock = this.timing.wallClock();
    for (const outbox of urgent) outbox.flush(wallClock);
  };

  private schedule(): void {
    this.scheduled = true;
    const wait = this.waitMs();
    if (wait <= 0) this.timing.endOfTurn(this.run);
    else this.timing.after(wait, this.run);
  }

  private waitMs(): number {
    const { everyMs } = this.pace;
    const space = everyMs > 0 ? everyMs : Math.min(MAX_WAIT_MS, this.lastTook * this.factor) + this.lastTook;
    if (everyMs === 0 && this.factor === 0) return 0;
    // Timers have whole milliseconds; less than half of one is no wait.
    return Math.round(this.lastStart + space - this.timing.now());
  }

  private readonly run = (): void => {
    const start = this.timing.now();
    if (this.rest.length === 0) {
      this.rest = this.dirty;
      this.next = 0;
      this.dirty = [];
      this.lastStart = start;
      this.lastTook = 0;
    }
    const wallClock = this.timing.wallClock();
    while (this.next < this.rest.length) {
      this.rest[this.next++]?.flush(wallClock);
      if (this.next % LOOK_EVERY === 0 && this.timing.now() - start > SLICE_MS) break;
    }
    const end = this.timing.now();
    this.lastTook += end - start;
    this.adapt(end, end - start);
    if (this.next < this.rest.length) {
      this.timing.endOfTurn(this.run);
      return;
    }
    this.rest = [];
    this.scheduled = false;
    if (this.dirty.length > 0) this.schedule();
  };

  /** Spaces flushes out while they fill the loop, and draws them together again while they do not. */
  private adapt(now: number, took: number): void {
    this.windowBusy += took;
    const span = now - this.windowStart;
    if (span < WINDOW_MS) return;
    const share = this.windowBusy / span;
    if (share > MAX_SHARE) this.factor = Math.min(MAX_FACTOR, this.factor + 0.25);
    else if (share < COMFORTABLE_SHARE) this.factor = Math.max(0, this.factor - 0.125);
    this.windowStart = now;
    this.windowBusy = 0;
  }
}
