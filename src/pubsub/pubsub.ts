import type { Market } from '../streams/stream';
import type { Position, Publication, Recovery } from './publication';
import type { MarketStatus, StreamStatus } from './status';

/** Hears one stream. Called synchronously on the data path: must not throw and must not wait. */
export interface StreamListener {
  publication(publication: Publication): void;
  status(status: StreamStatus): void;
}

/** The listeners' side. Listening makes demand; the last listener's leaving ends it. */
export interface Listening {
  subscribe(stream: string, listener: StreamListener): void;
  unsubscribe(stream: string, listener: StreamListener): void;
  /** Undefined until somebody who serves the stream has spoken. */
  streamStatus(stream: string): StreamStatus | undefined;
  marketStatus(market: Market): MarketStatus | undefined;
  /** Hears every change of a market's status from now on; that a market is live is none as long as nothing else was said of it. */
  onMarketStatus(listener: (status: MarketStatus) => void): void;
  /**
   * Where the stream stands now and what to deliver first. Every publication with a higher number reaches the listener by
   * itself, so: subscribe, hold what comes, recover, deliver the recovery, then what was held and is newer.
   */
  recover(stream: string, since?: Position): Recovery | Promise<Recovery>;
}

/** Whole state of a stream as of the last publication; encoded only when somebody asks. Undefined while there is none. */
export type SnapshotSource = () => Publication | undefined;

/** Where a stream stands that another process has published. */
export interface Inherited extends Position {
  readonly snapshot: Publication | undefined;
}

/** The publisher's side. */
export interface Publishing {
  /** Where a stream is to be gone on with that another process has published; undefined: it is to be opened. */
  inherited(stream: string): Inherited | undefined;
  /** `snapshot` is remembered with the publication and must describe the state right after it, until the next one. */
  publish(publication: Publication, snapshot: SnapshotSource | undefined): void;
  /** Says that a stream has begun, so that its epoch is known before its first message. */
  open(stream: string, epoch: string): void;
  /** Forgets a stream: history, snapshot and status. */
  close(stream: string): void;
  setStreamStatus(stream: string, status: StreamStatus): void;
  setMarketStatus(status: MarketStatus): void;
}

/** What somebody listens to, on any replica. */
export interface Demand {
  wanted(): Iterable<string>;
  /** Called at each change; `wanted` false means that the last listener has left. */
  onDemand(listener: (stream: string, wanted: boolean) => void): void;
  /** Called when a market's streams are no longer ours to publish, wanted or not: they are to be forgotten, not closed. */
  onRelease(listener: (market: Market) => void): void;
  /** Called before streams of a market become wanted that somebody else has served, and not well any more: why. */
  onTakeover(listener: (market: Market, reason: string) => void): void;
}

export interface PubSub extends Listening, Publishing, Demand {
  /** Streams that have a listener here, and listeners in all: for health and metrics. */
  counts(): { readonly channels: number; readonly listeners: number };
  /** False when the path between publisher and listeners is broken. */
  healthy(): boolean;
}
