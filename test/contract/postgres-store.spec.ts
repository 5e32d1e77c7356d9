import { openStore } from '../../src/store/open-store';
import { ManualClock } from '../support/manual-clock';
import { type SharedPostgres, sharedPostgres, statement } from '../support/servers/postgres';
import { EMPTYING, storeLog, untilAvailable } from '../support/store';
import { describeStore } from './store.contract';

/** A machine without PostgreSQL installs it first. */
const INSTALLATION_MS = 240_000;

describe('on PostgreSQL', () => {
  let postgres: SharedPostgres;
  beforeAll(async () => (postgres = await sharedPostgres()), INSTALLATION_MS);
  afterAll(() => postgres.stop());

  const start = async () => {
    const clock = new ManualClock();
    const store = openStore({ databaseUrl: postgres.url, dataDir: '' }, { clock, random: Math.random, log: storeLog() });
    await store.start();
    await untilAvailable(store);
    return { store, clock, empty: () => statement(postgres.url, EMPTYING) };
  };
  describeStore('PostgreSQL', start, INSTALLATION_MS);
});
