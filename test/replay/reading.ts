import { isDeepStrictEqual } from 'node:util';
import type { Kline, Liquidation, Message, OrderBookData, Ticker, Trade } from '../../src/streams/message';
import type { MarketStream } from '../../src/streams/stream';
import { NaiveBook, naiveMerge, naiveTicker, type NaiveLevels } from './naive';

/** A data frame as recorded: the recordings are genuine, so its fields are trusted. */
export interface Recorded {
  readonly topic: string;
  readonly type: string;
  readonly ts: number;
  readonly data: unknown;
}

/** Reads frames a second time, in the stupidest way, and says where the transform's messages differ. */
export interface Reading {
  /** What is wrong with `messages`; undefined when they are what the frame says. */
  check(frame: Recorded, messages: readonly Message[]): string | undefined;
}

export function readingOf(stream: MarketStream): Reading {
  switch (stream.kind) {
    case 'ticker':
      return new TickerReading();
    case 'orderbook':
      return new BookReading(stream.depth);
    case 'kline':
      return { check: checkKline };
    case 'trade':
      return { check: checkTrades };
    case 'liquidation':
      return { check: checkLiquidations };
  }
}

class TickerReading implements Reading {
  private merged: Readonly<Record<string, string>> = {};

  check(frame: Recorded, messages: readonly Message[]): string | undefined {
    this.merged = naiveMerge(frame.type === 'snapshot' ? {} : this.merged, frame.data as Record<string, string>);
    if (messages.length !== 1) return `${messages.length} messages`;
    const { change24hPercent, ...ticker } = (messages[0] as Message<Ticker>).data;
    const percent = Number(this.merged['price24hPcnt']) * 100;
    if (Math.abs(Number(change24hPercent) - percent) > 0.005001)
      return `change24hPercent ${change24hPercent ?? 'nothing'}, not ${percent}`;
    return isDeepStrictEqual(ticker, naiveTicker(this.merged)) ? undefined : 'the merged ticker differs';
  }
}

class BookReading implements Reading {
  private readonly book = new NaiveBook();
  private readonly replica = new NaiveBook();
  private full = false;
  private updateId = -1;

  constructor(private readonly depth: number) {}

  check(frame: Recorded, messages: readonly Message[]): string | undefined {
    const data = frame.data as NaiveLevels & { readonly u: number };
    const repeat = this.depth === 1 && data.u === this.updateId;
    this.updateId = data.u;
    if (frame.type === 'snapshot') {
      this.book.replace(data);
      this.full = this.book.bids.length === this.depth && this.book.asks.length === this.depth;
    } else this.book.apply(data);
    if (repeat) return messages.length === 0 ? undefined : 'a repeat became a message';
    if (messages.length !== 1) return `${messages.length} messages`;
    return this.compare(messages[0] as Message<OrderBookData>);
  }

  /** Holds what a listener would hold, built only from our messages, against the naive book. */
  private compare({ type, data }: Message<OrderBookData>): string | undefined {
    const levels = { b: data.bids, a: data.asks };
    if (type === 'delta') this.replica.apply(levels);
    else this.replica.replace(levels);
    const { bids, asks } = this.replica;
    if (!isDeepStrictEqual(bids, this.book.bids) || !isDeepStrictEqual(asks, this.book.asks)) return 'the book differs';
    if (data.checksum !== this.book.checksum) return 'the checksum differs';
    if (this.full && (bids.length !== this.depth || asks.length !== this.depth)) return `window ${bids.length}/${asks.length}`;
    return undefined;
  }
}

function checkKline(frame: Recorded, messages: readonly Message[]): string | undefined {
  const candles = frame.data as Record<string, unknown>[];
  if (messages.length !== candles.length) return `${messages.length} messages of ${candles.length} candles`;
  const same = candles.every((candle, i) => {
    const ours = (messages[i] as Message<Kline>).data;
    const words = ['open', 'high', 'low', 'close', 'volume', 'turnover'] as const;
    return (
      ours.openTime === candle['start'] &&
      ours.confirmed === candle['confirm'] &&
      words.every((name) => ours[name] === candle[name])
    );
  });
  return same ? undefined : 'a candle differs';
}

function checkTrades(frame: Recorded, messages: readonly Message[]): string | undefined {
  const trades = frame.data as Record<string, unknown>[];
  const ours = messages.flatMap((message) => message.data as readonly Trade[]);
  const expected = trades.map((trade) => [trade['i'], trade['p'], trade['v'], trade['S'], trade['T'], trade['BT']]);
  const got = ours.map((trade) => [trade.id, trade.price, trade.quantity, capital(trade.side), trade.time, trade.isBlockTrade]);
  return isDeepStrictEqual(got, expected) ? undefined : 'the trades differ';
}

function checkLiquidations(frame: Recorded, messages: readonly Message[]): string | undefined {
  const entries = (Array.isArray(frame.data) ? frame.data : [frame.data]) as Record<string, unknown>[];
  const ours = messages.flatMap((message) => message.data as readonly Liquidation[]);
  const expected = entries.map((entry) => [
    entry['p'] ?? entry['price'],
    entry['v'] ?? entry['size'],
    entry['S'] ?? entry['side'],
  ]);
  const got = ours.map((entry) => [entry.price, entry.quantity, entry.side === 'long' ? 'Buy' : 'Sell']);
  return isDeepStrictEqual(got, expected) ? undefined : 'the liquidations differ';
}

function capital(side: string): string {
  return side === 'buy' ? 'Buy' : 'Sell';
}
