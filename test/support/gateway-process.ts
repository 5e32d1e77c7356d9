import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

// From the root, where npm runs everything: this file is also built into another place, for benchmarks.
const MAIN = resolve('dist/main.js');

/** One JSON line of the gateway's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The built gateway as users run it: a process of its own, on free ports of the loopback interface. */
export class GatewayProcess {
  readonly log: LogLine[] = [];
  private readonly waiting: { matches: (line: LogLine) => boolean; found: (line: LogLine) => void }[] = [];
  private stderr = '';
  port = 0;
  metricsPort = 0;

  private constructor(readonly child: ChildProcess) {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => this.read(text));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Resolves when the gateway takes clients. @param env on top of free ports and JSON logs */
  static async start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0', LOG_JSON: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const gateway = new GatewayProcess(child);
    const ready = gateway.logged(({ msg }) => msg === 'tapecast takes clients');
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the gateway ended with ${String(code)}: ${gateway.stderr}`);
    });
    const line = await Promise.race([ready, ended]);
    ended.catch(() => undefined);
    gateway.port = Number(line['port']);
    gateway.metricsPort = Number(line['metricsPort']);
    return gateway;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** A line that was logged already or the next one to come. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const past = this.log.find(matches);
    if (past) return Promise.resolve(past);
    return new Promise((found) => this.waiting.push({ matches, found }));
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return { status: response.status, body: await response.json() };
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
  }

  /** Sends SIGTERM and resolves with the exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const [code] = (await exit) as [number | null];
    return code;
  }

  private read(text: string): void {
    const line = JSON.parse(text) as LogLine;
    this.log.push(line);
    for (const wait of this.waiting.splice(0)) {
      if (wait.matches(line)) wait.found(line);
      else this.waiting.push(wait);
    }
  }
}
