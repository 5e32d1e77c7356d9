import { constants, inflateRawSync } from 'node:zlib';
import { publication } from '../../test/support/publications';
import { OutFrame } from './out-frame';

function textOf(size: number): string {
  return 'tape'.repeat(Math.ceil(size / 4)).slice(0, size);
}

function data(size: number, deflateFrom?: number): OutFrame {
  return OutFrame.data({ ...publication('futures.ticker.BTCUSDT', 'e', 1), body: Buffer.from(textOf(size)) }, true, deflateFrom);
}

/** The payload of a frame below 126 bytes that says it is compressed. */
function inflated(frame: Buffer): string {
  expect([frame[0], frame[1]]).toEqual([0xc1, frame.length - 2]);
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([frame.subarray(2), tail]), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

describe('OutFrame', () => {
  it.each([
    [0, '8100'],
    [125, '817d'],
    [126, '817e007e'],
    [65_535, '817effff'],
    [65_536, '817f0000000000010000'],
  ])('of %i bytes begins with %s and goes on with the text', (size, head) => {
    const bytes = data(size).bytes(false);
    expect(bytes.subarray(0, head.length / 2).toString('hex')).toBe(head);
    expect(bytes.subarray(head.length / 2).toString()).toBe(textOf(size));
  });

  it("holds a control message's JSON in UTF-8 and counts bytes, not characters", () => {
    const frame = OutFrame.control({ message: '—'.repeat(42) });
    const bytes = frame.bytes(false);
    expect(bytes.subarray(0, 4).toString('hex')).toBe('817e008c');
    expect(JSON.parse(bytes.subarray(4).toString())).toEqual({ message: '—'.repeat(42) });
    expect([frame.kind, frame.received, frame.publication]).toEqual(['control', 0, undefined]);
  });

  it('is made once for all who get it, and compressed once for all who want that', () => {
    const frame = data(600, 512);
    expect(frame.bytes(false)).toBe(frame.bytes(false));
    expect(frame.bytes(true)).toBe(frame.bytes(true));
    expect(inflated(frame.bytes(true))).toBe(textOf(600));
  });

  it.each([
    [511, 512, false],
    [512, 512, true],
    [0, 0, true],
    [70_000, Infinity, false],
  ])('of %i bytes, to be compressed from %d on, is compressed: %s', (size, deflateFrom, compressed) => {
    const frame = data(size, deflateFrom);
    expect(frame.bytes(true) === frame.bytes(false)).toBe(!compressed);
    if (compressed) expect(inflated(frame.bytes(true))).toBe(textOf(size));
  });

  it('counts for a latency only when it is live', () => {
    const step = publication('futures.ticker.BTCUSDT', 'e', 1);
    expect([OutFrame.data(step, true).received, OutFrame.data(step, false).received]).toEqual([step.received, 0]);
  });

  it.each([0, 125, 126, 65_535, 65_536])('of %i bytes is no larger than it says', (size) => {
    expect(data(size).bytes(false).length).toBeLessThanOrEqual(data(size).size);
  });
});
