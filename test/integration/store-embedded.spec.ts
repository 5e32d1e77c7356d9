import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock/clock';
import { openStore } from '../../src/store/open-store';
import { type NewSubscription, StoreUnavailable } from '../../src/store/store';
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
  store.start().then(async () => {
    for (let seq = 1; ; seq++) {
      const messageId = 'account.order:e:' + seq;
      await store.outbox.keep([{ messageId, stream: 'account.order', epoch: 'e', seq, routingKey: 'order', traceId: '0', body: '{}' }]);
      console.log('kept ' + seq + '.');
    }
  });
`;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tapecast-store-'));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function opened(dataDir: string) {
  const log = storeLog();
  const store = openStore({ databaseUrl: '', dataDir }, { clock: systemClock, random: Math.random, log });
  ends.push(() => store.stop());
  return { store, log };
}

describe('the embedded store', () => {
  it(
    'belongs to one process; when that is killed while it writes, another one has the directory and all that was kept',
    async () => {
      const directory = await newDirectory();
      const other = spawn(process.execPath, ['-e', PROGRAM, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
      ends.push(async () => {
        if (other.exitCode !== null || other.signalCode !== null) return;
        other.kill('SIGKILL');
        await once(other, 'exit');
      });
      const output = new ProgramOutput(other);
      await output.matching(/kept 100\./);

      const { store } = opened(directory);
      await store.start();
      expect(store.report()).toMatchObject({
        kind: 'embedded',
        available: false,
        reason: `DATA_DIR is in use by process ${String(other.pid)}; set DATABASE_URL for several processes to share one database`,
      });
      await expect(store.outbox.count()).rejects.toThrow(StoreUnavailable);

      other.kill('SIGKILL');
      await once(other, 'exit');
      await untilAvailable(store);
      const said = [...output.text.matchAll(/kept (\d+)\./g)].length;
      const seqs = (await store.outbox.waiting(1_000_000)).map(({ seq }) => seq);
      expect(seqs.length - said).toBeGreaterThanOrEqual(0);
      expect(seqs.length - said).toBeLessThanOrEqual(1);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e', seq: seqs.length });
    },
    FIRST_START_MS,
  );

  it(
    'is not taken in by what a first start left that was killed, is refused a second time in its process, and leaves nothing running',
    async () => {
      const directory = await newDirectory();
      await mkdir(join(directory, 'postgres.new'));
      await writeFile(join(directory, 'postgres.new', 'PG_VERSION'), '18\n');
      const { store } = opened(directory);
      await store.start();
      expect(store.report()).toMatchObject({ available: true });
      const row = await store.subscriptions.add(TICKER);

      const again = opened(directory).store;
      await again.start();
      expect(again.report().reason).toMatch(`in use by process ${process.pid};`);
      await store.stop();
      await untilAvailable(again);
      expect(await again.subscriptions.active()).toEqual([row]);
      expect(again.arbiter.verdict).toBe('ours');
    },
    FIRST_START_MS,
  );

  it('cannot be in a directory that cannot be written, and says so', async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, 'file'), '');
    const { store } = opened(join(directory, 'file', 'data'));
    await store.start();
    expect(store.report()).toMatchObject({ available: false, reason: 'its directory cannot be written' });
  });
});
