import type { TopicOp } from './requests';

/** The exchange's answer to a request about topics, or to who we are. */
export interface Ack {
  readonly kind: 'ack';
  /** Undefined when the exchange does not say which operation failed. */
  readonly op: TopicOp | 'auth' | undefined;
  /** Undefined when the request cannot be told from this answer: empty, missing, or an option ack. */
  readonly reqId: string | undefined;
  readonly success: boolean;
  /** The exchange's words; empty when it is content. */
  readonly text: string;
  /** Only option acks name topics, and only they may succeed in part. */
  readonly topics?: { readonly accepted: readonly string[]; readonly failed: readonly string[] };
}

/** What the exchange says on a socket besides data. */
export type Control = { readonly kind: 'pong' } | Ack;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a frame that has no topic. The shapes differ by category: a pong is `ret_msg: "pong"` with `op: "ping"` on spot and
 * linear, `op: "pong"` elsewhere; an ack may lack its `req_id` or carry it empty; options answer with COMMAND_RESP.
 * Undefined when it is none of them.
 */
export function readControl(frame: Fields): Control | undefined {
  if (frame['ret_msg'] === 'pong' || frame['op'] === 'pong') return { kind: 'pong' };
  const success = frame['success'];
  if (typeof success !== 'boolean') return undefined;
  const op = frame['op'];
  const reqId = frame['req_id'];
  const text = frame['ret_msg'];
  const ack: Ack = {
    kind: 'ack',
    op: op === 'subscribe' || op === 'unsubscribe' || op === 'auth' ? op : undefined,
    reqId: typeof reqId === 'string' && reqId !== '' ? reqId : undefined,
    success,
    text: typeof text === 'string' ? text : '',
  };
  if (frame['type'] !== 'COMMAND_RESP') return ack;
  const data = frame['data'];
  const lists: Fields = typeof data === 'object' && data !== null ? (data as Fields) : {};
  return { ...ack, topics: { accepted: strings(lists['successTopics']), failed: strings(lists['failTopics']) } };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** The topics that a failed ack names: `error:handler not found,topic:X` (linear, inverse), `Invalid symbol :[X]` (spot). */
export function topicsNamed(text: string): string[] {
  const derivatives = /,topic:(.+)$/.exec(text)?.[1];
  if (derivatives !== undefined) return [derivatives.trim()];
  const spot = /:\s*\[([^\]]+)\]/.exec(text)?.[1];
  return spot === undefined ? [] : spot.split(',').map((topic) => topic.trim());
}

/** The connection has the topic already: what was wanted is so. */
export function saysAlreadySubscribed(text: string): boolean {
  return /already subscribed/i.test(text);
}
