import { readdirSync } from 'node:fs';
import { WebSocket } from 'ws';

/** Bytes, as `process.memoryUsage()` has them. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers and what else JavaScript holds outside its heap. */
  readonly external: number;
}

interface Reply {
  readonly id: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** Full collections before memory is read: what finalizers let go needs a second one. */
const COLLECTIONS = 3;

/** Looks into a process by the inspector's protocol: nothing is loaded into it, and it runs the code that users run. */
export class Insides {
  private asked = 0;
  private readonly waiting = new Map<number, (reply: Reply) => void>();

  private constructor(
    private readonly socket: WebSocket,
    private readonly pid: number,
  ) {
    socket.on('message', (data: Buffer) => {
      const reply = JSON.parse(data.toString()) as Reply;
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    });
  }

  /** @param port that of `--inspect` */
  static async of(pid: number, port: number): Promise<Insides> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new Insides(socket, pid);
  }

  memory(): Promise<Memory> {
    return this.value<Memory>('(({ rss, heapUsed, external }) => ({ rss, heapUsed, external }))(process.memoryUsage())');
  }

  /** Memory that is still in use. */
  async memoryInUse(): Promise<Memory> {
    for (let i = 0; i < COLLECTIONS; i++) await this.ask('HeapProfiler.collectGarbage');
    return this.memory();
  }

  /** What keeps the process running, counted by kind: sockets, timers, requests. */
  async resources(): Promise<Map<string, number>> {
    const names = await this.value<string[]>('process.getActiveResourcesInfo()');
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  /** Open descriptors; NaN where there is no /proc. */
  descriptors(): number {
    try {
      return readdirSync(`/proc/${this.pid}/fd`).length;
    } catch {
      return NaN;
    }
  }

  close(): void {
    this.socket.terminate();
  }

  private async value<T>(expression: string): Promise<T> {
    const reply = await this.ask('Runtime.evaluate', { expression, returnByValue: true });
    return reply.result?.result?.value as T;
  }

  private ask(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, (reply) => {
        if (reply.error) reject(new Error(`${method}: ${reply.error.message}`));
        else resolve(reply);
      });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
