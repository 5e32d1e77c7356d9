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
}

/** How one kind of server is started. */
export interface ServerKind extends WantedProgram {
  /** How many ports it listens on. */
  readonly ports: number;
  args(place: Place): readonly string[];
  /** What it prints when it takes connections. */
  readonly ready: RegExp;
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

  private constructor(
    private readonly kind: ServerKind,
    readonly ports: readonly number[],
    private readonly directory: string,
  ) {}

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
    await this.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
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
    await this.end('SIGTERM');
    await this.launch();
  }

  private async launch(): Promise<void> {
    const program = await programFor(this.kind);
    const directory = program.local ? this.directory : '/tmp';
    const running = program.start(this.kind.args({ ports: this.ports, bind: program.bind, directory }), this.ports);
    this.running = running;
    const { child } = running;
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error(`${this.kind.program} was started without its outputs`);
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    const output = new ProgramOutput({ stdout, stderr, once: (event, listener) => child.once(event, listener) });
    await Promise.race([output.matching(this.kind.ready), failed]);
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = this.running;
    this.running = undefined;
    this.paused = false;
    if (!running || running.child.exitCode !== null || running.child.signalCode !== null) return;
    const exit = once(running.child, 'exit');
    await running.signal(signal);
    await exit;
  }
}
