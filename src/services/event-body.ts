import { hash } from 'node:crypto';
import type { Position, Publication } from '../pubsub/publication';
import type { EventType } from '../streams/event-type';

/** Where a publication's payload begins. Nothing before it can hold a quote that is not ours. */
const DATA = Buffer.from(',"data":');
/** What follows the payload: our own times, which may also stand inside of it, so the last one counts. */
const TIMES = Buffer.from(',"timestamp":');
const RECEIVED = '"received":';

/** A publication's payload, as the bytes it was encoded to. */
export interface Carried {
  /** JSON. */
  readonly data: Buffer;
  /** When the exchange made it, ms since 1970. */
  readonly timestamp: number;
  /** When we read it, ms since 1970. */
  readonly received: number;
}

/** Takes a message of the native protocol apart. Not for gaps, which carry nothing. */
export function carriedBy({ body }: Pick<Publication, 'body'>): Carried {
  const end = body.lastIndexOf(TIMES);
  const times = body.toString('latin1', end + TIMES.length);
  return {
    data: body.subarray(body.indexOf(DATA) + DATA.length, end),
    timestamp: Number.parseInt(times, 10),
    received: Number.parseInt(times.slice(times.indexOf(RECEIVED) + RECEIVED.length), 10),
  };
}

/** What an event says about itself. */
export interface EventHead {
  readonly messageId: string;
  readonly eventType: EventType;
  readonly topic: string;
  readonly traceId: string;
  /** Ms since 1970. */
  readonly timestamp: number;
  /** Ms since 1970. */
  readonly received: number;
}

/** For deduplication: the same however often, and by whichever process, the event is sent. */
export function messageIdOf(topic: string, { epoch, seq }: Position): string {
  return `${topic}:${epoch}:${seq}`;
}

/** Of the whole state at a place, for who begins there. Not the id of what was published there: who had that would take it for the same. */
export function snapshotIdOf(topic: string, place: Position): string {
  return `${messageIdOf(topic, place)}:snapshot`;
}

/** The trace of one message of the exchange, 32 hex digits: made of its id, so that it too is the same when the event is sent again. */
export function traceIdOf(messageId: string): string {
  return hash('md5', messageId);
}

/** An event as it is sent: `{event_id, event_type, topic, timestamp, received_at, payload: {type, seq, epoch, data}, trace_id}`. */
export function eventBody(head: EventHead, type: string, { epoch, seq }: Position, data: Buffer): Buffer {
  const start = `${startOf(head)}{"type":"${type}","seq":${seq},"epoch":"${epoch}","data":`;
  return Buffer.concat([Buffer.from(start), data, Buffer.from(`},"trace_id":"${head.traceId}"}`)]);
}

/** Entries of a log stream were lost on their way: a notice in their place, `payload: {type: "gap", from, to, reason}`. */
export function gapBody(head: EventHead, epoch: string, gap: Gap): Buffer {
  const payload = { type: 'gap', epoch, from: gap.from, to: gap.to, reason: gap.reason };
  return Buffer.from(`${startOf(head)}${JSON.stringify(payload)},"trace_id":"${head.traceId}"}`);
}

export interface Gap {
  /** Sequence numbers, both included. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What a publication of type `gap` says. */
export function gapIn({ body }: Pick<Publication, 'body'>): Gap {
  const { from, to, reason } = JSON.parse(body.toString()) as Gap;
  return { from, to, reason };
}

function startOf({ messageId, eventType, topic, timestamp, received }: EventHead): string {
  return (
    `{"event_id":"${messageId}","event_type":"${eventType}","topic":"${topic}",` +
    `"timestamp":"${iso(timestamp)}","received_at":"${iso(received)}","payload":`
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
