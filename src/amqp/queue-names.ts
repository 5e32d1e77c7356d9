import type { EventType } from '../streams/event-type';

/** The exchange's name is also the first word of every queue's. */
export const EXCHANGE = 'ws-gateway';

/** A queue, and with what key it is bound to the exchange. */
export interface BoundQueue {
  readonly queue: string;
  readonly key: string;
}

/** The queue of every event of a type. */
export function queueOfClass(exchange: string, eventType: EventType): BoundQueue {
  return { queue: `${exchange}.${eventType}`, key: `${eventType}.#` };
}

/** The queue of what one service asked for. An event gets there by naming its key, so that none lands there that was not asked for. */
export function queueOfService(exchange: string, service: string, eventType: EventType): BoundQueue {
  return { queue: `${exchange}.${service}.${eventType}`, key: serviceKey(service, eventType) };
}

/** A name of a service has no dot, and no event type begins with @: this is nobody else's key. */
export function serviceKey(service: string, eventType: EventType): string {
  return `@${service}.${eventType}`;
}
