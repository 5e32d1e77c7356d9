import { type Migration, Migrator, sql } from 'kysely';
import { DatabaseRefused, messageOf } from './reason';
import type { TypedDatabase } from './tables';

/** The oldest that has everything the queries use. */
const OLDEST_VERSION = 130_000;

/**
 * Brings the tables up to date, or rejects and leaves them as they were. Replicas that start together wait for each other: all of it
 * is one transaction under an advisory lock, and who comes later finds it done.
 */
export async function migrate(db: TypedDatabase, migrations: Record<string, Migration>): Promise<void> {
  const { rows } = await sql<{ schema: string | null; version: number; read_only: boolean }>`
    select current_schema() as schema, current_setting('server_version_num')::int as version,
      current_setting('transaction_read_only')::bool as read_only`.execute(db);
  const [{ schema, version, read_only }] = rows as [(typeof rows)[0]];
  if (version < OLDEST_VERSION) throw new DatabaseRefused('PostgreSQL 13 or newer is needed');
  // After a failover the old primary comes back as one.
  if (read_only) throw new DatabaseRefused('the database is read-only');
  if (schema === null) throw new DatabaseRefused('no schema of the search_path exists');
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    // Named in full: another program's tables of that kind, in another schema, would be taken for ours.
    migrationTableSchema: schema,
    migrationTableName: 'tapecast_migration',
    migrationLockTableName: 'tapecast_migration_lock',
  }).migrateToLatest();
  if (error === undefined) return;
  if (messageOf(error).includes('previously executed migration')) {
    throw new DatabaseRefused('a newer version has changed its tables', { cause: error });
  }
  throw error as Error;
}
