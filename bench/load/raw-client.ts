import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';
import type { Dialect } from './dialects';
import { FrameScanner, type FrameListener } from './frame-scanner';

/** `never` and `slow` (about 10 kB/s) begin when the client is in. */
export type Reading = 'all' | 'never' | 'slow';

export interface RawClientOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly streams: readonly string[];
  readonly reading: Reading;
  /** One of the machine's loopback addresses, when one has too few ports. */
  readonly localAddress: string | undefined;
  readonly deflate: boolean;
  /** Gets every data message, whole, with the microsecond of the read that brought it. */
  readonly sample: ((message: Buffer) => void) | undefined;
}

/** Why a client is not in. `refused` is an explicit answer: try later. */
export interface JoinFailure {
  readonly kind: 'refused' | 'failed';
  readonly reason: string;
}

/** Lent to all sockets in turn: nothing keeps what it holds beyond the call that brings it. */
const SHARED_BUFFER = Buffer.allocUnsafeSlow(128 * 1024);
const JOIN_LIMIT_MS = 30_000;
const SLOW_READ_BYTES = 1024;
const SLOW_READ_EVERY_MS = 100;
const DEFLATE_TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const LINE_FEED = 10;

/** A WebSocket client that only counts what it gets, unless sampled. */
export class RawClient implements FrameListener {
  frames = 0;
  bytes = 0;
  notices = 0;
  closed = false;
  closeCode: number | undefined;
  wantsPayloads = true;
  private readonly socket: Socket;
  private readonly scanner: FrameScanner;
  private joining: ((text: string) => boolean) | undefined;
  private upgraded = false;
  private http = '';
  private slowTimer: NodeJS.Timeout | undefined;
  private readonly joinTimer: NodeJS.Timeout;

  /** @param done called once: without a failure when the client has what it subscribed to */
  constructor(
    private readonly options: RawClientOptions,
    private done: ((failure?: JoinFailure) => void) | undefined,
  ) {
    const { port, dialect, streams, reading, localAddress, deflate } = options;
    this.scanner = new FrameScanner(this, dialect.dataMark);
    this.joining = dialect.joining(streams, (text) => this.send(text));
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
      onread: {
        buffer: reading === 'slow' ? Buffer.allocUnsafeSlow(SLOW_READ_BYTES) : SHARED_BUFFER,
        callback: (length, buffer) => this.received(Buffer.from(buffer.buffer, buffer.byteOffset, length)),
      },
    });
    this.socket.on('error', (error) => this.settle({ kind: 'failed', reason: error.message }));
    this.socket.on('close', () => {
      this.closed = true;
      clearInterval(this.slowTimer);
      this.settle({ kind: 'failed', reason: `closed before it was in (${String(this.closeCode)})` });
    });
    this.joinTimer = setTimeout(() => {
      this.settle({ kind: 'failed', reason: `not in after ${JOIN_LIMIT_MS / 1000} s` });
      this.socket.destroy();
    }, JOIN_LIMIT_MS);
    const extension = deflate
      ? 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n'
      : '';
    this.socket.write(
      `GET ${dialect.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n${extension}\r\n`,
    );
  }

  /** For who ends it in another way than {@link destroy}. */
  get connection(): Socket {
    return this.socket;
  }

  destroy(): void {
    this.socket.destroy();
  }

  payload(payload: Buffer, deflated: boolean): void {
    const message = deflated
      ? inflateRawSync(Buffer.concat([payload, DEFLATE_TAIL]), { finishFlush: constants.Z_SYNC_FLUSH })
      : payload;
    const { keepAlive, dataMark, lines } = this.options.dialect;
    if (keepAlive && message.length === keepAlive.question.length && message.toString() === keepAlive.question) {
      this.send(keepAlive.answer);
      return;
    }
    if (this.joining) {
      this.join(message.toString());
      return;
    }
    if (message[dataMark.at] !== dataMark.byte) {
      this.notices++;
      return;
    }
    if (!lines) {
      this.counted(payload.length);
      this.options.sample?.(message);
      return;
    }
    for (let start = 0; start < message.length;) {
      const feed = message.indexOf(LINE_FEED, start);
      const end = feed < 0 ? message.length : feed;
      if (end > start) {
        this.counted(end - start);
        this.options.sample?.(message.subarray(start, end));
      }
      start = end + 1;
    }
  }

  counted(payloadBytes: number): void {
    this.frames++;
    this.bytes += payloadBytes;
  }

  notice(): void {
    this.notices++;
  }

  ping(payload: Buffer): void {
    this.socket.write(maskedFrame(0x8a, payload));
  }

  close(code: number): void {
    this.closeCode = code;
  }

  send(text: string): void {
    this.socket.write(maskedFrame(0x81, Buffer.from(text)));
  }

  /** Answers whether the socket may be read again at once. */
  private received(chunk: Buffer): boolean {
    if (this.upgraded) this.scanner.read(chunk);
    else this.handshake(chunk);
    return this.joining !== undefined || this.options.reading === 'all';
  }

  private handshake(chunk: Buffer): void {
    this.http += chunk.toString('latin1');
    const end = this.http.indexOf('\r\n\r\n');
    if (end < 0) return;
    const status = this.http.slice(9, 12);
    if (status !== '101') {
      this.settle({ kind: status === '503' ? 'refused' : 'failed', reason: `HTTP ${status}` });
      this.socket.destroy();
      return;
    }
    this.upgraded = true;
    const { dialect, streams } = this.options;
    for (const text of dialect.hello(streams)) this.send(text);
    const frames = Buffer.from(this.http.slice(end + 4), 'latin1');
    this.http = '';
    if (frames.length > 0) this.scanner.read(frames);
  }

  private join(text: string): void {
    try {
      if (!this.joining?.(text)) return;
    } catch (error) {
      this.settle({ kind: 'failed', reason: String(error) });
      this.socket.destroy();
      return;
    }
    this.joining = undefined;
    this.wantsPayloads = this.options.sample !== undefined || this.options.dialect.lines;
    // The callback answered false: reading goes on only when it is asked for.
    if (this.options.reading === 'slow') this.slowTimer = setInterval(() => this.socket.resume(), SLOW_READ_EVERY_MS);
    this.settle();
  }

  private settle(failure?: JoinFailure): void {
    clearTimeout(this.joinTimer);
    this.done?.(failure);
    this.done = undefined;
  }
}

/** A mask of zeros is a valid mask, and spares the work. */
function maskedFrame(first: number, payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? 2 : 4;
  const frame = Buffer.alloc(head + 4 + length);
  frame[0] = first;
  frame[1] = 0x80 | (head === 2 ? length : 126);
  if (head === 4) frame.writeUInt16BE(length, 2);
  payload.copy(frame, head + 4);
  return frame;
}
