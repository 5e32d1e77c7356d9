import type { StoreReport } from './store';
import type { TypedDatabase } from './tables';

/** A database that is open, with its tables up to date. */
export interface OpenDatabase {
  readonly db: TypedDatabase;
  /** Ends all of it, after the questions that are being answered, within a second or two. */
  close(): Promise<void>;
  /** Ends all of it at once: what is being asked fails. May follow `close`. */
  cut(): Promise<void>;
}

export interface Opening {
  /** Something happened that may mean that it is lost: it is asked, and the answer tells. */
  doubt(): void;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** One kind of database, and how it is opened, again and again when it must be. */
export interface Engine {
  readonly kind: StoreReport['kind'];
  /** Between two tries to open it, at most, ms. */
  readonly longestWaitMs: number;
  /** Rejects when it cannot be opened or migrated; then nothing of it is left open. */
  open(opening: Opening): Promise<OpenDatabase>;
}
