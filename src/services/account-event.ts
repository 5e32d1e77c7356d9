import type { Publication } from '../pubsub/publication';
import type { OutboxEvent } from '../store/store';
import type { AccountBalance, AccountExecution, AccountOrder, AccountPosition } from '../streams/account';
import type { EventType } from '../streams/event-type';
import { carriedBy, eventBody, gapBody, gapIn, messageIdOf, traceIdOf } from './event-body';

/** What happened to the account, as the outbox keeps it. */
export function accountEvent(publication: Publication, now: number): OutboxEvent {
  const { stream, epoch, seq, kind } = publication;
  const eventType = kind as EventType;
  const messageId = messageIdOf(stream, publication);
  const traceId = traceIdOf(messageId);
  const about = { messageId, stream, epoch, seq, traceId };
  const head = { messageId, eventType, topic: stream, traceId };
  if (publication.type === 'gap') {
    const at = publication.received || now;
    const body = gapBody({ ...head, timestamp: at, received: at }, epoch, gapIn(publication)).toString();
    return { ...about, routingKey: `${eventType}.account.gap`, body };
  }
  const { data, timestamp, received } = carriedBy(publication);
  const body = eventBody({ ...head, timestamp, received }, publication.type, publication, data).toString();
  if (kind === 'balance') {
    const payload = JSON.parse(data.toString()) as AccountBalance;
    const routingKey = `balance.account.${payload.accountType.toLowerCase()}`;
    return { ...about, routingKey, body, balance: { payload, timestamp } };
  }
  const { market, symbol } = JSON.parse(data.toString()) as AccountOrder | AccountExecution | AccountPosition;
  return { ...about, routingKey: `${eventType}.${market}.${symbol}`, body };
}

const RECEIVED_AT = '"received_at":"';
const ISO_LENGTH = new Date(0).toISOString().length;

/** When the message of the exchange was read that an event was made of, ms since 1970. */
export function receivedOf(body: string): number {
  const at = body.indexOf(RECEIVED_AT) + RECEIVED_AT.length;
  return Date.parse(body.slice(at, at + ISO_LENGTH));
}
