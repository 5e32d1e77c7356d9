import type { Position, Publication, Recovery } from './publication';
import type { MarketStatus, StreamStatus } from './status';

/** Where a stream stands at its publisher. An empty epoch: nobody serves it. */
export interface Found extends Recovery {
  readonly status: StreamStatus | undefined;
}

/** What comes over a wire. Called synchronously as it comes: must not throw and must not wait. */
export interface WireListener {
  /** In the publisher's order per stream, but some may have been lost or come twice. */
  publication(publication: Publication): void;
  /** Keeps its place among the stream's publications. */
  status(stream: string, status: StreamStatus): void;
  /** A new epoch begins, before its first message. */
  opened(stream: string, epoch: string): void;
  closed(stream: string): void;
  marketStatus(status: MarketStatus): void;
  /** The path is whole again, or is another one: what was published meanwhile was not heard. */
  restored(): void;
}

/** The path on which a process hears what is published in another one. */
export interface Wire {
  /** Once, before anything else. */
  hear(listener: WireListener): void;
  /**
   * Resolves when everything published from now on will be heard. Rejects while the path is broken; `restored` follows, and it is
   * then called again. What has resolved holds until `unlisten`, through every break and restoration.
   */
  listen(stream: string): Promise<void>;
  unlisten(stream: string): void;
  /**
   * Where the stream stands now, which is never behind what has been heard of it, and what to deliver first. With a `since` that is
   * kept: exactly what was missed. Otherwise the newest snapshot, if there is one, and all that followed it. Rejects while the path is
   * broken; `restored` follows.
   */
  fetch(stream: string, since?: Position): Promise<Found>;
  /** Rejects while the path is broken; `restored` follows. */
  fetchMarkets(): Promise<MarketStatus[]>;
}
