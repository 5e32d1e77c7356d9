import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A line of JSON that a server printed. */
export type PrintedLine = Readonly<Record<string, unknown>>;

const START_LIMIT_MS = 30_000;
const STDERR_KEPT = 2000;

/** Ended with this process, whatever ends it. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A process that prints JSON lines and is ready when one of them says so. */
export class ServerProcess {
  private stderr = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly printed: (line: PrintedLine) => void,
  ) {}

  /** @param ready tells the line that the process is waited for */
  static async start(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    ready: (line: PrintedLine) => boolean,
    printed: (line: PrintedLine) => void = () => undefined,
  ): Promise<{ process: ServerProcess; line: PrintedLine }> {
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    living.add(child);
    child.once('exit', () => living.delete(child));
    const server = new ServerProcess(child, printed);
    try {
      return { process: server, line: await server.whenReady(command, ready) };
    } catch (error) {
      server.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it wrote to stderr last. */
  get complaints(): string {
    return this.stderr;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private whenReady(command: string, ready: (line: PrintedLine) => boolean): Promise<PrintedLine> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${command} ${why}: ${this.stderr}`));
      const timer = setTimeout(() => fail('is not ready'), START_LIMIT_MS);
      this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr = (this.stderr + chunk.toString()).slice(-STDERR_KEPT)));
      this.child.on('error', (error) => fail(error.message));
      this.child.on('exit', (code) => {
        clearTimeout(timer);
        fail(`ended with ${String(code)}`);
      });
      createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
        const line = lineOf(text);
        if (!line) return;
        this.printed(line);
        if (!ready(line)) return;
        clearTimeout(timer);
        resolve(line);
      });
    });
  }
}

function lineOf(text: string): PrintedLine | undefined {
  try {
    return JSON.parse(text) as PrintedLine;
  } catch {
    return undefined;
  }
}
