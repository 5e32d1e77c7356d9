import type { EventType } from '../streams/event-type';

/** An event on its way to a queue. */
export interface OutgoingEvent {
  readonly eventType: EventType;
  /** `{event_type}.{market}.{symbol}` */
  readonly routingKey: string;
  /** `{stream}:{epoch}:{seq}`; the same when it is sent again. */
  readonly messageId: string;
  readonly topic: string;
  readonly traceId: string;
  /** Services that asked for it: each gets it in its own queue of this event type. */
  readonly services: readonly string[];
  /** JSON. */
  readonly body: Buffer;
  /** When the message of the exchange was read that it was made of, ms since 1970; 0 or undefined when that is no measure. */
  readonly received?: number | undefined;
}

/** The broker does not take events now. Its message is for logs. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
}

/** One queue that is watched. */
export interface QueueReport {
  readonly queue: string;
  readonly messages: number;
  /** Messages divided by its greatest length. */
  readonly capacityRatio: number;
  /** Events per second over the last 300 s. */
  readonly publishRate: number;
  readonly consumeRate: number;
  /** What is wrong with it, worst first; empty when nothing is. */
  readonly alarms: readonly QueueAlarm[];
}

export type QueueAlarm =
  'backlog_critical' | 'capacity_critical' | 'backlog_warning' | 'capacity_warning' | 'consumption_slow' | 'other_arguments';

export interface BrokerReport {
  readonly available: boolean;
  /** When that began, ms since 1970. */
  readonly since: number;
  /** Why it is not; safe to show. Empty while it is. */
  readonly reason: string;
  /** The broker has stopped taking messages for want of memory or disk. */
  readonly blocked: boolean;
  readonly queues: readonly QueueReport[];
  /** Market events that wait while the broker is away, and those that were dropped because too many did. */
  readonly waiting: number;
  readonly dropped: number;
  readonly confirmed: number;
}

/** Where events go. */
export interface EventBroker {
  /** A market event. Never waits: while the broker is away it waits in a bounded ring, and the oldest are dropped and counted. */
  publish(event: OutgoingEvent): void;
  /**
   * Account events, in order. Resolves when the broker has confirmed every one of them. Rejects with {@link BrokerUnavailable} when it
   * is away or goes away: then any of them may have arrived, and all are to be sent again.
   */
  deliver(events: readonly OutgoingEvent[]): Promise<void>;
  /** Which services have a queue of which event types. Those that are new are declared; queues that are no longer named stay, with what is in them. */
  wantQueues(services: ReadonlyMap<string, ReadonlySet<EventType>>): void;
  /** Called at each change of `report().available`. */
  onAvailable(listener: (available: boolean) => void): void;
  report(): BrokerReport;
}
