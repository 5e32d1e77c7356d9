import type { Clock, Timer } from '../../src/clock/clock';

interface Pending {
  at: number;
  order: number;
  every: number | undefined;
  task: () => void;
}

/** A clock that only moves when told to; due tasks run in time order, then in the order they were set. */
export class ManualClock implements Clock {
  private readonly pending = new Set<Pending>();
  private order = 0;

  /** What the machine's clock was set forward (or back) by. */
  private set = 0;

  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time + this.set;
  }

  monotonic(): number {
    return this.time;
  }

  /** Somebody sets the machine's clock `ms` forward, or back. No time passes. */
  jump(ms: number): void {
    this.set += ms;
  }

  after(ms: number, task: () => void): Timer {
    return this.add(ms, undefined, task);
  }

  every(ms: number, task: () => void): Timer {
    return this.add(ms, ms, task);
  }

  /** Timers that are still set: a leak check for the end of a test. */
  get timers(): number {
    return this.pending.size;
  }

  /** Moves time on by `ms`, running what falls due on the way. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (let next = this.next(until); next; next = this.next(until)) {
      this.time = next.at;
      if (next.every === undefined) this.pending.delete(next);
      else next.at += next.every;
      next.task();
    }
    this.time = until;
  }

  private add(ms: number, every: number | undefined, task: () => void): Timer {
    const entry: Pending = { at: this.time + Math.max(0, ms), order: this.order++, every, task };
    this.pending.add(entry);
    return { cancel: () => void this.pending.delete(entry) };
  }

  private next(until: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.pending) {
      if (entry.at > until) continue;
      if (!best || entry.at < best.at || (entry.at === best.at && entry.order < best.order)) best = entry;
    }
    return best;
  }
}
