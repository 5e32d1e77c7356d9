import { join } from 'node:path';
import { Kysely, type Migration } from 'kysely';
import type { Clock } from '../../clock/clock';
import type { Engine, OpenDatabase, Opening } from '../engine';
import { migrate } from '../migrate';
import type { Tables } from '../tables';
import { DatabaseThread } from './database-thread';
import { DirectoryLock } from './directory-lock';
import { embeddedDialect } from './embedded-dialect';

/** PostgreSQL within this process, in a thread of its own, for one process that must need nothing else. */
export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  /** A directory that cannot be opened costs seconds of a core each time. */
  readonly longestWaitMs = 30_000;
  private readonly lock: DirectoryLock;

  /** @param directory is made when it is not there */
  constructor(
    private readonly directory: string,
    private readonly migrations: Record<string, Migration>,
    private readonly clock: Clock,
  ) {
    this.lock = new DirectoryLock(directory, clock);
  }

  async open({ doubt, signal }: Opening): Promise<OpenDatabase> {
    let thread: DatabaseThread | undefined;
    await this.lock.take(() => void thread?.kill());
    try {
      thread = await DatabaseThread.start(join(this.directory, 'postgres'), this.clock, doubt, signal);
      const db = new Kysely<Tables>({ dialect: embeddedDialect(thread) });
      await migrate(db, this.migrations);
      return new OpenDirectory(db, thread, this.lock);
    } catch (error) {
      await thread?.kill();
      await this.lock.release();
      throw error;
    }
  }
}

class OpenDirectory implements OpenDatabase {
  constructor(
    readonly db: Kysely<Tables>,
    private readonly thread: DatabaseThread,
    private readonly lock: DirectoryLock,
  ) {}

  async close(): Promise<void> {
    await this.thread.close();
    await this.lock.release();
  }

  async cut(): Promise<void> {
    await this.thread.kill();
    await this.lock.release();
  }
}
