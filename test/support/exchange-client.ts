import { WebSocket } from 'ws';

export type Frame = Record<string, unknown>;

/** A plain client of an exchange's socket: nothing it receives is missed between two awaits. */
export class ExchangeClient {
  /** Every text received, oldest first. */
  readonly texts: string[] = [];
  /** Resolves when the socket has closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly unread: string[] = [];
  private readonly readers: ((text: string) => void)[] = [];

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const text = (data as Buffer).toString();
      this.texts.push(text);
      const reader = this.readers.shift();
      if (reader) reader(text);
      else this.unread.push(text);
    });
    socket.on('error', () => socket.terminate());
    this.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  }

  /** Resolves when the socket is open; rejects with the HTTP status (`Error: 502`) when it was refused. */
  static open(url: string): Promise<ExchangeClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new ExchangeClient(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('unexpected-response', (_, response) => {
        socket.terminate();
        reject(new Error(String(response.statusCode)));
      });
    });
  }

  send(message: string | object): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next text that was not read yet. */
  text(): Promise<string> {
    const text = this.unread.shift();
    return text === undefined ? new Promise((resolve) => this.readers.push(resolve)) : Promise.resolve(text);
  }

  async frame(): Promise<Frame> {
    return JSON.parse(await this.text()) as Frame;
  }

  /** Reads on until a frame matches. */
  async frameWhere(match: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = await this.frame();
      if (match(frame)) return frame;
    }
  }

  /** Everything received before the answer to a ping: what is not there by then was not sent. */
  async untilPong(): Promise<Frame[]> {
    this.send({ op: 'ping', req_id: 'fence' });
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.frame();
      if (frame['ret_msg'] === 'pong' || frame['op'] === 'pong') return frames;
      frames.push(frame);
    }
  }

  async close(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}
