import type { Clock, Timer } from '../../clock/clock';

/** So long without a sign of life, and Redis counts as lost. */
const LOST_MS = 2_000;
/** So long whole without a break, and it counts as back. */
const BACK_MS = 1_000;

/** The way to Redis, as far as it decides whether there is a fleet. */
export interface FleetLink {
  readonly whole: boolean;
  /** Why it is not; for logs. */
  readonly reason: string;
  /** When it gave its last sign of life; monotonic. */
  readonly heardAt: number;
  onWhole(listener: () => void): void;
  onBroken(listener: (reason: string) => void): void;
}

export interface FleetModeListener {
  /** Redis is lost: each replica for itself. */
  alone(): void;
  /** Redis is back. */
  shared(): void;
}

/** `shared`: one upstream per market for all replicas. `alone`: Redis is lost, so this replica has one of its own. */
export class FleetMode {
  mode: 'shared' | 'alone' = 'shared';
  /** When it began, ms since 1970. */
  since: number;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(
    private readonly link: FleetLink,
    private readonly clock: Clock,
    private readonly listener: FleetModeListener,
  ) {
    this.since = clock.now();
  }

  start(): void {
    this.link.onWhole(() => this.whole());
    this.link.onBroken(() => this.broken());
    if (!this.link.whole) this.broken();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private whole(): void {
    if (this.stopped) return;
    this.timer?.cancel();
    // A short break concerns only what was on its way.
    if (this.mode === 'alone') this.timer = this.clock.after(BACK_MS, () => this.become('shared'));
  }

  private broken(): void {
    if (this.stopped) return;
    this.timer?.cancel();
    if (this.mode === 'alone') return;
    const waitMs = Math.max(0, this.link.heardAt + LOST_MS - this.clock.monotonic());
    this.timer = this.clock.after(waitMs, () => this.become('alone'));
  }

  private become(mode: 'shared' | 'alone'): void {
    this.mode = mode;
    this.since = this.clock.now();
    this.listener[mode]();
  }
}
