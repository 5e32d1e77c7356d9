import { BrokerUnavailable, type EventBroker, type OutgoingEvent } from '../amqp/broker';
import type { Clock, Timer } from '../clock/clock';
import type { Duty } from '../duty/duty';
import type { Publication } from '../pubsub/publication';
import type { Listening } from '../pubsub/pubsub';
import { StoreUnavailable, type OutboxEvent, type OutboxStore } from '../store/store';
import type { EventType } from '../streams/event-type';
import { ACCOUNT_KINDS, accountStream } from '../streams/stream';
import type { StreamAudience } from '../subscriptions/hub';
import { accountEvent, receivedOf } from './account-event';
import { AccountIntake } from './account-intake';
import { AccountQueue, type AccountQueueLimits, type Batch } from './account-queue';
import type { ServicesLog } from './keeper';

const BATCH = 200;
const TICK_MS = 1000;
/** How often the store is asked for events that were left behind by somebody. */
const SCAN_MS = 5000;
const LIMITS: AccountQueueLimits = { max: 100_000, resident: 2000 };

export interface AccountFlowDeps {
  readonly brand: string;
  readonly pubsub: Pick<Listening, 'subscribe' | 'unsubscribe' | 'recover'>;
  readonly outbox: OutboxStore;
  readonly broker: Pick<EventBroker, 'deliver'>;
  readonly duty: Pick<Duty, 'onHeld' | 'onReleased'>;
  /** Whether it is known who wants account events: before that, none is delivered. */
  readonly loaded: () => boolean;
  /** Services that have asked for a stream. */
  readonly services: (stream: string) => readonly string[];
  /** Called when events of a stream have gone out. */
  readonly sent: (topic: string, services: readonly string[], at: number) => void;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'every'>;
  readonly log: ServicesLog;
  readonly limits?: AccountQueueLimits;
}

/** How the account's events fare. */
export interface AccountFlowReport {
  /** Whether this replica forwards them. */
  readonly active: boolean;
  /** Events in memory. */
  readonly queued: number;
  /** Events that the store keeps for the broker, when last counted; null before that. */
  readonly kept: number | null;
  /** Events confirmed by the broker, those sent again included. */
  readonly delivered: number;
  /** Events that nobody has and nobody will get. */
  readonly lost: number;
  /** When the newest of them was noticed, ms since 1970; null when none was. */
  readonly lostAt: number | null;
  /** Events that could not be recorded. */
  readonly unrecorded: number;
}

/**
 * Brings every event of the account into the store and to the broker, on the replica that is on duty. The two do not wait for each
 * other: while the store is away events are delivered from memory, while the broker is away they are kept. One that takes duty over
 * delivers first what the one before has left in the store, then what was published after the newest that was kept.
 */
export class AccountFlow {
  private readonly queue: AccountQueue;
  private intakes: AccountIntake[] = [];
  private active = false;
  private lostBefore = 0;
  private lost = 0;
  private lostAt: number | null = null;
  private storing = false;
  private delivering = false;
  private finding = false;
  private scannedAt = -Infinity;
  /** Since the last look: until the next one it is not asked for every event. */
  private storeAway = false;
  private brokerAway = false;
  private kept: number | null = null;
  private deliveries = 0;
  private ticks: Timer | undefined;
  /** Found in the store although nothing that we know of is left there. */
  private stragglers: OutboxEvent[] = [];
  private idleListeners: (() => void)[] = [];

  constructor(private readonly deps: AccountFlowDeps) {
    this.queue = new AccountQueue(deps.limits ?? LIMITS);
  }

  start(): void {
    this.ticks = this.deps.clock.every(TICK_MS, () => {
      this.lookForLoss();
      this.go();
    });
    this.deps.duty.onHeld(() => this.begin());
    this.deps.duty.onReleased(() => this.release());
  }

  /** Something that was waited for may be there: the store, the broker, the subscriptions. */
  go(): void {
    this.storeAway = false;
    this.brokerAway = false;
    if (this.active) void this.findPlaces();
    void this.store();
    void this.deliver();
  }

