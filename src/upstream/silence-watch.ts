import type { Clock, Timer } from '../clock/clock';
import { deadline } from './deadline';

const MAX_DEADLINE_MS = 10 * 60_000;
/** An exchange that delivers nothing at all, not even first snapshots, is tried again at least this often. */
const MAX_EMPTY_DEADLINE_MS = 2 * 60_000;
/** Snapshots come at once after a subscribe; what arrives later than this after connecting is flow. */
const BURST_MS = 5_000;

/**
 * Notices a connection that answers pings but delivers nothing although it has busy topics.
 *
 * A symbol that hardly trades is silent in the same way, and no replacement changes that: the new connection delivers its first
 * snapshots and falls silent too. So when a replacement brought no flow beyond that burst, the deadline doubles (up to ten
 * minutes; two, while there is not even a burst), and it returns to the base as soon as frames flow: two after the burst that
 * are closer together than the base.
 */
export class SilenceWatch {
  private deadline: number;
  private timer: Timer | undefined;
  private open = false;
  private busy = false;
  private openedAt = 0;
  private lastAt = 0;
  private flowed = false;
  private heard = false;
  private replaced = false;

  constructor(
    private readonly baseMs: number,
    private readonly clock: Clock,
    private readonly silent: () => void,
  ) {
    this.deadline = baseMs;
  }

  get deadlineMs(): number {
    return this.deadline;
  }

  opened(): void {
    this.open = true;
    this.flowed = this.heard = false;
    this.openedAt = this.lastAt = this.clock.monotonic();
    this.arm();
  }

  closed(): void {
    this.open = false;
    this.disarm();
  }

  /** Whether the connection has topics that never stay quiet for long. */
  setBusy(busy: boolean): void {
    if (busy === this.busy) return;
    this.busy = busy;
    if (busy) this.lastAt = this.clock.monotonic();
    this.arm();
  }

  data(): void {
    const now = this.clock.monotonic();
    const burstEnd = this.openedAt + Math.min(BURST_MS, this.baseMs / 2);
    if (this.lastAt > burstEnd && now - this.lastAt < this.baseMs) {
      this.flowed = true;
      this.replaced = false;
    }
    this.lastAt = now;
    this.heard = true;
    if (this.flowed && this.deadline !== this.baseMs) {
      this.deadline = this.baseMs;
      this.arm();
    }
  }

  private arm(): void {
    this.disarm();
    if (!this.open || !this.busy) return;
    // The timer is not moved by every frame; when it fires it looks how long the silence really lasts.
    this.timer = deadline(this.clock, this.lastAt + this.deadline - this.clock.monotonic(), () => this.check());
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private check(): void {
    if (this.clock.monotonic() - this.lastAt < this.deadline) {
      this.arm();
      return;
    }
    this.disarm();
    if (this.replaced && !this.flowed) {
      const max = this.heard ? MAX_DEADLINE_MS : Math.max(this.baseMs, MAX_EMPTY_DEADLINE_MS);
      this.deadline = Math.min(this.deadline * 2, max);
    }
    this.replaced = true;
    this.silent();
  }
}
