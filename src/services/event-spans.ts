import type { OutgoingEvent } from '../amqp/broker';
import type { Tracer } from '../tracing/tracer';

/** Tells a span of each event, from reading the exchange's message to the broker's confirmation. */
export function eventSpans(tracer: Tracer): (event: OutgoingEvent) => void {
  return ({ eventType, topic, messageId, traceId, received }) => {
    const startedAt = received === undefined || received === 0 ? undefined : received;
    tracer.begin(`publish ${eventType}`, 'producer', { traceId }, { topic, message_id: messageId }, startedAt).end();
  };
}
