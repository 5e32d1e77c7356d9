import type { Market } from '../../streams/stream';

/** Another replica has the lease. */
export interface HeldElsewhere {
  /** Until it ends, unless it is renewed. */
  readonly remainingMs: number;
  readonly fence: number;
}

/**
 * Who runs the upstream of a market: one replica at a time. Each lease carries a number, its fence, higher than that of every lease
 * of the market before it; what a holder writes carries its fence, so that a holder which does not know yet that it was replaced
 * changes nothing. All promises reject while the store is out of reach.
 */
export interface LeaseStore {
  /**
   * Takes the lease when it is free, or held under the same id: whoever did not hear the answer asks again.
   * @param id of the replica's process, unique in the fleet
   * @returns the fence, or how long another replica holds the lease yet
   */
  tryAcquire(market: Market, id: string, ttlMs: number): Promise<number | HeldElsewhere>;
  /** Holds it for another `ttlMs` from now. False: it is no longer ours. */
  renew(market: Market, id: string, fence: number, ttlMs: number): Promise<boolean>;
  /** Gives it back and tells all replicas. Nothing happens when it is no longer ours. */
  release(market: Market, id: string, fence: number): Promise<void>;
  /** Hears every release of whatever market, its own replica's too; an expiry is not told. */
  onReleased(listener: (market: Market) => void): void;
}
