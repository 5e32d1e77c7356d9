import { constants, inflateRawSync } from 'node:zlib';

/** One WebSocket frame as it stands on the wire (RFC 6455, 5.2). */
export interface WireFrame {
  readonly fin: boolean;
  /** RSV1, 2 and 3 as a number: 4 means compressed. */
  readonly reserved: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** The whole frames at the start of `bytes`, and how many bytes they take. */
export function readFrames(bytes: Buffer): { readonly frames: WireFrame[]; readonly length: number } {
  const frames: WireFrame[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const first = bytes.readUInt8(at);
    const second = bytes.readUInt8(at + 1);
    const short = second & 127;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < head) break;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
    if (bytes.length - at < head + length) break;
    const payload = bytes.subarray(at + head, at + head + length);
    frames.push({ fin: first > 127, reserved: (first >> 4) & 7, opcode: first & 15, masked: second > 127, payload });
    at += head + length;
  }
  return { frames, length: at };
}

/** What was compressed without context takeover (RFC 7692, 7.2.2). */
export function inflated(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), { finishFlush: constants.Z_SYNC_FLUSH });
}
