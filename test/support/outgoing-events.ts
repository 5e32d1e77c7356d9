import type { OutgoingEvent } from '../../src/amqp/broker';

/** An event to send whose number can be read from its id. */
export function outgoing(seq: number, event: Partial<OutgoingEvent> = {}): OutgoingEvent {
  const { eventType = 'trade', topic = 'futures.trade.BTCUSDT' } = event;
  return {
    eventType,
    routingKey: `${eventType}.futures.BTCUSDT`,
    messageId: `${topic}:e1:${seq}`,
    topic,
    traceId: seq.toString(16).padStart(32, '0'),
    services: [],
    body: Buffer.from(JSON.stringify({ seq })),
    ...event,
  };
}

/** The number that {@link outgoing} was given. */
export function seqOf(messageId: unknown): number {
  return Number(String(messageId).split(':').at(-1));
}
