import type { Message, Ticker } from '../../streams/message';
import type { Market } from '../../streams/stream';
import { percentOf } from '../percent-change';
import { countOf, type Fields, fieldsOf, isDecimal, wrongShape } from '../shape';
import { NO_MESSAGES, type Outcome, type RawFrame, type StreamTransform } from '../transform';
import { isSnapshot } from './frame';

/** Fields of a ticker that stand by themselves, in the order of the protocol; the quotes stand between the two. */
const BEFORE_QUOTES = [
  'price',
  'markPrice',
  'indexPrice',
  'high24h',
  'low24h',
  'prevPrice24h',
  'volume24h',
  'turnover24h',
  'change24hPercent',
  'tickDirection',
] as const;
const AFTER_QUOTES = ['openInterest', 'openInterestValue', 'fundingRate', 'nextFundingTime'] as const;

type Field = (typeof BEFORE_QUOTES | typeof AFTER_QUOTES)[number] | 'bidPrice' | 'bidSize' | 'askPrice' | 'askSize';
type Known = { [field in Field]?: string };
/** Reads what the exchange has written; undefined when that says nothing. */
type Read = (text: string, name: string) => string | undefined;
type Row = readonly [ours: Field, theirs: string, read: Read];

const word: Read = (text) => text;

function number(text: string, name: string): string {
  if (!isDecimal(text)) throw wrongShape(name, text);
  return text;
}

/** Nothing trades at 0: the exchange writes that for "never traded" and for "no such order". */
function price(text: string, name: string): string | undefined {
  return Number(number(text, name)) > 0 ? text : undefined;
}

function percent(text: string, name: string): string {
  return percentOf(number(text, name));
}

const COMMON_ROWS: readonly Row[] = [
  ['price', 'lastPrice', price],
  ['markPrice', 'markPrice', number],
  ['indexPrice', 'indexPrice', number],
  ['high24h', 'highPrice24h', price],
  ['low24h', 'lowPrice24h', price],
  ['prevPrice24h', 'prevPrice24h', price],
  ['volume24h', 'volume24h', number],
  ['turnover24h', 'turnover24h', number],
  ['tickDirection', 'tickDirection', word],
  ['openInterest', 'openInterest', number],
  ['openInterestValue', 'openInterestValue', number],
  ['fundingRate', 'fundingRate', number],
  ['nextFundingTime', 'nextFundingTime', number],
];

/** Spot has no quotes in its ticker: the names are simply never there. */
const ROWS: readonly Row[] = [
  ...COMMON_ROWS,
  ['change24hPercent', 'price24hPcnt', percent],
  ['bidPrice', 'bid1Price', price],
  ['bidSize', 'bid1Size', number],
  ['askPrice', 'ask1Price', price],
  ['askSize', 'ask1Size', number],
];

const OPTION_ROWS: readonly Row[] = [
  ...COMMON_ROWS,
  ['change24hPercent', 'change24h', percent],
  ['bidPrice', 'bidPrice', price],
  ['bidSize', 'bidSize', number],
  ['askPrice', 'askPrice', price],
  ['askSize', 'askSize', number],
];

interface State {
  readonly known: Known;
  readonly ticker: Ticker;
  readonly timestamp: number;
  readonly received: number;
}

/**
 * `tickers.{symbol}`. Futures send one snapshot, then deltas with only the changed fields; spot and options send snapshots.
 * A field that a delta lacks or leaves empty stays as it was; one that a snapshot lacks or leaves empty is absent. The
 * exchange's cross sequence repeats while only mark and index prices move, so it decides nothing here.
 */
export class TickerTransform implements StreamTransform {
  private readonly rows: readonly Row[];
  private state: State | undefined;

  constructor(
    private readonly symbol: string,
    market: Market,
  ) {
    this.rows = market === 'option' ? OPTION_ROWS : ROWS;
  }

  apply(frame: RawFrame, received: number): Outcome {
    const whole = isSnapshot(frame);
    const data = fieldsOf(frame.data, 'data');
    if (data['symbol'] !== this.symbol) throw wrongShape('the symbol of a ticker', data['symbol']);
    const timestamp = countOf(frame.ts, 'ts');
    const before = this.state;
    if (!whole && before === undefined) return NO_MESSAGES;
    const known = this.merge(data, whole ? undefined : before?.known);
    const ticker = tickerOf(this.symbol, known);
    this.state = { known, ticker, timestamp, received };
    return { messages: [{ type: before === undefined ? 'snapshot' : 'update', data: ticker, timestamp, received }] };
  }

  snapshot(): Message<Ticker> | undefined {
    if (this.state === undefined) return undefined;
    const { ticker, timestamp, received } = this.state;
    return { type: 'snapshot', data: ticker, timestamp, received };
  }

  reset(): void {
    this.state = undefined;
  }

  /** What `data` says, else what was known. A new object, so that a field refused half-way leaves no trace. */
  private merge(data: Fields, before: Known | undefined): Known {
    const known: Known = {};
    for (const [ours, theirs, read] of this.rows) {
      const text = data[theirs];
      if (text !== undefined && typeof text !== 'string') throw wrongShape(theirs, text);
      const value = (text ? read(text, theirs) : undefined) ?? before?.[ours];
      if (value !== undefined) known[ours] = value;
    }
    return known;
  }
}

/** In the order of the protocol. A side of which price or size is not known has no quote. */
function tickerOf(symbol: string, known: Known): Ticker {
  const ticker: Ticker = { symbol };
  for (const field of BEFORE_QUOTES) {
    const value = known[field];
    if (value !== undefined) ticker[field] = value;
  }
  const { bidPrice, bidSize, askPrice, askSize } = known;
  if (bidPrice !== undefined && bidSize !== undefined) ticker.bid = { price: bidPrice, size: bidSize };
  if (askPrice !== undefined && askSize !== undefined) ticker.ask = { price: askPrice, size: askSize };
  for (const field of AFTER_QUOTES) {
    const value = known[field];
    if (value !== undefined) ticker[field] = value;
  }
  return ticker;
}
