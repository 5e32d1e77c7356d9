import { once } from 'node:events';
import WebSocket, { type ClientOptions } from 'ws';

/** Any frame of the native protocol: a reply or notice has an `op`, data has a `type`. */
export interface Frame {
  readonly op?: string;
  readonly type?: string;
  readonly stream?: string;
  readonly seq?: number;
  readonly [field: string]: unknown;
}

interface Waiter {
  readonly wants: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

const REPLIES = new Set(['subscribe', 'unsubscribe', 'pong', 'list', 'error']);

/** A client of the gateway that keeps every frame until it is asked for, so that none is missed between two awaits. */
export class TestClient {
  /** Frames that nobody has asked for yet, oldest first. */
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly waiters: Waiter[] = [];

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Frame));
    ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      ws.once('close', (code, reason) => {
        const error = new Error(`closed with ${code} ${reason.toString()}`);
        for (const waiter of this.waiters.splice(0)) waiter.reject(error);
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Rejects when the upgrade is refused. */
  static async connect(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const ws = new WebSocket(url, options);
    const client = new TestClient(ws);
    await once(ws, 'open');
    return client;
  }

  /** The oldest frame that was not asked for yet, or the next one to come. */
  next(): Promise<Frame> {
    return this.nextWhere(() => true);
  }

  /** As {@link next}, of those frames that are wanted; the others stay for later. */
  nextWhere(wants: (frame: Frame) => boolean): Promise<Frame> {
    const at = this.frames.findIndex(wants);
    const [frame] = at < 0 ? [] : this.frames.splice(at, 1);
    if (frame) return Promise.resolve(frame);
    if (this.ws.readyState === WebSocket.CLOSED) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => this.waiters.push({ wants, resolve, reject }));
  }

  send(request: object | string): void {
    this.ws.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  /** Sends, and takes the next reply or error, wherever it stands among the data. */
  request(request: object | string): Promise<Frame> {
    this.send(request);
    return this.nextWhere(({ op }) => op !== undefined && REPLIES.has(op));
  }

  /** Every frame that came before the answer to a ping sent now: what the server had to say so far. */
  async said(): Promise<Frame[]> {
    const id = `said ${Math.random()}`;
    this.send({ op: 'ping', id });
    await this.nextWhere((frame) => frame['id'] === id);
    return this.frames.splice(0);
  }

  /** Resolves when both sides have let go. */
  async close(): Promise<void> {
    if (this.ws.readyState !== WebSocket.CLOSED) this.ws.close();
    await this.closed;
  }

  private receive(frame: Frame): void {
    const at = this.waiters.findIndex(({ wants }) => wants(frame));
    const [waiter] = at < 0 ? [] : this.waiters.splice(at, 1);
    if (waiter) waiter.resolve(frame);
    else this.frames.push(frame);
  }
}
