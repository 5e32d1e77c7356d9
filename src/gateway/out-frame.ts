import { constants, deflateRawSync } from 'node:zlib';
import type { Publication } from '../pubsub/publication';
import type { Kind } from '../streams/stream';

/** What a frame is counted as. `control`: replies, errors, status and gap notices. */
export type FrameKind = Kind | 'control';

/** RFC 7692, 7.2.1: a message that ends with a sync flush is sent without these four octets. */
const SYNC_FLUSH_TAIL = 4;
/** FIN and the opcode. */
const TEXT = 0x81;
const BINARY = 0x82;
/** RSV1: the message is compressed. */
const COMPRESSED = 0x40;

/** A whole WebSocket message, ready for the socket. The same one goes to everybody who gets it, compressed once for all who want that. */
export class OutFrame {
  /** Set at its first write, so that latency is observed once per message and not once per client. */
  written = false;
  private plain: Buffer | undefined;
  private deflated: Buffer | undefined;

  private constructor(
    private readonly body: Buffer,
    readonly kind: FrameKind,
    /** When the exchange's frame was read, ms; 0 for what is not fresh from the exchange. */
    readonly received: number,
    /** What it shows of a stream; undefined for `control`. */
    readonly publication: Publication | undefined,
    /** Bodies below this many bytes gain nothing by compression. */
    private readonly deflateFrom: number,
    private readonly firstByte = TEXT,
  ) {}

  /** @param live false for a snapshot or history that somebody asked for */
  static data(publication: Publication, live: boolean, deflateFrom = Infinity): OutFrame {
    const { body, kind, received } = publication;
    return new OutFrame(body, kind, live ? received : 0, publication, deflateFrom);
  }

  static control(message: object): OutFrame {
    return new OutFrame(Buffer.from(JSON.stringify(message)), 'control', 0, undefined, Infinity);
  }

  /** A message as a client sent it, to go back. */
  static echo(body: Buffer, binary: boolean, deflateFrom: number): OutFrame {
    return new OutFrame(body, 'control', 0, undefined, deflateFrom, binary ? BINARY : TEXT);
  }

  /** About what it takes in memory and, uncompressed, on the wire. */
  get size(): number {
    return this.body.length + 10;
  }

  /** @param deflate whether the client negotiated permessage-deflate; it takes uncompressed messages too */
  bytes(deflate: boolean): Buffer {
    if (deflate && this.body.length >= this.deflateFrom) return (this.deflated ??= deflatedFrame(this.firstByte, this.body));
    return (this.plain ??= frame(this.firstByte, this.body));
  }
}

/** Every message starts with an empty window (no context takeover), so one compressed message serves all clients. */
function deflatedFrame(firstByte: number, body: Buffer): Buffer {
  const deflated = deflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH });
  return frame(firstByte | COMPRESSED, deflated.subarray(0, -SYNC_FLUSH_TAIL));
}

/** One unmasked, unfragmented frame (RFC 6455, 5.2): what a server may always send. */
function frame(firstByte: number, payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = firstByte;
  if (head === 2) bytes[1] = length;
  else if (head === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeUInt32BE(0, 2);
    bytes.writeUInt32BE(length, 6);
  }
  payload.copy(bytes, head);
  return bytes;
}
