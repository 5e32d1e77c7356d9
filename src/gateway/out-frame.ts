import type { Kind } from '../streams/stream';

/** What a frame is counted as. `control`: replies, errors, status and gap notices. */
export type FrameKind = Kind | 'control';

/** A whole WebSocket text frame, ready for the socket. The same one goes to everybody who gets it. */
export class OutFrame {
  /** Set at its first write, so that latency is observed once per message and not once per client. */
  written = false;

  private constructor(
    readonly bytes: Buffer,
    readonly kind: FrameKind,
    /** When the exchange's frame was read, ms; 0 for what is not fresh from the exchange. */
    readonly received: number,
  ) {}

  /** @param body UTF-8 text */
  static data(body: Buffer, kind: Kind, received: number): OutFrame {
    return new OutFrame(textFrame(body), kind, received);
  }

  static control(message: object): OutFrame {
    return new OutFrame(textFrame(Buffer.from(JSON.stringify(message))), 'control', 0);
  }
}

/** One unmasked, unfragmented, uncompressed text frame (RFC 6455, 5.2): what a server may always send. */
function textFrame(payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (head === 2) frame[1] = length;
  else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  payload.copy(frame, head);
  return frame;
}
