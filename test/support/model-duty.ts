import type { Duty } from '../../src/duty/duty';

/** A duty that the test gives and takes. */
export class ModelDuty implements Duty {
  private readonly heldListeners: (() => void)[] = [];
  private readonly releasedListeners: (() => void)[] = [];

  constructor(private held_ = true) {}

  get held(): boolean {
    return this.held_;
  }

  set held(held: boolean) {
    if (held === this.held_) return;
    this.held_ = held;
    for (const hear of held ? this.heldListeners : this.releasedListeners) hear();
  }

  onHeld(listener: () => void): void {
    this.heldListeners.push(listener);
    if (this.held_) listener();
  }

  onReleased(listener: () => void): void {
    this.releasedListeners.push(listener);
  }
}
