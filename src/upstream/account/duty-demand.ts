import type { Duty } from '../../duty/duty';
import type { Demand } from '../../pubsub/pubsub';
import type { Market } from '../../streams/stream';

/**
 * What is wanted of the account, while this process is on duty. In a fleet the account's streams may be ours to publish before the duty is
 * ours; what would be numbered meanwhile nobody would hear, and of it only the history would be left for who comes on duty then.
 */
export class DutyDemand implements Demand {
  private passing = false;
  private readonly demandListeners: ((stream: string, wanted: boolean) => void)[] = [];
  private readonly releaseListeners: ((market: Market) => void)[] = [];

  constructor(private readonly demand: Demand) {}

  /** Nothing is wanted before this. Whoever forwards the account's events must have asked for the same duty before, so that it hears the first one. */
  follow(duty: Duty): void {
    this.demand.onDemand((stream, wanted) => {
      if (this.passing) this.tell(stream, wanted);
    });
    // Not at once: who loses the lease may find that out in the middle of the upstream's work.
    duty.onHeld(() =>
      queueMicrotask(() => {
        if (duty.held) this.begin();
      }),
    );
    duty.onReleased(() => queueMicrotask(() => this.end()));
  }

  wanted(): Iterable<string> {
    return this.passing ? this.demand.wanted() : [];
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.demandListeners.push(listener);
  }

  onRelease(listener: (market: Market) => void): void {
    this.releaseListeners.push(listener);
    this.demand.onRelease(listener);
  }

  /** Told although nobody is on duty yet: the account is not well meanwhile. */
  onTakeover(listener: (market: Market, reason: string) => void): void {
    this.demand.onTakeover(listener);
  }

  private begin(): void {
    if (this.passing) return;
    this.passing = true;
    for (const stream of [...this.demand.wanted()]) this.tell(stream, true);
  }

  private end(): void {
    if (!this.passing) return;
    this.passing = false;
    for (const hear of this.releaseListeners) hear('account');
  }

  private tell(stream: string, wanted: boolean): void {
    for (const hear of this.demandListeners) hear(stream, wanted);
  }
}
