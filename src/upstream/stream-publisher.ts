import type { Inherited } from '../pubsub/pubsub';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import type { ExchangeMarket, MarketStream } from '../streams/stream';
import type { Message } from '../streams/message';

/** Where streams go: numbers and encodes their messages and hands them to whoever listens. */
export interface StreamPublisher {
  /** Where it goes on with what another process has published; undefined when it begins anew. */
  open(stream: MarketStream): Inherited | undefined;
  /** `state`: the whole state as of this message, for those who join later; undefined for log streams. */
  publish(stream: MarketStream, message: Message, state: () => Message | undefined): void;
  /** Entries of a log stream were lost on the way to us. */
  gap(stream: MarketStream, received: number): void;
  status(stream: MarketStream, state: StreamStatus['state'], reason?: string): void;
  marketStatus(market: ExchangeMarket, state: MarketStatus['state'], reason?: string): void;
  close(stream: MarketStream): void;
  /** Another process publishes it from now on. */
  forget(stream: MarketStream): void;
}
