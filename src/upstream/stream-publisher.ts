import type { Position } from '../pubsub/publication';
import type { Inherited } from '../pubsub/pubsub';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import type { Market, Stream } from '../streams/stream';
import type { Message } from '../streams/message';

/** Where streams go: numbers and encodes their messages and hands them to whoever listens. */
export interface StreamPublisher {
  /** Where it goes on with what another process has published; undefined when it begins anew. */
  open(stream: Stream): Inherited | undefined;
  /** `state`: the whole state as of this message, for those who join later; undefined for log streams. */
  publish(stream: Stream, message: Message, state: () => Message | undefined): void;
  /** That of the newest message of a stream that is open. */
  place(stream: Stream): Position | undefined;
  /** Entries of a log stream were lost on the way to us. */
  gap(stream: Stream, received: number): void;
  status(stream: Stream, state: StreamStatus['state'], reason?: string): void;
  marketStatus(market: Market, state: MarketStatus['state'], reason?: string): void;
  close(stream: Stream): void;
  /** Another process publishes it from now on. */
  forget(stream: Stream): void;
}
