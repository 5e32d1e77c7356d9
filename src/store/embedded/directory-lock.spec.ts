import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { ManualClock } from '../../../test/support/manual-clock';
import { DatabaseRefused } from '../reason';
import { DirectoryLock } from './directory-lock';

let directory: string;
let file: string;
let clock: ManualClock;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapecast-lock-'));
  file = join(directory, 'lock');
  clock = new ManualClock();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const lock = () => new DirectoryLock(directory, clock);
const unexpected = () => {
  throw new Error('lost');
};

function holder(differences: object): Promise<void> {
  return writeFile(file, JSON.stringify({ pid: process.pid, host: hostname(), began: '1', token: 'of another', ...differences }));
}

/** A pid that nobody has: of a process that has just ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

describe('the lock of a directory', () => {
  it('is had by one at a time, in a directory that is made for it', async () => {
    await rm(directory, { recursive: true });
    const [one, two] = [lock(), lock()];
    await one.take(unexpected);
    await expect(two.take(unexpected)).rejects.toThrow(DatabaseRefused);
    await expect(two.take(unexpected)).rejects.toThrow(
      `DATA_DIR is in use by process ${process.pid}; set DATABASE_URL for several processes to share one database`,
    );
    await one.release();
    await two.take(unexpected);
    await one.release();
    await expect(lock().take(unexpected)).rejects.toThrow(DatabaseRefused);
    await two.release();
    expect(await readdir(directory)).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('is had by one of many who find that it was left behind', async () => {
    await holder({ pid: await deadPid() });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lock().take(unexpected)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over at once from a process that is dead', async () => {
    await holder({ pid: await deadPid() });
    await lock().take(unexpected);
    expect(await readFile(file, 'utf8')).toContain(`"pid":${process.pid}`);
  });

  it('is taken over at once from a process whose pid another one has now', async () => {
    await holder({ pid: process.pid, began: 'before this one' });
    await lock().take(unexpected);
    expect(await readFile(file, 'utf8')).not.toContain('before this one');
  });

  it('is taken over from a process on another host when that shows no sign of life for 30 s', async () => {
    await holder({ host: 'elsewhere', pid: 17 });
    const mine = lock();
    await expect(mine.take(unexpected)).rejects.toThrow('in use by process 17 on elsewhere');
    clock.advance(29_000);
    const sign = new Date(1_800_000_000_000);
    await utimes(file, sign, sign);
    await expect(mine.take(unexpected)).rejects.toThrow(DatabaseRefused);
    clock.advance(29_999);
    await expect(mine.take(unexpected)).rejects.toThrow(DatabaseRefused);
    clock.advance(1);
    await mine.take(unexpected);
  });

  it('is left for 30 s to who seems to be writing it', async () => {
    await writeFile(file, '');
    const mine = lock();
    await expect(mine.take(unexpected)).rejects.toThrow(DatabaseRefused);
    clock.advance(30_000);
    await mine.take(unexpected);
  });

  it('shows every 5 s that its holder lives, and tells it when somebody else has taken it', async () => {
    const mine = lock();
    let lost = false;
    await mine.take(() => (lost = true));
    const sign = await signOf();
    clock.advance(5000);
    await eventually(async () => (await signOf()) !== sign);
    expect(lost).toBe(false);
    await holder({});
    clock.advance(5000);
    await eventually(() => lost);
    await mine.release();
    expect(await readFile(file, 'utf8')).toContain('of another');
  });

  async function signOf(): Promise<number> {
    return (await stat(file)).mtimeMs;
  }
});
