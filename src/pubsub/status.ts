import type { Market } from '../streams/stream';

/**
 * Where a stream stands with the exchange. `pending`: asked for, no answer yet. `live`: accepted. `resyncing`: accepted, its
 * state is being fetched anew. `refused`: the exchange said no, with its words. `unavailable`: was live and is no more.
 */
export interface StreamStatus {
  readonly state: 'pending' | 'live' | 'resyncing' | 'refused' | 'unavailable';
  /** Empty unless there is something to say; safe to show to a client. */
  readonly reason: string;
  /** When this state began, ms. */
  readonly since: number;
}

/** Whether what a market's streams show can be trusted. `stale`: the exchange is out of reach. `resyncing`: it is back, states are being rebuilt. */
export interface MarketStatus {
  readonly market: Market;
  readonly state: 'live' | 'stale' | 'resyncing';
  readonly reason: string;
  readonly since: number;
}

/** Whether the exchange will not serve the stream: there is nothing to wait for. */
export function isRefusal(status: StreamStatus | undefined): status is StreamStatus {
  return status?.state === 'refused' || status?.state === 'unavailable';
}
