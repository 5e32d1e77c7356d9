import { INTERVAL_SPELLING } from '../../../src/transform/bybit/interval-spelling';
import type { Level } from '../../../src/streams/message';

const NONE: ReadonlySet<number> = new Set();
const OUR_INTERVAL = new Map(Object.entries(INTERVAL_SPELLING).map(([ours, exchange]) => [exchange, ours]));

/** A whole book as text: the same text, the same book. */
export type BookText = string;

export interface BookChange {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Both sides of a book, by price. */
export class BookSides {
  private readonly bids = new Map<string, string>();
  private readonly asks = new Map<string, string>();

  replace(book: BookChange): void {
    this.bids.clear();
    this.asks.clear();
    this.change(book);
  }

  change({ bids, asks }: BookChange): void {
    for (const [side, levels] of [[this.bids, bids] as const, [this.asks, asks] as const]) {
      for (const [price, size] of levels) {
        if (Number(size) === 0) side.delete(price);
        else side.set(price, size);
      }
    }
  }

  /** Best first. */
  levels(): { bids: Level[]; asks: Level[] } {
    const sorted = (side: ReadonlyMap<string, string>, direction: 1 | -1): Level[] =>
      [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }
}

export function bookText({ bids, asks }: BookChange): BookText {
  return `${bids.join(';')}|${asks.join(';')}`;
}

interface Place {
  /** Between two interruptions the exchange was heard without a hole. */
  readonly segment: number;
  readonly nth: number;
}

interface ExchangeFrame {
  readonly topic?: string;
  readonly type?: string;
  readonly data?: unknown;
}

/**
 * What really happened at the exchange, as somebody saw it who listened to it directly: every trade in its order, every book at each of
 * its update ids, and every candle that was closed. Streams are named as clients name them, without the brand.
 */
export class Reference {
  private readonly trades = new Map<string, Place>();
  private readonly books = new Map<string, Set<BookText>>();
  private readonly live = new Map<string, BookSides>();
  private readonly candles = new Map<string, Set<number>>();
  private readonly counts = new Map<string, number>();
  private segment = 0;

  /** What comes from now on is not all that happened. */
  interrupted(): void {
    this.segment++;
    this.live.clear();
  }

  /** @param market in our words */
  frame(market: string, { topic = '', type, data }: ExchangeFrame): void {
    const [kind, ...rest] = topic.split('.');
    if (kind === 'publicTrade') {
      for (const { i } of data as { i: string }[]) this.trades.set(i, { segment: this.segment, nth: this.next(topic) });
    } else if (kind === 'orderbook') {
      const { b, a, u, seq } = data as { b: Level[]; a: Level[]; u: number; seq: number };
      const book = this.live.get(topic) ?? new BookSides();
      this.live.set(topic, book);
      const change = { bids: b, asks: a };
      if (type === 'snapshot') book.replace(change);
      else book.change(change);
      const key = `${market}.orderbook.${rest.join('.')} ${u} ${seq}`;
      const texts = this.books.get(key) ?? new Set();
      this.books.set(key, texts.add(bookText(book.levels())));
    } else if (kind === 'kline') {
      const [spelling = '', symbol = ''] = rest;
      const key = `${market}.kline.${OUR_INTERVAL.get(spelling) ?? ''}.${symbol}`;
      const closed = this.candles.get(key) ?? new Set();
      this.candles.set(key, closed);
      for (const { start, confirm } of data as { start: number; confirm: boolean }[]) if (confirm) closed.add(start);
    }
  }

  trade(id: string): Place | undefined {
    return this.trades.get(id);
  }

  /** Undefined when nobody heard the exchange at that update; several when it began anew with the same numbers. */
  book(stream: string, updateId: number, sequence: number | undefined): ReadonlySet<BookText> | undefined {
    return this.books.get(`${stream} ${updateId} ${sequence ?? 0}`);
  }

  /** When the candles began that the exchange has closed. */
  closedCandles(stream: string): ReadonlySet<number> {
    return this.candles.get(stream) ?? NONE;
  }

  private next(topic: string): number {
    const key = `${this.segment} ${topic}`;
    const nth = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, nth);
    return nth;
  }
}
