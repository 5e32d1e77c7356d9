import type { Publication } from './publication';
import type { StreamStatus } from './status';

const MAX_ENTRIES = 1024;
const MAX_BYTES = 1024 * 1024;

/** What is heard of a stream while its place is looked up, in order. Bounded: when it is too much, nothing is kept. */
export class Held {
  private entries: (Publication | StreamStatus)[] = [];
  private bytes = 0;
  /** Something was held that is not there any more. */
  overflown = false;

  add(entry: Publication | StreamStatus): void {
    if ('body' in entry) this.bytes += entry.body.length;
    if (this.bytes > MAX_BYTES || this.entries.length >= MAX_ENTRIES) {
      this.clear();
      this.overflown = true;
      return;
    }
    this.entries.push(entry);
  }

  clear(): void {
    this.entries = [];
    this.bytes = 0;
    this.overflown = false;
  }

  /** Returns what is held and forgets it. */
  take(): readonly (Publication | StreamStatus)[] {
    const { entries } = this;
    this.clear();
    return entries;
  }
}
