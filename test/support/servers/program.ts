import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Directories of servers that not every user has in PATH. */
const MORE_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

/** A server that tests need and how to come by it. */
export interface WantedProgram {
  readonly program: string;
  readonly debianPackage: string;
  readonly image: string;
  /** Where to look before PATH: for packages that put a wrapper there. */
  readonly directories?: readonly string[];
  /** Who runs it instead of root, for a server that refuses to be root. */
  readonly user?: string;
  /** It consists of several processes, each of which must be hit by a signal that kills or stops it. */
  readonly manyProcesses?: boolean;
}

/** What signals do to a server, whether it is a child of ours or runs in a container. */
export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** A program that can be started. */
export interface Program {
  /** Where it is. */
  readonly path: string;
  /** The address it must bind to so that only this machine reaches it. */
  readonly bind: string;
  /** Whether it sees this machine's directories. */
  readonly local: boolean;
  /** Runs a program that is installed beside it, to its end, on a directory that is made its own. An image does that by itself. */
  prepare(directory: string, program: string, args: readonly string[]): Promise<void>;
  start(args: readonly string[], ports: readonly number[], env?: Readonly<Record<string, string>>): RunningProgram;
}

export interface RunningProgram {
  readonly child: ChildProcess;
  signal(signal: Signal): Promise<void>;
}

const found = new Map<string, Promise<Program>>();

/** The program where it is installed, else its Debian package, else its image. Rejects with what a person has to install. */
export function programFor(wanted: WantedProgram): Promise<Program> {
  const known = found.get(wanted.program) ?? find(wanted);
  found.set(wanted.program, known);
  return known;
}

async function find(wanted: WantedProgram): Promise<Program> {
  const installed = await pathOf(wanted);
  if (installed) return localProgram(wanted, installed, await leashes());
  const failures: string[] = [];
  if (await isDebianRoot()) {
    const failure = await install(wanted);
    const path = await pathOf(wanted);
    if (path) return localProgram(wanted, path, await leashes());
    failures.push(` (apt-get install ${wanted.debianPackage} did not work: ${failure})`);
  }
  if (await dockerWorks()) return containerProgram(wanted);
  throw new Error(
    `These tests need ${wanted.program}, which is neither in PATH nor to be had through docker: install it, ` +
      `for example with "apt-get install ${wanted.debianPackage}" as root${failures.join('')}.`,
  );
}

async function pathOf({ program, directories = [] }: WantedProgram): Promise<string | undefined> {
  for (const directory of [...directories, ...(process.env['PATH'] ?? '').split(delimiter), ...MORE_DIRECTORIES]) {
    const path = join(directory, program);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (directory !== '' && executable) return path;
  }
  return undefined;
}

async function isDebianRoot(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/**
 * One process at a time, and once only: the others wait for the lock and find it done. The package's service must not start, which
 * Debian asks policy-rc.d about. @returns why it did not work, or ''
 */
async function install({ program, debianPackage }: WantedProgram): Promise<string> {
  const script = `
    command -v ${program} && exit 0
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod +x $policy; trap "rm -f $policy" EXIT; fi
    apt-get install -y --no-install-recommends ${debianPackage} ||
      { apt-get update && apt-get install -y --no-install-recommends ${debianPackage}; }`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('flock', [join(tmpdir(), 'tapecast-apt.lock'), 'sh', '-c', script], { env, timeout: 180_000, maxBuffer: 1e8 });
    return '';
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).trim();
  }
}

async function dockerWorks(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5000 }).then(
    () => true,
    () => false,
  );
}

/** What makes a server end with the process that started it, however that ends. Nothing where the system has no such thing. */
async function leashes(): Promise<readonly string[]> {
  const leash = ['setpriv', '--pdeathsig', 'KILL'];
  return run('setpriv', [...leash.slice(1), 'true']).then(
    () => leash,
    () => [],
  );
}

/** @param leash runs the command that follows it, as the same process */
function localProgram({ user, manyProcesses }: WantedProgram, path: string, leash: readonly string[]): Program {
  const asUser =
    user === undefined || process.getuid?.() !== 0 ? [] : ['setpriv', '--reuid', user, '--regid', user, '--init-groups'];
  return {
    path,
    bind: '127.0.0.1',
    local: true,
    async prepare(directory, program, args) {
      if (user !== undefined && asUser.length > 0) await run('chown', [user, directory]);
      const [command, ...rest] = [...asUser, join(dirname(await realpath(path)), program), ...args];
      await run(command as string, rest);
    },
    start(args, _ports, env) {
      const [command, ...rest] = [...asUser, ...leash, path, ...args];
      const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
      return {
        child,
        signal: async (signal) => {
          const politely = signal === 'SIGTERM' || signal === 'SIGINT';
          const others = manyProcesses && !politely ? await childrenOf(child) : [];
          child.kill(signal);
          for (const other of others) tryToSignal(other, signal);
        },
      };
    },
  };
}

async function childrenOf({ pid }: ChildProcess): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .map(Number)
    .filter((number) => number > 0);
}

/** It may have ended meanwhile. */
function tryToSignal(pid: number, signal: Signal): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The same ports inside and outside, so that a server that tells others its address tells the right one. */
function containerProgram({ program, image }: WantedProgram): Program {
  const verbs: Record<Signal, readonly string[]> = {
    SIGTERM: ['stop'],
    SIGINT: ['stop'],
    SIGKILL: ['kill'],
    SIGSTOP: ['pause'],
    SIGCONT: ['unpause'],
  };
  return {
    path: program,
    bind: '0.0.0.0',
    local: false,
    prepare: () => Promise.resolve(),
    start(args, ports, env = {}) {
      const name = `tapecast-test-${randomUUID()}`;
      const published = ports.flatMap((port) => ['-p', `127.0.0.1:${port}:${port}`]);
      const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      const child = spawn('docker', ['run', '--rm', '--name', name, ...published, ...variables, image, program, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return {
        child,
        signal: async (signal) => {
          await run('docker', [...verbs[signal], name]);
        },
      };
    },
  };
}
