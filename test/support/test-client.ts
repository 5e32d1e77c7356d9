import { once } from 'node:events';
import WebSocket from 'ws';

/** Any frame of the native protocol, as parsed. */
export type Frame = Record<string, unknown>;

/** A client that queues what it receives, so that nothing is missed between awaits. */
export class TestClient {
  /** Frames that nobody has asked for yet, oldest first. */
  private readonly frames: Frame[] = [];
  private readonly waiting: {
    matches: (frame: Frame) => boolean;
    found: (frame: Frame) => void;
    lost: (error: Error) => void;
  }[] = [];
  private requests = 0;
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Frame));
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const { lost } of this.waiting.splice(0)) lost(new Error(`closed with ${code} while waiting for a frame`));
      });
    });
    ws.on('error', () => undefined);
  }

  /** Rejects when the upgrade is refused. */
  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<TestClient> {
    const ws = new WebSocket(url, options);
    const client = new TestClient(ws);
    await once(ws, 'open');
    return client;
  }

  send(message: unknown): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The oldest frame that was not taken yet. */
  next(): Promise<Frame> {
    return this.nextWhere(() => true);
  }

  /** The oldest frame that matches, now or when it comes; the others stay for later. */
  nextWhere(matches: (frame: Frame) => boolean): Promise<Frame> {
    const at = this.frames.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.frames.splice(at, 1)[0] as Frame);
    return new Promise((found, lost) => this.waiting.push({ matches, found, lost }));
  }

  /** Sends a request with an id and resolves with the reply to it. */
  request(content: Frame): Promise<Frame> {
    const id = `r${++this.requests}`;
    this.send({ ...content, id });
    return this.nextWhere((frame) => frame['id'] === id);
  }

  /** Resolves at the next ping of the server. */
  async pinged(): Promise<void> {
    await once(this.ws, 'ping');
  }

  close(): void {
    this.ws.close();
  }

  terminate(): void {
    this.ws.terminate();
  }

  private take(frame: Frame): void {
    const at = this.waiting.findIndex(({ matches }) => matches(frame));
    if (at < 0) this.frames.push(frame);
    else this.waiting.splice(at, 1)[0]?.found(frame);
  }
}
