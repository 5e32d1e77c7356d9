import type { Migration } from 'kysely';
import type { Engine, OpenDatabase, Opening } from '../engine';
import { migrate } from '../migrate';
import { PostgresConnections } from './connections';

/** Nothing asked for here takes as long when the server is well. */
const STATEMENT_MS = 3000;
/** A migration may have much to do, or wait for another replica's. */
const MIGRATION_MS = 60_000;
const MOST_CONNECTIONS = 5;

/** PostgreSQL at an address, 13 or newer. */
export class PostgresEngine implements Engine {
  readonly kind = 'postgresql';
  readonly longestWaitMs = 5000;

  constructor(
    private readonly url: string,
    private readonly migrations: Record<string, Migration>,
  ) {}

  async open({ doubt, signal }: Opening): Promise<OpenDatabase> {
    const { url } = this;
    const migrating = new PostgresConnections({ url, most: 1, statementMs: MIGRATION_MS }, () => undefined);
    const stop = () => void migrating.cut();
    signal.addEventListener('abort', stop);
    try {
      await migrate(migrating.db, this.migrations);
      await migrating.close();
    } catch (error) {
      await migrating.cut();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return new PostgresConnections({ url, most: MOST_CONNECTIONS, statementMs: STATEMENT_MS }, doubt);
  }
}
