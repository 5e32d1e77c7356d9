import type { Publication, Position } from '../pubsub/publication';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import type { OutFrame } from './out-frame';

/**
 * One protocol that clients may speak: text in, a command out; a message in, bytes out. Sessions do not know which one they
 * serve. A publication is encoded once per door, however many sessions get it.
 */
export interface Door {
  /** Splits a client's text into the name of an operation and its content. Throws a {@link RequestError} that may be shown. */
  read(text: string): Command;
  publication(publication: Publication, live: boolean): OutFrame;
  /** Undefined when the protocol has nothing to say about it. */
  streamStatus(stream: string, status: StreamStatus): OutFrame | undefined;
  marketStatus(status: MarketStatus): OutFrame;
  /** The client will not get what lies between: history does not reach back so far, or the client was too slow. */
  gap(stream: string, from: number, to: Position, reason: 'history_exceeded' | 'slow_consumer'): OutFrame;
  error(error: RequestError, id?: unknown): OutFrame;
}

export interface Command {
  readonly op: string;
  readonly content: Record<string, unknown>;
}

/** A request that cannot be served. The connection lives; code and message go to the client as they are. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: 'INVALID_JSON' | 'UNKNOWN_OP' | 'INVALID_ARGS' | 'RATE_LIMIT_EXCEEDED' | 'INTERNAL_ERROR',
    message: string,
  ) {
    super(message);
  }
}
