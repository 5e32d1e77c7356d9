import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { inflated, readFrames, type WireFrame } from './read-frames';

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

interface Written {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  readonly fin?: boolean;
  /** RSV1, 2 and 3 as a number: 4 means compressed. */
  readonly reserved?: number;
  readonly masked?: boolean;
}

/** A frame as a client writes it. */
export function clientFrame({ opcode, payload = '', fin = true, reserved = 0, masked = true }: Written): Buffer {
  const body = Buffer.from(payload);
  const long = body.length < 126 ? 0 : body.length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + long);
  head[0] = (fin ? 128 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 128 : 0) | (long === 0 ? body.length : long === 2 ? 126 : 127);
  if (long === 2) head.writeUInt16BE(body.length, 2);
  if (long === 8) head.writeBigUInt64BE(BigInt(body.length), 2);
  if (!masked) return Buffer.concat([head, body]);
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  return Buffer.concat([head, mask, body.map((byte, i) => byte ^ (mask[i % 4] as number))]);
}

/** A message compressed without context takeover. */
export function deflated(payload: Buffer | string): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** A WebSocket client that writes and reads bytes, so that a test can break every rule and see every frame. */
export class RawClient {
  private bytes = Buffer.alloc(0);
  private readonly read: WireFrame[] = [];
  private wake: (() => void) | undefined;

  private constructor(
    readonly socket: Socket,
    /** The answer's head to the upgrade request. */
    readonly answer: string,
  ) {}

  static async connect(port: number, path: string, extensions = ''): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const offer = extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`;
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer}\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const client = new RawClient(socket, answer.toString().split('\r\n\r\n', 1)[0] as string);
    client.receive(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
    socket.on('data', (chunk: Buffer) => client.receive(chunk));
    socket.on('close', () => client.wake?.());
    return client;
  }

  write(...frames: Written[]): void {
    this.socket.write(Buffer.concat(frames.map(clientFrame)));
  }

  /** The next frame; undefined when the connection has ended. */
  async next(): Promise<WireFrame | undefined> {
    while (this.read.length === 0 && !this.socket.closed) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.read.shift();
  }

  /** Every frame up to the end of the connection. */
  async rest(): Promise<WireFrame[]> {
    const frames: WireFrame[] = [];
    for (let frame = await this.next(); frame; frame = await this.next()) frames.push(frame);
    return frames;
  }

  private receive(chunk: Buffer): void {
    const { frames, length } = readFrames((this.bytes = Buffer.concat([this.bytes, chunk])));
    this.bytes = this.bytes.subarray(length);
    this.read.push(...frames);
    this.wake?.();
  }
}

/** What a data frame says, compressed or not. */
export function contentOf({ payload, reserved }: WireFrame): Buffer {
  return reserved === 4 ? inflated(payload) : payload;
}
