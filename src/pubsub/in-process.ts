import type { Market } from '../streams/stream';
import { History } from './history';
import type { Position, Publication, Recovery } from './publication';
import type { Inherited, PubSub, SnapshotSource, StreamListener } from './pubsub';
import type { MarketStatus, StreamStatus } from './status';

/** A stream that somebody publishes. */
interface Served {
  epoch: string;
  seq: number;
  history: History;
  snapshot: SnapshotSource | undefined;
  status: StreamStatus | undefined;
}

/** Where a stream stands that nobody publishes. */
const NOWHERE: Recovery = { epoch: '', seq: 0, publications: [], recovered: false };

/** Publisher and listeners in one process: delivery is a lookup and a call. */
export class InProcessPubSub implements PubSub {
  private readonly served = new Map<string, Served>();
  private readonly listeners = new Map<string, Set<StreamListener>>();
  private readonly markets = new Map<Market, MarketStatus>();
  private readonly marketListeners: ((status: MarketStatus) => void)[] = [];
  private readonly demandListeners: ((stream: string, wanted: boolean) => void)[] = [];
  private readonly epochListeners: ((stream: string, epoch: string | undefined) => void)[] = [];

  /** @param historySize publications kept per stream, so that a client can resume */
  constructor(private readonly historySize: number) {}

  subscribe(stream: string, listener: StreamListener): void {
    const listeners = this.listeners.get(stream);
    if (listeners) {
      listeners.add(listener);
      return;
    }
    this.listeners.set(stream, new Set([listener]));
    for (const hear of this.demandListeners) hear(stream, true);
  }

  unsubscribe(stream: string, listener: StreamListener): void {
    const listeners = this.listeners.get(stream);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.listeners.delete(stream);
    for (const hear of this.demandListeners) hear(stream, false);
  }

  streamStatus(stream: string): StreamStatus | undefined {
    return this.served.get(stream)?.status;
  }

  marketStatus(market: Market): MarketStatus | undefined {
    return this.markets.get(market);
  }

  onMarketStatus(listener: (status: MarketStatus) => void): void {
    this.marketListeners.push(listener);
  }

  recover(stream: string, since?: Position): Recovery | Promise<Recovery> {
    const served = this.served.get(stream);
    if (!served) return NOWHERE;
    const { epoch, seq } = served;
    const missed = since?.epoch === epoch ? served.history.after(since.seq, seq) : undefined;
    if (missed) return { epoch, seq, publications: missed, recovered: true };
    const snapshot = served.snapshot?.();
    return { epoch, seq, publications: snapshot ? [snapshot] : [], recovered: false };
  }

  inherited(): Inherited | undefined {
    return undefined;
  }

  publish(publication: Publication, snapshot: SnapshotSource | undefined): void {
    const served = this.served.get(publication.stream);
    // A stream that was closed meanwhile has no listeners and no history to keep.
    if (served?.epoch !== publication.epoch) return;
    served.seq = publication.seq;
    served.snapshot = snapshot;
    served.history.add(publication);
    const listeners = this.listeners.get(publication.stream);
    if (!listeners) return;
    for (const listener of listeners) listener.publication(publication);
  }

  open(stream: string, epoch: string): void {
    this.served.set(stream, { epoch, seq: 0, history: new History(this.historySize), snapshot: undefined, status: undefined });
    for (const hear of this.epochListeners) hear(stream, epoch);
  }

  close(stream: string): void {
    if (!this.served.delete(stream)) return;
    for (const hear of this.epochListeners) hear(stream, undefined);
  }

  /** Hears which epoch of a stream has been opened; undefined: it was closed. */
  onEpoch(listener: (stream: string, epoch: string | undefined) => void): void {
    this.epochListeners.push(listener);
  }

  setStreamStatus(stream: string, status: StreamStatus): void {
    const served = this.served.get(stream);
    if (!served) return;
    served.status = status;
    for (const listener of this.listeners.get(stream) ?? []) listener.status(status);
  }

  setMarketStatus(status: MarketStatus): void {
    const before = this.markets.get(status.market);
    this.markets.set(status.market, status);
    // Nobody has heard anything bad of it.
    if (!before && status.state === 'live') return;
    for (const hear of this.marketListeners) hear(status);
  }

  wanted(): Iterable<string> {
    return this.listeners.keys();
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.demandListeners.push(listener);
  }

  onRelease(): void {
    // Nobody else could publish.
  }

  onTakeover(): void {
    // Nobody else has published.
  }

  counts(): { readonly channels: number; readonly listeners: number } {
    let listeners = 0;
    for (const set of this.listeners.values()) listeners += set.size;
    return { channels: this.listeners.size, listeners };
  }

  healthy(): boolean {
    return true;
  }
}
