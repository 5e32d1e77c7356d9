import type { Publication } from '../../src/pubsub/publication';
import type { Frame } from './test-client';

/** One step of a stream as it really was; `nth` counts them over all epochs. */
interface Step {
  readonly epoch: string;
  readonly seq: number;
  readonly closed: boolean;
  /** An order book right after it. */
  readonly book: string;
}

/** All that was ever published of one stream. */
export class Truth {
  readonly steps: Step[] = [];
  private readonly begin = new Map<string, number>();

  opened(epoch: string): void {
    this.begin.set(epoch, this.steps.length);
  }

  published({ epoch, seq, closed }: Publication, book: string): void {
    this.steps.push({ epoch, seq, closed, book });
  }

  /** Where a position stands among the steps; one before the first message of an epoch is the end of what came before it. */
  nth(epoch: unknown, seq: unknown): number {
    const begin = this.begin.get(String(epoch));
    if (begin === undefined) throw new Error(`no epoch ${String(epoch)}`);
    return begin + Number(seq) - 1;
  }

  get newest(): number {
    return this.steps.length - 1;
  }
}

/** What a client makes of one subscription to one stream, complaining about whatever the policy does not allow. */
export class Listened {
  /** The newest step it knows of. */
  private at: number;
  private readonly from: number;
  private readonly seen = new Set<number>();
  private readonly book = new Map<string, string>();
  private hasBook = false;

  constructor(
    private readonly kind: string,
    private readonly truth: Truth,
    epoch: unknown,
    seq: unknown,
  ) {
    this.from = this.at = truth.nth(epoch, seq);
  }

  /** @param nth which step of the stream the frame shows */
  hear(frame: Frame, nth: number): void {
    if (this.kind === 'trade') {
      this.expect(nth === this.at + 1, `entry ${nth} after ${this.at}`);
    } else if (this.kind === 'orderbook') this.hearBook(frame, nth);
    else {
      const again = nth === this.from && this.seen.size === 0 && frame.type === 'snapshot';
      this.expect(nth > this.at || again, `state ${nth} after ${this.at}`);
    }
    this.seen.add(nth);
    this.at = nth;
  }

  gap({ epoch, from, to }: Frame): void {
    const first = this.truth.nth(epoch, from);
    this.expect(this.kind === 'trade' && first === this.at + 1, `gap from ${first} after ${this.at}`);
    this.at = this.truth.nth(epoch, to);
  }

  /** @param until the newest step when the client left */
  left(until: number): void {
    this.at = Math.max(this.at, until);
    this.closedCandles(until);
  }

  /** After everything was read. */
  caughtUp(): void {
    const { newest } = this.truth;
    this.expect(this.at === newest, `at ${this.at} when the newest is ${newest}`);
    this.closedCandles(newest);
  }

  private closedCandles(until: number): void {
    for (let nth = this.from + 1; nth <= until; nth++) {
      this.expect(this.truth.steps[nth]?.closed !== true || this.seen.has(nth), `closed candle ${nth} is missing`);
    }
  }

  private hearBook({ type, data }: Frame, nth: number): void {
    if (type === 'snapshot') {
      this.expect(nth >= this.at, `book ${nth} after ${this.at}`);
      this.book.clear();
      this.hasBook = true;
    } else this.expect(this.hasBook && nth === this.at + 1, `delta ${nth} after ${this.at}`);
    for (const [price, size] of (data as { bids: [string, string][] }).bids) {
      if (size === '0') this.book.delete(price);
      else this.book.set(price, size);
    }
    this.expect(textOf(this.book) === this.truth.steps[nth]?.book, `book ${nth} is another`);
  }

  private expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${this.kind}: ${what}`);
  }
}

/** A book's levels in a fixed order. */
export function textOf(book: ReadonlyMap<string, string>): string {
  return JSON.stringify([...book].sort());
}
