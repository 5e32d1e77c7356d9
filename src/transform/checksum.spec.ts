import type { Level } from '../streams/message';
import { checksumOf } from './checksum';

const levels = (count: number, price: number): Level[] =>
  Array.from({ length: count }, (_, i) => [String(price + i), '1'] as const);

describe('checksumOf', () => {
  it('is the CRC32 of bid and ask by turns', () => {
    // crc32("100:1:101:2:99:3")
    expect(
      checksumOf(
        [
          ['100', '1'],
          ['99', '3'],
        ],
        [['101', '2']],
      ),
    ).toBe(3731015753);
  });

  it('of an empty book is 0', () => {
    expect(checksumOf([], [])).toBe(0);
  });

  it('is never negative', () => {
    for (let price = 1; price < 50; price++) expect(checksumOf(levels(1, price), levels(1, price + 1))).toBeGreaterThanOrEqual(0);
  });

  it('covers ten levels per side', () => {
    expect(checksumOf(levels(11, 1), levels(12, 50))).toBe(checksumOf(levels(10, 1), levels(10, 50)));
    expect(checksumOf(levels(9, 1), levels(10, 50))).not.toBe(checksumOf(levels(10, 1), levels(10, 50)));
  });
});
