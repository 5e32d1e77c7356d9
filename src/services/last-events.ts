import type { Clock, Timer } from '../clock/clock';
import type { SubscriptionStore } from '../store/store';

const EVERY_MS = 1000;

/**
 * When the newest event of each subscription went out. Told to the store once a second; while that cannot be reached the newest times
 * wait here, one per active subscription.
 */
export class LastEvents {
  /** By topic, then by service. */
  private times = new Map<string, Map<string, number>>();
  private timer: Timer | undefined;
  private flushing: Promise<void> | undefined;

  /** @param idOf the active subscription of a service to a topic */
  constructor(
    private readonly store: Pick<SubscriptionStore, 'touch'>,
    private readonly idOf: (topic: string, service: string) => string | undefined,
    private readonly clock: Pick<Clock, 'every'>,
  ) {}

  start(): void {
    this.timer = this.clock.every(EVERY_MS, () => void this.flush());
  }

  /** On the data path. */
  readonly sent = (topic: string, services: readonly string[], at: number): void => {
    let ofTopic = this.times.get(topic);
    if (!ofTopic) this.times.set(topic, (ofTopic = new Map<string, number>()));
    for (const service of services) ofTopic.set(service, at);
  };

  /** Never rejects. */
  flush(): Promise<void> {
    return (this.flushing ??= this.write().finally(() => (this.flushing = undefined)));
  }

  stop(): void {
    this.timer?.cancel();
  }

  private async write(): Promise<void> {
    const { times } = this;
    const byId = new Map<string, number>();
    for (const [topic, services] of times) {
      for (const [service, at] of services) {
        const id = this.idOf(topic, service);
        if (id !== undefined) byId.set(id, at);
      }
    }
    if (byId.size === 0) {
      times.clear();
      return;
    }
    this.times = new Map<string, Map<string, number>>();
    try {
      await this.store.touch(byId);
    } catch {
      this.restore(times);
    }
  }

  /** What has come meanwhile is newer. What is cancelled by now is left out the next time. */
  private restore(times: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    for (const [topic, services] of times) {
      const newer = this.times.get(topic);
      this.times.set(topic, new Map([...services, ...(newer ?? [])]));
    }
  }
}
