import type { Message, PriceSize, Ticker } from '../../streams/message';
import type { Market } from '../../streams/stream';
import { percentOf } from '../percent-change';
import { countOf, type Fields, fieldsOf, isDecimal, wrongShape } from '../shape';
import { NO_MESSAGES, type Outcome, type RawFrame, type StreamTransform } from '../transform';
import { isSnapshot } from './frame';

type Amount = Exclude<keyof Ticker, 'symbol' | 'change24hPercent' | 'bid' | 'ask'>;
/** Reads what the exchange has written; undefined when that says nothing. */
type Read = (text: string, name: string) => string | undefined;

function number(value: string, name: string): string {
  if (!isDecimal(value)) throw wrongShape(name, value);
  return value;
}

/** Nothing trades at 0: the exchange writes that for "never traded" and for "no such order". */
function price(value: string, name: string): string | undefined {
  return Number(number(value, name)) > 0 ? value : undefined;
}

const word: Read = (value) => value;

/** In the order of the protocol: our name, the exchange's, how to read it. */
const BEFORE_QUOTES: readonly (readonly [Amount, string, Read])[] = [
  ['price', 'lastPrice', price],
  ['markPrice', 'markPrice', number],
  ['indexPrice', 'indexPrice', number],
  ['high24h', 'highPrice24h', price],
  ['low24h', 'lowPrice24h', price],
  ['prevPrice24h', 'prevPrice24h', price],
  ['volume24h', 'volume24h', number],
  ['turnover24h', 'turnover24h', number],
  ['tickDirection', 'tickDirection', word],
];
const AFTER_QUOTES: readonly (readonly [Amount, string, Read])[] = [
  ['openInterest', 'openInterest', number],
  ['openInterestValue', 'openInterestValue', number],
  ['fundingRate', 'fundingRate', number],
  ['nextFundingTime', 'nextFundingTime', number],
];

/** Where markets differ. Spot has no quotes in its ticker: its names are simply never there. */
const NAMES = { change: 'price24hPcnt', bid: ['bid1Price', 'bid1Size'], ask: ['ask1Price', 'ask1Size'] } as const;
const OPTION_NAMES = { change: 'change24h', bid: ['bidPrice', 'bidSize'], ask: ['askPrice', 'askSize'] } as const;

/**
 * `tickers.{symbol}`. Futures send one snapshot, then deltas with only the changed fields; spot and options send snapshots.
 * A field that a delta lacks or leaves empty stays as it was; one that a snapshot lacks or leaves empty is absent. The
 * exchange's cross sequence repeats while only mark and index prices move, so it decides nothing here.
 */
export class TickerTransform implements StreamTransform {
  private readonly names: typeof NAMES | typeof OPTION_NAMES;
  private last: { readonly ticker: Ticker; readonly timestamp: number; readonly received: number } | undefined;

  constructor(
    private readonly symbol: string,
    market: Market,
  ) {
    this.names = market === 'option' ? OPTION_NAMES : NAMES;
  }

  apply(frame: RawFrame, received: number): Outcome {
    const whole = isSnapshot(frame);
    const data = fieldsOf(frame.data, 'data');
    if (data['symbol'] !== this.symbol) throw wrongShape('the symbol of a ticker', data['symbol']);
    const timestamp = countOf(frame.ts, 'ts');
    const before = this.last;
    if (!whole && before === undefined) return NO_MESSAGES;
    const ticker = this.merge(data, whole ? undefined : before?.ticker);
    this.last = { ticker, timestamp, received };
    return { messages: [{ type: before === undefined ? 'snapshot' : 'update', data: ticker, timestamp, received }] };
  }

  snapshot(): Message<Ticker> | undefined {
    if (this.last === undefined) return undefined;
    const { ticker, timestamp, received } = this.last;
    return { type: 'snapshot', data: ticker, timestamp, received };
  }

  reset(): void {
    this.last = undefined;
  }

  /** A new ticker in the protocol's order: what `data` says, else what was known. */
  private merge(data: Fields, known: Ticker | undefined): Ticker {
    const ticker: Ticker = { symbol: this.symbol };
    fill(ticker, BEFORE_QUOTES, data, known);
    const change = said(data, this.names.change, number);
    const percent = change === undefined ? known?.change24hPercent : percentOf(change);
    if (percent !== undefined) ticker.change24hPercent = percent;
    const bid = quoteOf(data, this.names.bid, known?.bid);
    if (bid !== undefined) ticker.bid = bid;
    const ask = quoteOf(data, this.names.ask, known?.ask);
    if (ask !== undefined) ticker.ask = ask;
    fill(ticker, AFTER_QUOTES, data, known);
    return ticker;
  }
}

function said(data: Fields, name: string, read: Read): string | undefined {
  const value = data[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw wrongShape(name, value);
  return read(value, name);
}

function fill(ticker: Ticker, fields: typeof BEFORE_QUOTES, data: Fields, known: Ticker | undefined): void {
  for (const [ours, theirs, read] of fields) {
    const value = said(data, theirs, read) ?? known?.[ours];
    if (value !== undefined) ticker[ours] = value;
  }
}

/** The best order of a side. A side without orders has none: its price is 0 or empty. */
function quoteOf(
  data: Fields,
  [priceName, sizeName]: readonly [string, string],
  known: PriceSize | undefined,
): PriceSize | undefined {
  const best = said(data, priceName, price) ?? known?.price;
  const size = said(data, sizeName, number) ?? known?.size;
  return best === undefined || size === undefined ? undefined : { price: best, size };
}
