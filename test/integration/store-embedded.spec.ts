import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/clock/clock';
import { openStore } from '../../src/store/open-store';
import { type NewSubscription, StoreUnavailable } from '../../src/store/store';
import { ManualClock } from '../support/manual-clock';
import { ProgramOutput } from '../support/program-output';
import { storeLog, untilAvailable } from '../support/store';

/** A directory is made for the database, which takes seconds of a core. */
const FIRST_START_MS = 120_000;

const TICKER: NewSubscription = {
  channelType: 'ticker',
  symbol: 'BTCUSDT',
  market: 'futures',
  topic: 'futures.ticker.BTCUSDT',
  requestingService: 'pricing',
};

/** Another process that opens the directory, as the compiled program does, and goes on writing until it is killed. */
const PROGRAM = `
  const { openStore } = require('./dist/store/open-store.js');
  const { systemClock } = require('./dist/clock/clock.js');
  const log = { info: () => undefined, warn: (fields) => console.log(JSON.stringify(fields)) };
  const store = openStore({ databaseUrl: '', dataDir: process.argv[1] }, { clock: systemClock, random: Math.random, log });
  void store.start();
  store.onAvailable(async (available) => {
    if (!available) return;
    for (let seq = 1; ; seq++) {
      const messageId = 'account.order:e:' + seq;
      await store.outbox.keep([{ messageId, stream: 'account.order', epoch: 'e', seq, routingKey: 'order', traceId: '0', body: '{}' }]);
      console.log('kept ' + seq + '.');
    }
  });
`;

let directory: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapecast-store-'));
  // As a first start leaves it that is killed.
  await mkdir(join(directory, 'postgres.new'));
  await writeFile(join(directory, 'postgres.new', 'PG_VERSION'), '18\n');
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function opened(dataDir = directory, clock: Clock = systemClock) {
  const store = openStore({ databaseUrl: '', dataDir }, { clock, random: Math.random, log: storeLog() });
  ends.push(() => store.stop());
  return store;
}

function inUseBy(pid: number | undefined): string {
  return `DATA_DIR is in use by process ${String(pid)}; set DATABASE_URL for several processes to share one database`;
}

describe('the embedded store', () => {
  it(
    'belongs to one process; when that is killed while it writes, another one has the directory and all that was kept',
    async () => {
      const other = spawn(process.execPath, ['-e', PROGRAM, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
      ends.push(async () => {
        if (other.exitCode !== null || other.signalCode !== null) return;
        other.kill('SIGKILL');
        await once(other, 'exit');
      });
      const output = new ProgramOutput(other);
      await output.matching(/kept 100\./);

      const store = opened();
      await store.start();
      expect(store.report()).toMatchObject({ kind: 'embedded', available: false, reason: inUseBy(other.pid) });
      await expect(store.outbox.count()).rejects.toThrow(StoreUnavailable);

      other.kill('SIGKILL');
      await once(other, 'exit');
      await untilAvailable(store);
      const said = [...output.text.matchAll(/kept (\d+)\./g)].length;
      const seqs = (await store.outbox.waiting(1_000_000)).map(({ seq }) => seq);
      // The last one may have been kept without a word.
      expect([said, said + 1]).toContain(seqs.length);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e', seq: seqs.length });
    },
    FIRST_START_MS,
  );

  it(
    'belongs to one store of a process, and to the next one when that is stopped',
    async () => {
      const [first, second] = [opened(), opened()];
      await first.start();
      await untilAvailable(first);
      const row = await first.subscriptions.add(TICKER);
      await second.start();
      expect(second.report().reason).toBe(inUseBy(process.pid));
      await first.stop();
      await untilAvailable(second);
      expect(await second.subscriptions.active()).toEqual([row]);
      expect(second.arbiter.verdict).toBe('ours');
    },
    FIRST_START_MS,
  );

  it(
    'stops at once when its directory has been taken from it, and has it again when it is free',
    async () => {
      const clock = new ManualClock();
      const store = opened(directory, clock);
      await store.start();
      await untilAvailable(store);
      await writeFile(join(directory, 'lock'), JSON.stringify({ pid: 17, host: 'elsewhere', began: '', token: 'of another' }));
      const lost = untilAvailable(store, false);
      clock.advance(5000);
      await lost;
      await expect(store.subscriptions.active()).rejects.toThrow(StoreUnavailable);
      await rm(join(directory, 'lock'));
      // The next try.
      clock.advance(1000);
      await untilAvailable(store);
      expect(await store.subscriptions.active()).toHaveLength(1);
    },
    FIRST_START_MS,
  );

  it('cannot be in a directory that cannot be written, and says so', async () => {
    await writeFile(join(directory, 'file'), '');
    const store = opened(join(directory, 'file', 'data'));
    await store.start();
    expect(store.report()).toMatchObject({ available: false, reason: 'its directory cannot be written' });
  });
});
