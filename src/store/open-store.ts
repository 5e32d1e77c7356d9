import { Database, type StoreDeps } from './database';
import { EmbeddedEngine } from './embedded/embedded-engine';
import { MIGRATIONS } from './migrations';
import { PostgresArbiter } from './postgres/postgres-arbiter';
import { PostgresEngine } from './postgres/postgres-engine';
import { type OpenedStore, SqlStore, type StoreArbiter } from './sql-store';

export interface StoreOptions {
  /** Empty: an embedded database in `dataDir`. */
  readonly databaseUrl: string;
  readonly dataDir: string;
}

/** Nobody else can have the directory. */
export const ALONE: StoreArbiter = {
  verdict: 'ours',
  onVerdict: () => undefined,
  want: () => undefined,
  start: () => undefined,
  stop: () => Promise.resolve(),
};

/** The store that the settings ask for, not yet started. */
export function openStore({ databaseUrl, dataDir }: StoreOptions, deps: StoreDeps): OpenedStore {
  if (databaseUrl === '')
    return new SqlStore(new Database(new EmbeddedEngine(dataDir, MIGRATIONS, deps.clock), deps), ALONE, deps);
  const arbiter = new PostgresArbiter(databaseUrl, deps.clock, deps.random);
  return new SqlStore(new Database(new PostgresEngine(databaseUrl, MIGRATIONS), deps), arbiter, deps);
}
