import type { AskedArbiter } from '../duty/duty';
import { SqlAccountMemory } from './account-memory';
import { SqlBalances } from './balances';
import type { Database, StoreDeps } from './database';
import { SqlOutbox } from './outbox';
import type { Store, StoreReport } from './store';
import { SqlSubscriptions } from './subscriptions';

/** An arbiter that begins and ends with its store. */
export interface StoreArbiter extends AskedArbiter {
  start(): void;
  stop(): Promise<void>;
}

/** A store, and when it may be used. */
export interface OpenedStore extends Store {
  /** Which of the processes that share this database is on duty. */
  readonly arbiter: AskedArbiter;
  /** Never rejects: a database that is away is reported, and tried again until `stop`. Resolves after the first try, or 10 s. */
  start(): Promise<void>;
  /** Resolves when nothing is open any more. What is asked afterwards is refused. */
  stop(): Promise<void>;
}

export class SqlStore implements OpenedStore {
  readonly subscriptions: SqlSubscriptions;
  readonly balances: SqlBalances;
  readonly outbox: SqlOutbox;
  readonly memory: SqlAccountMemory;

  constructor(
    private readonly database: Database,
    readonly arbiter: StoreArbiter,
    { clock, log }: Pick<StoreDeps, 'clock' | 'log'>,
  ) {
    this.subscriptions = new SqlSubscriptions(database, clock);
    this.balances = new SqlBalances(database, clock, log);
    this.outbox = new SqlOutbox(database, clock, log);
    this.memory = new SqlAccountMemory(database);
  }

  start(): Promise<void> {
    this.arbiter.start();
    return this.database.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.arbiter.stop(), this.database.stop()]);
  }

  report(): StoreReport {
    return this.database.report;
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.database.onAvailable(listener);
  }
}
