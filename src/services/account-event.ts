import type { Publication } from '../pubsub/publication';
import type { OutboxEvent } from '../store/store';
import type { AccountItem } from '../streams/account';
import type { EventType } from '../streams/event-type';
import { factsOf } from '../upstream/account/account-memory';
import { carriedBy, eventBody, gapBody, gapIn, messageIdOf, traceIdOf } from './event-body';

/** What happened to the account, as the outbox keeps it. `account` tells it apart from others. */
export function accountEvent(publication: Publication, account: string, now: number): OutboxEvent {
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
  const event = { kind, item: JSON.parse(data.toString()) as unknown } as AccountItem;
  const told = { account, facts: factsOf(event, timestamp) };
  if (event.kind === 'balance') {
    const routingKey = `balance.account.${event.item.accountType.toLowerCase()}`;
    return { ...about, routingKey, body, told, balance: { payload: event.item, timestamp } };
  }
  return { ...about, routingKey: `${eventType}.${event.item.market}.${event.item.symbol}`, body, told };
}

const RECEIVED_AT = '"received_at":"';
const ISO_LENGTH = new Date(0).toISOString().length;

/** When the message of the exchange was read that an event was made of, ms since 1970. */
export function receivedOf(body: string): number {
  const at = body.indexOf(RECEIVED_AT) + RECEIVED_AT.length;
  return Date.parse(body.slice(at, at + ISO_LENGTH));
}
