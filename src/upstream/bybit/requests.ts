import type { Category } from './topics';

export type TopicOp = 'subscribe' | 'unsubscribe';

/**
 * Bybit allows 21,000 characters of args on one public connection and does not say how it counts them; quotes, commas and
 * brackets are counted here too, and a little room is left.
 */
export const MAX_ARGS_LENGTH = 20_000;

/** What a topic takes of {@link MAX_ARGS_LENGTH}: two quotes and a comma besides its own characters. */
export function argLength(topic: string): number {
  return topic.length + 3;
}

/** Documented for spot (`args size >10`); elsewhere no limit is documented, but very large requests have closed connections. */
const ARGS_PER_REQUEST: Record<Category, number> = { spot: 10, linear: 200, inverse: 200, option: 200 };

/** Splits topics into what one request each may carry, in order. */
export function batchesOf(category: Category, topics: readonly string[]): string[][] {
  const size = ARGS_PER_REQUEST[category];
  const batches: string[][] = [];
  for (let i = 0; i < topics.length; i += size) batches.push(topics.slice(i, i + size));
  return batches;
}

export function requestText(op: TopicOp, reqId: string, topics: readonly string[]): string {
  return JSON.stringify({ req_id: reqId, op, args: topics });
}

/** Bybit's keep-alive is this text frame, not a WebSocket ping. */
export const PING_TEXT = '{"op":"ping"}';
