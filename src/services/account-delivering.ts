import { BrokerUnavailable, type EventBroker, type OutgoingEvent } from '../amqp/broker';
import type { Clock } from '../clock/clock';
import { StoreUnavailable, type OutboxEvent, type OutboxStore } from '../store/store';
import type { EventType } from '../streams/event-type';
import { receivedOf } from './account-event';
import type { AccountQueue } from './account-queue';
import type { ServicesLog } from './keeper';
import { Pump } from './pump';

const BATCH = 200;
/** A broker that has not confirmed a batch after so long has stopped taking messages, or its queues are not there. */
const STUCK_MS = 3000;

export interface AccountDeliveringDeps {
  readonly queue: AccountQueue;
  readonly outbox: Pick<OutboxStore, 'waiting' | 'sent'>;
  readonly broker: Pick<EventBroker, 'deliver'>;
  /** Events without a place in the order, found in the store; and whether nobody can wait for it. */
  readonly keeping: { stragglers: OutboxEvent[]; readonly storeIsAway: boolean };
  /** Whether this replica is to deliver, and knows whom to. */
  readonly active: () => boolean;
  /** Services that have asked for a stream. */
  readonly services: (stream: string) => readonly string[];
  /** Called when events of a stream have gone out. */
  readonly sent: (topic: string, services: readonly string[], at: number) => void;
  /** The broker has more than the store knows. */
  readonly delivered: () => void;
  readonly rested: () => void;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: ServicesLog;
}

/** Brings account events to the broker, one batch after the other and in order. */
export class AccountDelivering {
  readonly pump: Pump;
  /** Events confirmed by the broker, those sent again included. */
  count = 0;
  /** When what is on its way was sent; undefined while nothing is. */
  private sendingSince: number | undefined;

  constructor(private readonly deps: AccountDeliveringDeps) {
    this.pump = new Pump(
      async () => deps.active() && ((await this.deliverKept()) || (await this.deliverLate()) || (await this.deliverNew())),
      (error) => {
        deps.queue.brokerAway();
        if (error instanceof BrokerUnavailable || error instanceof StoreUnavailable) return;
        deps.log.error({ err: error }, 'account events could not be delivered');
      },
      deps.rested,
    );
  }

  /** The broker takes nothing, now or until it can be asked again. */
  get stuck(): boolean {
    const { sendingSince } = this;
    return this.pump.isPaused || (sendingSince !== undefined && this.deps.clock.monotonic() - sendingSince >= STUCK_MS);
  }

  /** While behind: what the store has, oldest first. */
  private async deliverKept(): Promise<boolean> {
    const { queue, outbox } = this.deps;
    if (!queue.behind) return false;
    const { leftToStore } = queue;
    const events = await outbox.waiting(BATCH);
    if (events.length === 0) {
      // What was left to the store while it was asked may be missing in its answer.
      if (queue.leftToStore === leftToStore) queue.behind = false;
      return true;
    }
    if (!(await this.send(events))) return false;
    await outbox.sent(events.map(({ messageId }) => messageId));
    return true;
  }

  /** What has lost its place in the order. */
  private async deliverLate(): Promise<boolean> {
    const { queue, keeping: found } = this.deps;
    const { late } = queue;
    const { stragglers } = found;
    if (late.length === 0 && stragglers.length === 0) return false;
    const unkept = late.slice(0, BATCH);
    if (!(await this.send([...stragglers, ...unkept]))) return false;
    late.splice(0, unkept.length);
    queue.finished.push(...stragglers.map(({ messageId }) => messageId));
    found.stragglers = [];
    this.deps.delivered();
    return true;
  }

  private async deliverNew(): Promise<boolean> {
    const { queue, keeping } = this.deps;
    // What the store has is known to whoever comes after a crash; what it has not would be told again, under another id.
    const batch = queue.toDeliver(BATCH, !keeping.storeIsAway);
    if (batch.events.length === 0) return false;
    if (!(await this.send(batch.events))) return false;
    queue.delivered(batch);
    this.deps.delivered();
    return true;
  }

  /** False, and nothing is sent, when duty has ended meanwhile: only on duty is it known whose the events are. */
  private async send(events: readonly OutboxEvent[]): Promise<boolean> {
    if (!this.deps.active()) return false;
    const outgoing = events.map((event) => this.outgoing(event));
    this.sendingSince = this.deps.clock.monotonic();
    try {
      await this.deps.broker.deliver(outgoing);
    } finally {
      this.sendingSince = undefined;
    }
    this.count += events.length;
    const now = this.deps.clock.now();
    for (const { topic, services } of outgoing) if (services.length > 0) this.deps.sent(topic, services, now);
    return true;
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
}
