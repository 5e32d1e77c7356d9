import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Database } from '../../src/store/database';
import { EmbeddedEngine } from '../../src/store/embedded/embedded-engine';
import { MIGRATIONS } from '../../src/store/migrations';
import { ALONE } from '../../src/store/open-store';
import { SqlStore } from '../../src/store/sql-store';
import { ManualClock } from '../support/manual-clock';
import { EMPTYING, storeLog, untilAvailable } from '../support/store';
import { describeStore } from './store.contract';

/** The directory is made, which takes seconds of a core. */
const FIRST_START_MS = 120_000;

describe('in a directory', () => {
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'tapecast-store-'))));
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const start = async () => {
    const clock = new ManualClock();
    const deps = { clock, random: Math.random, log: storeLog() };
    const database = new Database(new EmbeddedEngine(directory, MIGRATIONS, clock), deps);
    const store = new SqlStore(database, ALONE, deps);
    await store.start();
    await untilAvailable(store);
    const empty = async () => {
      await database.ask((db) => sql.raw(EMPTYING).execute(db));
    };
    return { store, clock, empty };
  };
  describeStore('the embedded database', start, FIRST_START_MS);
});
