import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Directories of servers that not every user has in PATH. */
const MORE_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

/** A server that tests need and how to come by it. */
export interface WantedProgram {
  readonly program: string;
  readonly debianPackage: string;
  readonly image: string;
}

/** What signals do to a server, whether it is a child of ours or runs in a container. */
export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** A program that can be started. */
export interface Program {
  /** The address it must bind to so that only this machine reaches it. */
  readonly bind: string;
  /** Whether it sees this machine's directories. */
  readonly local: boolean;
  start(args: readonly string[], ports: readonly number[]): RunningProgram;
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
  const installed = await pathOf(wanted.program);
  if (installed) return localProgram(installed, await leashes());
  const failures: string[] = [];
  if (await isDebianRoot()) {
    const failure = await install(wanted);
    const path = await pathOf(wanted.program);
    if (path) return localProgram(path, await leashes());
    failures.push(` (apt-get install ${wanted.debianPackage} did not work: ${failure})`);
  }
  if (await dockerWorks()) return containerProgram(wanted);
  throw new Error(
    `These tests need ${wanted.program}, which is neither in PATH nor to be had through docker: install it, ` +
      `for example with "apt-get install ${wanted.debianPackage}" as root${failures.join('')}.`,
  );
}

async function pathOf(program: string): Promise<string | undefined> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_DIRECTORIES];
  for (const directory of directories) {
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
function localProgram(path: string, leash: readonly string[]): Program {
  return {
    bind: '127.0.0.1',
    local: true,
    start(args) {
      const [command, ...rest] = [...leash, path, ...args];
      const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
      return {
        child,
        signal: (signal) => {
          child.kill(signal);
          return Promise.resolve();
        },
      };
    },
  };
}

/** The same ports inside and outside, so that a server that tells others its address tells the right one. */
function containerProgram({ program, image }: WantedProgram): Program {
  const verbs: Record<Signal, readonly string[]> = {
    SIGTERM: ['stop'],
    SIGKILL: ['kill'],
    SIGSTOP: ['pause'],
    SIGCONT: ['unpause'],
  };
  return {
    bind: '0.0.0.0',
    local: false,
    start(args, ports) {
      const name = `tapecast-test-${randomUUID()}`;
      const published = ports.flatMap((port) => ['-p', `127.0.0.1:${port}:${port}`]);
      const child = spawn('docker', ['run', '--rm', '--name', name, ...published, image, program, ...args], {
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
