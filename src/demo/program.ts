import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** How long a program may take to end after it was asked to. */
const PATIENCE_MS = 10_000;

/** One of our own programs, running as a process of its own. */
export class Program {
  /** Resolves when the process has ended, with words that say how. */
  readonly ended: Promise<string>;
  private running = true;

  private constructor(private readonly process: ChildProcessByStdio<null, Readable, null>) {
    this.ended = once(process, 'exit').then(([code, signal]) => {
      this.running = false;
      return signal === null ? `with exit code ${String(code)}` : `on ${String(signal)}`;
    });
  }

  /**
   * Starts a compiled program, named from the folder of all programs. It stands in a process group of its own, or Ctrl-C
   * would reach it twice: from the terminal and from us. Its errors go to our terminal.
   */
  static start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Program {
    const leash = join(__dirname, '../leash.js');
    const child = spawn(process.execPath, ['--require', leash, join(__dirname, '..', file), ...args], {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new Program(child);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** The first line of output that matches; undefined when the program ended without one. All output is read, so it never blocks. */
  async line(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    const lines = createInterface({ input: this.process.stdout });
    return new Promise((resolve) => {
      lines.on('line', (line) => {
        const match = pattern.exec(line);
        if (match) resolve(match);
      });
      lines.once('close', () => resolve(undefined));
    });
  }

  /** Hands every line of output to `print`. */
  pipe(print: (line: string) => void): void {
    createInterface({ input: this.process.stdout }).on('line', print);
  }

  /** Asks it to end, insists after a while, and resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.process.kill('SIGTERM');
    const insist = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS);
    await this.ended;
    clearTimeout(insist);
  }
}
