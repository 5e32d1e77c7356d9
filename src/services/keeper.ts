import type { EventBroker } from '../amqp/broker';
import type { Clock, Timer } from '../clock/clock';
import type { Duty } from '../duty/duty';
import type { SubscriptionStore } from '../store/store';
import type { Forwarder } from './forwarder';
import { WantedSubscriptions } from './wanted-subscriptions';

const EVERY_MS = 1000;

export interface ServicesLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface KeeperDeps {
  readonly store: Pick<SubscriptionStore, 'active' | 'mark'>;
  readonly forwarder: Pick<Forwarder, 'want' | 'stop'>;
  readonly broker: Pick<EventBroker, 'wantQueues'>;
  readonly duty: Duty;
  readonly clock: Pick<Clock, 'every'>;
  readonly log: ServicesLog;
}

/**
 * Keeps what services have subscribed to alive, on the replica that is on duty: looks each second whether the subscriptions are others,
 * because any replica may have changed them, and at once after a change of its own; they are read only when they are. While the store is
 * away everything stays as it was.
 */
export class Keeper {
  wanted = new WantedSubscriptions();
  /** Whether the subscriptions have been read since this replica is on duty. */
  loaded = false;
  private timer: Timer | undefined;
  private reading: Promise<void> | undefined;
  /** A read that is to follow the one that is under way. */
  private next: Promise<void> | undefined;
  private readonly loadedListeners: (() => void)[] = [];
  private working = false;
  /** The store's, when it was last read. */
  private mark = '';

  constructor(private readonly deps: KeeperDeps) {}

  start(): void {
    this.deps.duty.onHeld(() => this.begin());
    this.deps.duty.onReleased(() => this.stop());
  }

  /** Called each time that the subscriptions have been read for the first time on duty. */
  onLoaded(listener: () => void): void {
    this.loadedListeners.push(listener);
  }

  /** Resolves when what stood in the store at the time of the call is being listened to, or could not be read. Nothing when off duty. */
  refresh(): Promise<void> {
    if (!this.working) return Promise.resolve();
    if (!this.reading) {
      this.reading = this.read().finally(() => (this.reading = undefined));
      return this.reading;
    }
    // What is being read now may be older than what the caller has changed.
    this.next ??= this.reading.then(() => {
      this.next = undefined;
      return this.refresh();
    });
    return this.next;
  }

  stop(): void {
    this.working = false;
    this.loaded = false;
    this.timer?.cancel();
    this.deps.forwarder.stop();
    this.wanted = new WantedSubscriptions();
  }

  private begin(): void {
    if (this.working) return;
    this.working = true;
    this.timer = this.deps.clock.every(EVERY_MS, () => void this.refresh());
    void this.refresh();
  }

  private async read(): Promise<void> {
    const { store } = this.deps;
    let active: Awaited<ReturnType<SubscriptionStore['active']>>;
    try {
      // Before they are read: what changes in between is read once more, and never missed.
      const mark = await store.mark();
      if (this.loaded && mark === this.mark) return;
      active = await store.active();
      this.mark = mark;
    } catch {
      // The store itself says that it is away; what was known goes on.
      return;
    }
    if (!this.working) return;
    const { wanted: before } = this;
    const wanted = new WantedSubscriptions(active, before);
    this.wanted = wanted;
    // A service's queue is named before anything is sent to it.
    if (!this.loaded || !sameQueues(before.queues, wanted.queues)) this.deps.broker.wantQueues(wanted.queues);
    this.deps.forwarder.want(wanted.topics);
    if (wanted.unknown.length > before.unknown.length) {
      this.deps.log.error({ topics: wanted.unknown.slice(0, 10) }, 'subscriptions name streams that this version does not know');
    }
    if (this.loaded) return;
    this.loaded = true;
    this.deps.log.info({ subscriptions: active.length }, "services' subscriptions are served here");
    for (const hear of this.loadedListeners) hear();
  }
}

function sameQueues(a: ReadonlyMap<string, ReadonlySet<string>>, b: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  if (a.size !== b.size) return false;
  for (const [service, types] of a) {
    const others = b.get(service);
    if (others?.size !== types.size) return false;
    for (const type of types) if (!others.has(type)) return false;
  }
  return true;
}
