import { crc32 } from 'node:zlib';
import type { Level } from '../streams/message';

/** How many levels of each side a checksum covers. */
export const CHECKSUM_LEVELS = 10;

/** Unsigned CRC32 of `bidPrice:bidSize:askPrice:askSize:…`, best levels first; the level of a side that has none is skipped. */
export function checksumOf(bids: readonly Level[], asks: readonly Level[]): number {
  let text = '';
  for (let i = 0; i < CHECKSUM_LEVELS; i++) {
    const bid = bids[i];
    const ask = asks[i];
    if (bid) text += `${bid[0]}:${bid[1]}:`;
    if (ask) text += `${ask[0]}:${ask[1]}:`;
  }
  return crc32(text.slice(0, -1));
}
