import type { Message, Ticker } from '../../streams/message';
import type { ExchangeMarket } from '../../streams/stream';
import { percentOf } from '../percent-change';
import { countOf, type Fields, fieldsOf, isDecimal, wrongShape } from '../shape';
import { type Outcome, type RawFrame, type StreamTransform } from '../transform';
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
/** A quote's price and size, which the exchange always sends together. */
type Side = readonly [price: Field, theirPrice: string, size: Field, theirSize: string];

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
const ROWS: readonly Row[] = [...COMMON_ROWS, ['change24hPercent', 'price24hPcnt', percent]];

const SIDES: readonly Side[] = [
  ['bidPrice', 'bid1Price', 'bidSize', 'bid1Size'],
  ['askPrice', 'ask1Price', 'askSize', 'ask1Size'],
];

const OPTION_ROWS: readonly Row[] = [...COMMON_ROWS, ['change24hPercent', 'change24h', percent]];

const OPTION_SIDES: readonly Side[] = [
  ['bidPrice', 'bidPrice', 'bidSize', 'bidSize'],
  ['askPrice', 'askPrice', 'askSize', 'askSize'],
];

interface State {
  readonly known: Known;
  readonly ticker: Ticker;
  readonly timestamp: number;
  readonly received: number;
}

/**
 * `tickers.{symbol}`. Futures send one snapshot, then deltas with only the changed fields; spot and options send snapshots.
 * A field that a delta lacks or leaves empty stays as it was; one that a snapshot lacks or leaves empty is absent. A quote is
 * read as a whole: an empty price says that the side has no orders, and a size is never shown with another price's. The
 * exchange's cross sequence repeats while only mark and index prices move, so it decides nothing here.
 */
export class TickerTransform implements StreamTransform {
  private readonly rows: readonly Row[];
  private readonly sides: readonly Side[];
  private state: State | undefined;

  constructor(
    private readonly symbol: string,
    market: ExchangeMarket,
  ) {
    this.rows = market === 'option' ? OPTION_ROWS : ROWS;
    this.sides = market === 'option' ? OPTION_SIDES : SIDES;
  }

  apply(frame: RawFrame, received: number): Outcome {
    const whole = isSnapshot(frame);
    const data = fieldsOf(frame.data, 'data');
    if (data['symbol'] !== this.symbol) throw wrongShape('the symbol of a ticker', data['symbol']);
    const timestamp = countOf(frame.ts, 'ts');
    const before = this.state;
    if (!whole && before === undefined) return { messages: [], resync: 'no_snapshot' };
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
      const text = textOf(data, theirs);
      const value = (text ? read(text, theirs) : undefined) ?? before?.[ours];
      if (value !== undefined) known[ours] = value;
    }
    for (const side of this.sides) mergeQuote(side, data, known, before);
    return known;
  }
}

function mergeQuote([ours, theirs, ourSize, theirSize]: Side, data: Fields, known: Known, before: Known | undefined): void {
  const priceText = textOf(data, theirs);
  const sizeText = textOf(data, theirSize);
  const size = sizeText ? number(sizeText, theirSize) : undefined;
  const held = before?.[ours];
  const at = priceText === undefined ? held : priceText === '' ? undefined : price(priceText, theirs);
  // Without a price there is no order; a size of 0 that comes alone says that what was there is gone.
  if (at === undefined || (priceText === undefined && Number(size) === 0)) return;
  known[ours] = at;
  const its = size ?? (at === held ? before?.[ourSize] : undefined);
  if (its !== undefined) known[ourSize] = its;
}

function textOf(data: Fields, name: string): string | undefined {
  const text = data[name];
  if (text !== undefined && typeof text !== 'string') throw wrongShape(name, text);
  return text;
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
