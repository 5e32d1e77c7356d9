import type { Market } from '../../streams/stream';
import type { Inherited, Publishing } from '../pubsub';

/**
 * Why a stream's writes go nowhere from now on. `fenced`: a newer holder has it; let go of it. `hole`: what was written last did not
 * arrive, or the stream is not known any more; whoever still holds the market's lease claims it again.
 */
export type Refusal = 'fenced' | 'hole';

/** Takes streams over from whoever published them before. */
export interface Claiming {
  /**
   * Locks every other writer out of the stream from this moment, and those of an earlier claim of our own too. Rejects while the
   * store is out of reach.
   * @param fence of the lease under which we publish
   * @returns where the stream stands, `undefined` when nothing is known of it, `'fenced'` when a newer holder has it
   */
  claim(stream: string, fence: number): Promise<Inherited | 'fenced' | undefined>;
}

/** Publishing whose every write is checked against the fence of the market's newest holder. */
export interface FencedPublishing extends Publishing, Claiming {
  /** Under which fence market statuses and newly opened streams are written from now on. */
  hold(market: Market, fence: number): void;
  /** Stops keeping the stream alive and forgets it here; at the store it stays for whoever goes on. */
  letGo(stream: string): void;
  /** The same for a market's status. */
  letGoMarket(market: Market): void;
  /**
   * Told once per stream until it is claimed or opened again; what is published meanwhile is dropped and counted. `detail` is the
   * store's own error, for the log; empty when there was none.
   */
  onRefused(listener: (stream: string, why: Refusal, detail: string) => void): void;
  /** A newer holder has spoken for this market. */
  onMarketFenced(listener: (market: Market) => void): void;
}