  report(): AccountFlowReport {
    const { unrecorded, size } = this.queue;
    this.lookForLoss();
    return {
      active: this.active,
      queued: size,
      kept: this.kept,
      delivered: this.deliveries,
      lost: this.lost,
      lostAt: this.lostAt,
      unrecorded,
    };
  }

  /** The account's streams, which this replica listens to. */
  *audiences(): Iterable<StreamAudience> {
    for (const { stream, newest } of this.intakes) {
      yield { stream: stream.name, subscribers: 1, seq: newest.seq, receivedAt: newest.received };
    }
  }

  /** Takes nothing more, and resolves when what was taken is kept and delivered, or cannot be now. Call {@link stop} after it. */
  flush(): Promise<void> {
    this.hearNoMore();
    return new Promise((resolve) => {
      this.idleListeners.push(resolve);
      this.go();
      this.tellIdle();
    });
  }

  stop(): void {
    this.ticks?.cancel();
    this.release();
  }

  private begin(): void {
    if (this.active) return;
    this.active = true;
    this.queue.fallBehind();
    this.intakes = ACCOUNT_KINDS.map(
      (kind) =>
        new AccountIntake(accountStream(kind), this.deps.brand, this.deps.pubsub, (publication) => this.take(publication)),
    );
    // All of them, before anything is looked up: their demand opens the account's connection.
    for (const intake of this.intakes) intake.listen();
    this.go();
  }

  /** What is queued is still kept, if the store takes it; whoever is on duty now finds it there. */
  private release(): void {
    this.active = false;
    this.hearNoMore();
  }

  private hearNoMore(): void {
    for (const intake of this.intakes) {
      intake.end();
      this.lostBefore += intake.lost;
    }
    this.intakes = [];
  }

  private lookForLoss(): void {
    const lost = this.queue.lost + this.lostBefore + this.intakes.reduce((sum, intake) => sum + intake.lost, 0);
    if (lost === this.lost) return;
    this.deps.log.error({ lost: lost - this.lost }, 'account events are lost: neither the store nor the broker has taken them');
    this.lost = lost;
    this.lostAt = this.deps.clock.now();
  }

  private take(publication: Publication): void {
    try {
      this.queue.add(accountEvent(publication, this.deps.clock.now()));
    } catch (error) {
      // Ours are always readable; another version's may not be.
      this.lostBefore++;
      this.deps.log.error({ err: error, stream: publication.stream, seq: publication.seq }, 'an account event cannot be read');
      return;
    }
    if (!this.storeAway) void this.store();
    if (!this.brokerAway) void this.deliver();
  }

  /** Lets the streams flow, each from where its events were kept last. */
  private async findPlaces(): Promise<void> {
    if (this.finding) return;
    this.finding = true;
    try {
      for (const intake of this.intakes) {
        if (intake.flowing) continue;
        const place = await this.deps.outbox.place(intake.stream.name);
        await intake.begin(place);
      }
    } catch {
      // The store or the way to other replicas is away; both say so themselves. The next tick tries again.
    } finally {
      this.finding = false;
    }
  }

  /** Everything that only writes to the store, one after the other; a store that is slow holds up nothing else. */
  private async store(): Promise<void> {
    if (this.storing) return;
    this.storing = true;
    try {
      while ((await this.keep()) || (await this.forget()) || (await this.scan()));
    } catch (error) {
      this.storeAway = true;
      if (!(error instanceof StoreUnavailable)) this.deps.log.error({ err: error }, 'the outbox could not be written');
    } finally {
      this.storing = false;
      this.tellIdle();
    }
  }

  private async keep(): Promise<boolean> {
    const batch = this.queue.toKeep(BATCH);
    if (batch.events.length === 0) return false;
    try {
      await this.deps.outbox.keep(batch.events);
      this.queue.kept(batch);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await this.keepEach(batch, error);
    }
    if (this.brokerAway) this.queue.brokerAway();
    else void this.deliver();
    return true;
  }

