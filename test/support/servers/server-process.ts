import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../free-port';
import { ProgramOutput } from '../program-output';
import { programFor, type RunningProgram, type WantedProgram } from './program';

/** Where a server may live. */
export interface Place {
  readonly ports: readonly number[];
  /** The address to bind to. */
  readonly bind: string;
  /** Its own, empty at its first start and gone with it. */
  readonly directory: string;
  /** Whether the directory is of this machine; an image uses one of its own. */
  readonly local: boolean;
}

/** How one kind of server is started. */
export interface ServerKind extends WantedProgram {
  /** How many ports it listens on. */
  readonly ports: number;
  args(place: Place): readonly string[];
  env?(place: Place): Readonly<Record<string, string>>;
  /** What it prints when it takes connections. */
  readonly ready: RegExp;
  /** What has to be run once before its first start. */
  readonly prepare?: { readonly program: string; args(directory: string): readonly string[] };
  /** What ends it politely and soon, if that is not SIGTERM. */
  readonly ending?: 'SIGINT';
}

const TAKEN = /address already in use/i;
const ATTEMPTS = 3;

/**
 * A real server of a test's own: on free ports of the loopback interface, with a private directory, and every fault that a process
 * can have. It ends with `stop`.
 */
export class ServerProcess {
  private running: RunningProgram | undefined;
  private paused = false;
  private prepared = false;

  private readonly sweeper: ChildProcess;

  private constructor(
    private readonly kind: ServerKind,
    readonly ports: readonly number[],
    /** What it keeps. */
    readonly directory: string,
  ) {
    this.sweeper = sweeperOf(directory);
  }

  /** Resolves when it takes connections. */
  static async start(kind: ServerKind): Promise<ServerProcess> {
    for (let attempt = 1; ; attempt++) {
      const directory = await mkdtemp(join(tmpdir(), `tapecast-${kind.program}-`));
      const server = new ServerProcess(kind, await freePorts(kind.ports), directory);
      try {
        await server.launch();
        return server;
      } catch (error) {
        await server.stop();
        // A free port can be taken by somebody else before the server has it.
        if (attempt === ATTEMPTS || !TAKEN.test(String(error))) throw error;
      }
    }
  }

  /** Its main port. */
  get port(): number {
    return this.ports[0] as number;
  }

  /** Ends it politely and removes its directory. May be called in any state, and again. */
  async stop(): Promise<void> {
    if (this.paused) await this.resume();
    await this.end(this.kind.ending ?? 'SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
    this.sweeper.kill();
  }

  /** Resolves when the process is gone: its connections are reset. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Freezes it: its connections stay open and nothing answers. */
  async pause(): Promise<void> {
    this.paused = true;
    await this.running?.signal('SIGSTOP');
  }

  async resume(): Promise<void> {
    this.paused = false;
    await this.running?.signal('SIGCONT');
  }

  /** Starts it again after a kill, on the same ports. Resolves when it takes connections. */
  async restart(): Promise<void> {
    await this.end(this.kind.ending ?? 'SIGTERM');
    await this.launch();
  }

  /** Runs and answers, whatever was done to it before. Resolves when it takes connections. */
  async revive(): Promise<void> {
    if (this.paused) await this.resume();
    if (!this.runs) await this.launch();
  }

  private get runs(): boolean {
    return this.running?.child.exitCode === null && this.running.child.signalCode === null;
  }

  private async launch(): Promise<void> {
    const program = await programFor(this.kind);
    const { bind, local } = program;
    const directory = local ? this.directory : '/tmp';
    const place = { ports: this.ports, bind, directory, local };
    const { prepare } = this.kind;
    if (prepare && !this.prepared) await program.prepare(directory, prepare.program, prepare.args(directory));
    this.prepared = true;
    const running = program.start(this.kind.args(place), this.ports, this.kind.env?.(place));
    this.running = running;
    const { child } = running;
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error(`${this.kind.program} was started without its outputs`);
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const output = new ProgramOutput({ stdout, stderr, once: (event, listener) => child.once(event, listener) });
    await Promise.race([output.matching(this.kind.ready), failed]);
  }

  private async end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<void> {
    const { running, runs } = this;
    this.running = undefined;
    this.paused = false;
    if (!running || !runs) return;
    const exit = once(running.child, 'exit');
    await running.signal(signal);
    await exit;
  }
}

/** Removes the directory when this process has ended without having done so: it hears of that by the end of its input. */
function sweeperOf(directory: string): ChildProcess {
  const sweeper = spawn('sh', ['-c', 'cat; sleep 1; exec rm -rf -- "$0"', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  sweeper.unref();
  // A pipe is a socket here, which would keep the process alive.
  (sweeper.stdin as unknown as { unref(): void }).unref();
  return sweeper;
}
