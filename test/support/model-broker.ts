import { BrokerUnavailable, type BrokerReport, type EventBroker, type OutgoingEvent } from '../../src/amqp/broker';
import type { EventType } from '../../src/streams/event-type';

/** A broker in memory that can be away, and lose the connection in the middle of what it is given. */
export class ModelBroker implements EventBroker {
  /** Everything that is in its queues, in the order it came. */
  readonly events: OutgoingEvent[] = [];
  wanted: ReadonlyMap<string, ReadonlySet<EventType>> = new Map();
  /** How many events of the next delivery arrive before the connection is lost; undefined: all, and it is not. */
  breaksAfter: number | undefined;
  waiting = 0;
  /** Holds up every confirm while it is set, as RabbitMQ does while it is blocked. */
  hold: Promise<void> | undefined;
  private up = true;
  private readonly listeners: ((available: boolean) => void)[] = [];

  get available(): boolean {
    return this.up;
  }

  set available(available: boolean) {
    if (this.up === available) return;
    this.up = available;
    for (const listener of this.listeners) listener(available);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.up = false;
    return Promise.resolve();
  }

  publish(event: OutgoingEvent): void {
    if (this.up) this.events.push(event);
    else this.waiting++;
  }

  async deliver(events: readonly OutgoingEvent[]): Promise<void> {
    await this.hold;
    if (!this.up) throw new BrokerUnavailable('away');
    const { breaksAfter } = this;
    this.breaksAfter = undefined;
    this.events.push(...events.slice(0, breaksAfter ?? events.length));
    await Promise.resolve();
    if (breaksAfter !== undefined) this.available = false;
    if (breaksAfter !== undefined || !this.available) throw new BrokerUnavailable('lost');
  }

  wantQueues(services: ReadonlyMap<string, ReadonlySet<EventType>>): void {
    this.wanted = services;
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.listeners.push(listener);
  }

  report(): BrokerReport {
    const { up: available, waiting, events } = this;
    const reason = available ? '' : 'away';
    return { available, since: 0, reason, blocked: false, queues: [], waiting, dropped: 0, confirmed: events.length };
  }

  /** Bodies that a service finds in its queues. */
  of(service: string): Record<string, unknown>[] {
    return this.events
      .filter(({ services }) => services.includes(service))
      .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
  }
}
