import type { Options } from 'amqplib';
import type { OutgoingEvent } from './broker';
import { serviceKey } from './queue-names';

/** The properties of a message. @param now ms since 1970; the protocol counts seconds */
export function messageOptions(event: OutgoingEvent, now: number): Options.Publish {
  const { eventType, topic, traceId, messageId, services } = event;
  return {
    persistent: true,
    contentType: 'application/json',
    messageId,
    timestamp: Math.floor(now / 1000),
    headers: { event_type: eventType, topic, trace_id: traceId },
    // Sender-selected distribution: further keys by which the broker routes the message. It takes them off before delivery.
    ...(services.length > 0 ? { BCC: services.map((service) => serviceKey(service, eventType)) } : {}),
  };
}
