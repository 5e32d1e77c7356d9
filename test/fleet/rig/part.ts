import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { built } from './built';

/** Lines of output that are kept. */
const KEPT_LINES = 2000;

export interface PartOptions {
  readonly name: string;
  /** A program of the build. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it prints when it is ready. */
  readonly ready: RegExp;
}

/** A program of ours as a part of a fleet: a process that is killed, frozen and started again. It ends when the test does. */
export class Part {
  /** What it printed last, over all its lives. */
  readonly output: string[] = [];
  private child: ChildProcess | undefined;
  private frozen = false;
  private readonly end = (): void => void this.child?.kill('SIGKILL');

  private constructor(private readonly options: PartOptions) {
    process.once('exit', this.end);
  }

  static async start(options: PartOptions): Promise<Part> {
    const part = new Part(options);
    await part.startAgain();
    return part;
  }

  get name(): string {
    return this.options.name;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it is ready. @param args instead of those it was started with */
  async startAgain(args: readonly string[] = this.options.args ?? []): Promise<void> {
    const { name, file, env, ready } = this.options;
    // Not our environment: what somebody exported must not change what is tested.
    const child = spawn(process.execPath, ['--require', built('leash.js'), built(file), ...args], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const readable = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.output.push(line);
          if (this.output.length > KEPT_LINES) this.output.splice(0, KEPT_LINES / 2);
          if (ready.test(line)) resolve();
        });
      }
      child.once('exit', () => reject(new Error(`${name} ended before it was ready:\n${this.output.slice(-20).join('\n')}`)));
    });
    await readable;
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.ended('SIGKILL');
  }

  /** SIGTERM. Resolves with its exit code when it is gone; null when a signal ended it. */
  async stop(): Promise<number | null> {
    if (this.frozen) this.thaw();
    return this.ended('SIGTERM');
  }

  /** SIGSTOP: its sockets stay open, and nothing is answered. */
  freeze(): void {
    this.frozen = true;
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.frozen = false;
    this.child?.kill('SIGCONT');
  }

  /** Ends it for good. */
  async leave(): Promise<number | null> {
    const code = await this.stop();
    process.off('exit', this.end);
    return code;
  }

  private async ended(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this;
    if (!child) return 0;
    if (this.running) {
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    }
    this.frozen = false;
    return child.exitCode;
  }
}
