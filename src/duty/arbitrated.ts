import type { Arbiter, AskedArbiter, Duty } from './duty';

/**
 * A duty that two arbiters decide on, so that either may be lost. It is ours when one of them says so and the other does not say that
 * it is somebody else's. The first one leads: who does not have its word gives the second one's back. While a process is cut off from
 * one of the two, or one of them is away, at most one process is on duty; with neither within reach none is. Two faults at once
 * are too many for it: while one process lacks the first arbiter and another one the second, both may be on duty.
 */
export class ArbitratedDuty implements Duty {
  private held_ = false;
  private readonly heldListeners: (() => void)[] = [];
  private readonly releasedListeners: (() => void)[] = [];

  constructor(
    private readonly first: Arbiter,
    private readonly second: AskedArbiter,
  ) {}

  /** Once, before the arbiters begin. */
  start(): void {
    const look = () => this.look();
    this.first.onVerdict(look);
    this.second.onVerdict(look);
    this.look();
  }

  get held(): boolean {
    return this.held_;
  }

  onHeld(listener: () => void): void {
    this.heldListeners.push(listener);
    if (this.held_) listener();
  }

  onReleased(listener: () => void): void {
    this.releasedListeners.push(listener);
  }

  private look(): void {
    const { first, second } = this;
    const verdicts = [first.verdict, second.verdict];
    const held = verdicts.includes('ours') && !verdicts.includes('others');
    if (held !== this.held_) {
      this.held_ = held;
      for (const hear of held ? this.heldListeners : this.releasedListeners) hear();
    }
    // Only now: what was given back may be somebody's at once.
    second.want(first.verdict !== 'others');
  }
}
