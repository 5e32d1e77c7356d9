import { checksumOf } from '../../../src/transform/checksum';
import type { OrderBookData } from '../../../src/streams/message';
import { kindOf } from './client-log';
import { BookSides, bookText, type Reference } from './reference';
import type { Step } from './sequence';
import type { Violation } from './violation';

/** What clients got at one number of one book. */
interface Moment {
  delta?: Step;
  readonly snapshots: Step[];
}

/**
 * Rebuilds each book once from all that any client got of it, number by number: every client's own book is the same when its numbers had
 * no hole and its messages the same content as everybody's. Each snapshot must be the book that the deltas before it make (no level
 * resurrected, none lost), each checksum right, and each book the exchange's at that update id.
 */
export function checkBooks(
  steps: Iterable<Step>,
  reference?: Reference,
): { violations: Violation[]; books: number; unreferenced: number } {
  const check = new BookCheck(reference);
  for (const moments of momentsByEpoch(steps).values()) check.epoch(moments);
  return check;
}

function momentsByEpoch(steps: Iterable<Step>): Map<string, Map<number, Moment>> {
  const epochs = new Map<string, Map<number, Moment>>();
  for (const step of steps) {
    const { stream, epoch, seq, frame } = step;
    if (kindOf(stream) !== 'orderbook' || epoch === '') continue;
    const key = `${stream} ${epoch}`;
    const moments = epochs.get(key) ?? new Map<number, Moment>();
    epochs.set(key, moments);
    const moment: Moment = moments.get(seq) ?? { snapshots: [] };
    moments.set(seq, moment);
    if (frame.type === 'snapshot') {
      // Clients on one replica share a snapshot; each content is looked at once.
      if (!moment.snapshots.some((known) => known.frame === frame)) moment.snapshots.push(step);
    } else moment.delta ??= step;
  }
  return epochs;
}

class BookCheck {
  readonly violations: Violation[] = [];
  books = 0;
  unreferenced = 0;

  constructor(private readonly reference: Reference | undefined) {}

  epoch(moments: ReadonlyMap<number, Moment>): void {
    const book = new BookSides();
    let at: number | undefined;
    for (const [seq, { delta, snapshots }] of [...moments].sort(([a], [b]) => a - b)) {
      let known = false;
      if (delta && delta.frame.type === 'update') {
        this.take(book, delta, true);
        known = true;
      } else if (delta && at === seq - 1) {
        this.take(book, delta, false);
        known = true;
      }
      for (const snapshot of snapshots) {
        if (known) this.compare(book, snapshot);
        else this.take(book, snapshot, true);
        known = true;
      }
      at = known ? seq : undefined;
    }
  }

  private take(book: BookSides, step: Step, whole: boolean): void {
    const data = step.frame.data as OrderBookData;
    if (whole) book.replace(data);
    else book.change(data);
    this.books++;
    const { bids, asks } = book.levels();
    if (checksumOf(bids, asks) !== data.checksum) this.complain(step, `the checksum at ${step.seq} is wrong`);
    if (!this.reference) return;
    // The brand comes first.
    const stream = step.stream.slice(step.stream.indexOf('.') + 1);
    const truths = this.reference.book(stream, data.updateId, data.sequence);
    if (!truths) this.unreferenced++;
    else if (!truths.has(bookText({ bids, asks }))) {
      this.complain(step, `the book at ${step.seq} is not the exchange's at update ${data.updateId}`);
    }
  }

  private compare(book: BookSides, step: Step): void {
    const data = step.frame.data as OrderBookData;
    if (bookText(book.levels()) !== bookText(data))
      this.complain(step, `the snapshot at ${step.seq} is not what the messages before it make`);
  }

  private complain({ client, stream, at, epoch }: Step, what: string): void {
    this.violations.push({ fault: 'book', client, stream, at, what: `${epoch}: ${what}` });
  }
}
