import { listOf, wrongShape } from '../shape';
import { BadFrameError, type RawFrame } from '../transform';

/** Whether a frame brings whole state; only `snapshot` and `delta` are documented. */
export function isSnapshot(frame: RawFrame): boolean {
  if (frame.type === 'snapshot') return true;
  if (frame.type === 'delta') return false;
  throw wrongShape('type', frame.type);
}

/**
 * Reads the entries of a frame whose data is an array. One that `read` refuses is withheld by itself, the others stand; one
 * that it answers with undefined is not of this stream.
 */
export function entriesOf<T>(
  frame: RawFrame,
  read: (entry: unknown) => T | undefined,
): { readonly entries: T[]; readonly withheld: BadFrameError[] } {
  const entries: T[] = [];
  const withheld: BadFrameError[] = [];
  for (const raw of listOf(frame.data, 'data')) {
    try {
      const entry = read(raw);
      if (entry !== undefined) entries.push(entry);
    } catch (error) {
      if (!(error instanceof BadFrameError)) throw error;
      withheld.push(error);
    }
  }
  return { entries, withheld };
}