  /** One of them is such that the store cannot take it; the others are kept. */
  private async keepEach(batch: Batch, why: unknown): Promise<void> {
    for (const [i, event] of batch.events.entries()) {
      const one = { events: [event], start: batch.start + i, end: batch.start + i + 1 };
      try {
        await this.deps.outbox.keep(one.events);
        this.queue.kept(one);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        this.queue.skip(one);
        this.deps.log.error({ err: why, messageId: event.messageId }, 'an account event cannot be recorded');
      }
    }
  }

  private async forget(): Promise<boolean> {
    const ids = this.queue.finished.slice(0, BATCH);
    if (ids.length === 0) return false;
    await this.deps.outbox.sent(ids);
    this.queue.finished.splice(0, ids.length);
    return true;
  }

  /** What somebody left in the store, such as a replica that lost duty before it kept what it had heard. */
  private async scan(): Promise<boolean> {
    const { clock, outbox } = this.deps;
    if (!this.active || clock.monotonic() - this.scannedAt < SCAN_MS) return false;
    this.scannedAt = clock.monotonic();
    this.kept = await outbox.count();
    const { behind, size, finished } = this.queue;
    if (this.kept === 0 || behind || size > 0 || finished.length > 0 || this.stragglers.length > 0) return false;
    this.stragglers = await outbox.waiting(BATCH);
    void this.deliver();
    return false;
  }

  /** Everything that goes to the broker, one after the other and in order. */
  private async deliver(): Promise<void> {
    if (this.delivering) return;
    this.delivering = true;
    try {
      while (
        this.active &&
        this.deps.loaded() &&
        ((await this.deliverKept()) || (await this.deliverLate()) || (await this.deliverNew()))
      );
    } catch (error) {
      this.brokerAway = true;
      this.queue.brokerAway();
      if (!(error instanceof BrokerUnavailable) && !(error instanceof StoreUnavailable)) {
        this.deps.log.error({ err: error }, 'account events could not be delivered');
      }
    } finally {
      this.delivering = false;
      this.tellIdle();
    }
  }

  /** While behind: what the store has, oldest first. */
  private async deliverKept(): Promise<boolean> {
    if (!this.queue.behind) return false;
    const { leftToStore } = this.queue;
    const events = await this.deps.outbox.waiting(BATCH);
    if (events.length === 0) {
      // What was left to the store while it was asked may be missing in its answer.
      if (this.queue.leftToStore === leftToStore) this.queue.behind = false;
      return true;
    }
    await this.send(events);
    await this.deps.outbox.sent(events.map(({ messageId }) => messageId));
    return true;
  }

  /** What has lost its place in the order. */
  private async deliverLate(): Promise<boolean> {
    const { late } = this.queue;
    const { stragglers } = this;
    if (late.length === 0 && stragglers.length === 0) return false;
    const lost = late.slice(0, BATCH);
    await this.send([...stragglers, ...lost]);
    late.splice(0, lost.length);
    this.queue.finished.push(...stragglers.map(({ messageId }) => messageId));
    this.stragglers = [];
    void this.store();
    return true;
  }

  private async deliverNew(): Promise<boolean> {
    const batch = this.queue.toDeliver(BATCH);
    if (batch.events.length === 0) return false;
    await this.send(batch.events);
    this.queue.delivered(batch);
    void this.store();
    return true;
  }

  private async send(events: readonly OutboxEvent[]): Promise<void> {
    const outgoing = events.map((event) => this.outgoing(event));
    await this.deps.broker.deliver(outgoing);
    this.deliveries += events.length;
    const now = this.deps.clock.now();
    for (const { topic, services } of outgoing) if (services.length > 0) this.deps.sent(topic, services, now);
  }

  private outgoing({ stream, messageId, routingKey, traceId, body }: OutboxEvent): OutgoingEvent {
    return {
      eventType: stream.slice(stream.indexOf('.') + 1) as EventType,
      routingKey,
      messageId,
      topic: stream,
      traceId,
      services: this.deps.services(stream),
      body: Buffer.from(body),
      received: receivedOf(body),
    };
  }

  /** Nobody works any more, be it that all is done or that something is away. */
  private tellIdle(): void {
    if (this.storing || this.delivering) return;
    for (const tell of this.idleListeners.splice(0)) tell();
  }
}
