/** Something that waits to be written out. */
export interface Flushable {
  /** @param now ms since 1970 */
  flush(now: number): void;
}

/** When to run what; times in milliseconds, the clock with fractions. */
export interface FlushTiming {
  now(): number;
  /** How much of {@link now} the event loop has spent waiting with nothing to do. */
  idle(): number;
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
/** The loop counts as full when it waits less than a tenth of the time … */
const FULL = 0.95;
/** … and as having room again below this. */
const ROOMY = 0.88;
/** Fan-out that takes less than this of the loop is not what fills it: spacing it out would cost latency and gain nothing. */
const FAIR_SHARE = 0.4;
/** A flush waits at most this many times what the last one took … */
const MAX_FACTOR = 2;
const FACTOR_STEP = 0.25;
/** … and never longer than this: what is added to latency under overload. */
const MAX_WAIT_MS = 20;
/** Loads are measured over about this time. */
const WINDOW_MS = 100;

/**
 * Flushes every outbox that got something once, at the end of the event loop's turn: as long as the loop keeps up, no delay is
 * added. When it is full and fan-out is what fills it, flushes are spaced out: batches grow, so each delivery costs less, and joins,
 * pings and the exchange get their turn.
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
  private windowIdle = 0;
  private windowFlushing = 0;

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
    this.windowFlushing += took;
    const span = now - this.windowStart;
    if (span < WINDOW_MS) return;
    const idle = this.timing.idle();
    const busy = 1 - (idle - this.windowIdle) / span;
    const share = this.windowFlushing / span;
    if (busy > FULL && share > FAIR_SHARE) this.factor = Math.min(MAX_FACTOR, this.factor + FACTOR_STEP);
    else if (busy < ROOMY || share < FAIR_SHARE / 2) this.factor = Math.max(0, this.factor - FACTOR_STEP / 2);
    this.windowStart = now;
    this.windowIdle = idle;
    this.windowFlushing = 0;
  }
}
