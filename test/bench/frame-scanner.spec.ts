import fc from 'fast-check';
import { FrameScanner, type FrameListener } from '../../bench/load/frame-scanner';

const MARK = { at: 2, byte: 's'.charCodeAt(0) };

class Log implements FrameListener {
  readonly seen: string[] = [];

  constructor(readonly wantsPayloads: boolean) {}

  payload(payload: Buffer): void {
    this.seen.push(`payload ${payload.toString('latin1')}`);
  }

  counted(payloadBytes: number): void {
    this.seen.push(`data ${payloadBytes}`);
  }

  notice(): void {
    this.seen.push('notice');
  }

  ping(payload: Buffer): void {
    this.seen.push(`ping ${payload.toString('latin1')}`);
  }

  close(code: number): void {
    this.seen.push(`close ${code}`);
  }
}

interface Sent {
  readonly opcode: 1 | 8 | 9;
  readonly payload: Buffer;
}

function frameOf({ opcode, payload }: Sent): Buffer {
  const length = payload.length;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]), payload]);
  const head = Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}

function expectedOf({ opcode, payload }: Sent, whole: boolean): string {
  if (opcode === 9) return `ping ${payload.toString('latin1')}`;
  if (opcode === 8) return `close ${payload.readUInt16BE(0)}`;
  if (whole || payload.length <= 2) return `payload ${payload.toString('latin1')}`;
  return payload[2] === MARK.byte ? `data ${payload.length}` : 'notice';
}

const text = fc
  .tuple(fc.constantFrom('{"stream', '{"op', '2', '{}'), fc.constantFrom(0, 3, 125, 126, 400, 65_535, 65_536, 70_000))
  .map(([head, length]): Sent => ({ opcode: 1, payload: Buffer.from(head.padEnd(length > 8 ? length : 0, 'x')) }));
const control = fc.constantFrom<Sent>(
  { opcode: 9, payload: Buffer.from('alive?') },
  { opcode: 9, payload: Buffer.alloc(0) },
  { opcode: 8, payload: Buffer.from([0x0f, 0xa8]) },
);

describe('the load generator’s frame scanner', () => {
  it.each([true, false])('finds every frame, however the bytes are cut (whole payloads: %s)', (whole) => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: text }, control), { maxLength: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 80_000 })), {
          minLength: 1,
          maxLength: 30,
          size: 'max',
        }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(frameOf));
          const log = new Log(whole);
          const scanner = new FrameScanner(log, MARK);
          const lent = Buffer.alloc(80_000);
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = Math.min(cuts[i % cuts.length] ?? 1, bytes.length - at, lent.length);
            // What is lent is overwritten by the next read.
            bytes.copy(lent, 0, at, at + size);
            scanner.read(lent.subarray(0, size));
            lent.fill(0xff);
            at += size;
          }
          expect(log.seen).toEqual(frames.map((frame) => expectedOf(frame, whole)));
        },
      ),
      { numRuns: 60 },
    );
  });
});
