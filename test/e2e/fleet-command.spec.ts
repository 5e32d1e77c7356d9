import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../support/free-port';
import { ProgramOutput } from '../support/program-output';
import { programFor } from '../support/servers/program';
import { REDIS } from '../support/servers/redis';

const root = join(__dirname, '../..');
const LEASH = ['--require', './dist/leash.js'];

let port: string;
let fleet: ChildProcessWithoutNullStreams;
let output: ProgramOutput;

beforeEach(async () => {
  // Installs Redis where that is possible: the command itself only looks for it.
  await programFor(REDIS);
  port = String((await freePorts(1))[0]);
  // What somebody has exported for a gateway is not the fleet's.
  start({ REDIS_URL: '', REDIS_CLUSTER_NODES: '127.0.0.1:1', WORKERS: '0' });
  await output.matching(/Ctrl-C stops everything/);
}, 60_000);

function start(env: Readonly<Record<string, string>>): void {
  fleet = spawn('node', [...LEASH, 'dist/fleet/fleet.js', '--replicas', '2'], {
    cwd: root,
    env: { ...process.env, PORT: port, ...env },
  });
  output = new ProgramOutput(fleet);
}

async function stop(): Promise<void> {
  if (fleet.exitCode !== null || fleet.signalCode !== null) return;
  const exit = once(fleet, 'exit');
  fleet.kill('SIGTERM');
  await exit;
}

afterEach(stop);

/** Every pid that was printed. */
function pids(): number[] {
  return [...output.text.matchAll(/pid (\d+)|kill -9 (\d+)/g)].map(([, one, other]) => Number(one ?? other));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What `ps` says of a process. */
function ask(pid: number, what: 'args' | 'ppid'): string {
  return execFileSync('ps', ['-o', `${what}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
}

const commandOf = (pid: number): string => ask(pid, 'args');
const parentOf = (pid: number): number => Number(ask(pid, 'ppid'));

describe('npm run fleet', () => {
  it('shows live prices through its balancer, lives through the death of a replica, and ends with all its parts', async () => {
    const [, command] = await output.matching(/^ *npm run watch -- (.*)$/m);
    // With the order book 20 messages come in a second: they last twice as long as a replica stays dead.
    const args = ['--count', '200', ...(command ?? '').split(' '), 'orderbook:50:BTCUSDT'];
    const watch = spawn('node', ['dist/demo/watch.js', ...args], { cwd: root });
    const ended = once(watch, 'exit');
    const watched = new ProgramOutput(watch);
    await watched.matching(/mudrex\.futures\.ticker\.BTCUSDT/);
    const [, replica] = await output.matching(/health {3}pid (\d+)/);
    process.kill(Number(replica), 'SIGKILL');
    const [, again] = await output.matching(/ended on SIGKILL[^]*replica \d runs again, with pid (\d+)/);
    expect(isAlive(Number(again))).toBe(true);
    expect(await ended).toEqual([0, null]);
    const exit = once(fleet, 'exit');
    fleet.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(pids().filter(isAlive)).toEqual([]);
    await expect(fetch(`http://127.0.0.1:${port}/live`)).rejects.toThrow();
  }, 90_000);

  it('names redis-server itself as what is to be killed, also after it was', async () => {
    const [, redis] = await output.matching(/kill -9 (\d+) +Redis/);
    process.kill(Number(redis), 'SIGKILL');
    const [, again] = await output.matching(/Redis ended on SIGKILL[^]*Redis runs again, with pid (\d+)/);
    expect(commandOf(Number(again))).toMatch(/redis-server/);
  }, 60_000);

  it('takes redis-server with the program around it, so that the next one has the port', async () => {
    const [, redis] = await output.matching(/kill -9 (\d+) +Redis/);
    process.kill(parentOf(Number(redis)), 'SIGKILL');
    const [, again] = await output.matching(/Redis ended on SIGKILL[^]*Redis runs again, with pid (\d+)/);
    expect([isAlive(Number(redis)), isAlive(Number(again))]).toEqual([false, true]);
  }, 60_000);

  it('ends with what a replica says when that cannot start', async () => {
    await stop();
    start({ REDIS_URL: 'nonsense' });
    const [code] = (await once(fleet, 'close')) as [number];
    expect(code).toBe(1);
    expect(output.text).not.toMatch(/started again/);
    expect(output.text).toMatch(/replica \d ended with exit code 1 before it was ready/);
  }, 60_000);

  it('leaves nothing behind when it is killed itself', async () => {
    const known = pids();
    expect(known.filter(isAlive).length).toBeGreaterThanOrEqual(3);
    const closed = once(fleet, 'close');
    fleet.kill('SIGKILL');
    // Its output closes when the last program that holds it has ended.
    await closed;
    while (known.some(isAlive)) await wait(20);
    expect(known.filter(isAlive)).toEqual([]);
  }, 60_000);
});
