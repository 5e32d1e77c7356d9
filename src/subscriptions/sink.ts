import type { Publication } from '../pubsub/publication';
import type { MarketStatus, StreamStatus } from '../pubsub/status';

/** Somebody who listens: a client's session. Called on the data path: must not throw, must not wait, must only queue. */
export interface Sink {
  /** @param live false for what is caught up on: a snapshot on joining, history on resuming */
  deliver(publication: Publication, live: boolean): void;
  streamStatus(stream: string, status: StreamStatus): void;
  marketStatus(status: MarketStatus): void;
}
