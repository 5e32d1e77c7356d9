import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How long a program may take to end after it was asked to. */
const PATIENCE_MS = 10_000;

/** One of our own programs, running as a process of its own. */
export class Program {
  /** Resolves when the process has ended, with words that say how. */
  readonly ended: Promise<string>;
  private running = true;

  private constructor(private readonly process: ChildProcess) {
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
    const child = fork(join(__dirname, '..', file), args, {
      detached: true,
      execArgv: ['--require', join(__dirname, 'leash.js')],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    return new Program(child);
  }

  /** The first line of output that matches; undefined when the program ended without one. All output is read, so it never blocks. */
  async line(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    const output = this.process.stdout;
    if (output === null) return undefined;
    const lines = createInterface({ input: output });
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
    if (this.process.stdout) createInterface({ input: this.process.stdout }).on('line', print);
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
