import type { AccountPayload } from './account';

/**
 * What streams carry. Prices, sizes and other amounts are the exchange's own decimal strings, never re-formatted;
 * times are milliseconds since 1970.
 */

/** `snapshot`: whole state, start here. `update`: whole state, replaces. `delta`: changes to the state before. */
export type MessageType = 'snapshot' | 'update' | 'delta';

export interface PriceSize {
  price: string;
  size: string;
}

/** The whole merged ticker. A field that the market lacks is absent. */
export interface Ticker {
  symbol: string;
  price?: string;
  markPrice?: string;
  indexPrice?: string;
  high24h?: string;
  low24h?: string;
  prevPrice24h?: string;
  volume24h?: string;
  turnover24h?: string;
  /** Percent with 2 decimals: "1.44". */
  change24hPercent?: string;
  tickDirection?: string;
  bid?: PriceSize;
  ask?: PriceSize;
  openInterest?: string;
  openInterestValue?: string;
  fundingRate?: string;
  /** Milliseconds, as the exchange writes it: a string. */
  nextFundingTime?: string;
}

export interface Kline {
  symbol: string;
  interval: string;
  openTime: number;
  closeTime: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  turnover: string;
  /** True once, when the candle has closed. */
  confirmed: boolean;
}

export interface Trade {
  id: string;
  symbol: string;
  price: string;
  quantity: string;
  /** The taker's side. */
  side: 'buy' | 'sell';
  time: number;
  isBlockTrade: boolean;
}

export interface Liquidation {
  symbol: string;
  /** The position that was liquidated. */
  side: 'long' | 'short';
  price: string;
  quantity: string;
  time: number;
}

export type Level = readonly [price: string, size: string];

/** Whole book in a snapshot or update; only changed levels in a delta, where size "0" deletes. Best first. */
export interface OrderBookData {
  symbol: string;
  depth: number;
  bids: readonly Level[];
  asks: readonly Level[];
  /** The exchange's update id of this depth. */
  updateId: number;
  /** The exchange's cross sequence; absent where the exchange sends none. */
  sequence?: number;
  /** Unsigned CRC32 of the best 10 levels after applying this message. */
  checksum: number;
}

export type Payload = Ticker | Kline | readonly Trade[] | readonly Liquidation[] | OrderBookData | AccountPayload;

/** One step of a stream, before it is numbered. */
export interface Message<D extends Payload = Payload> {
  readonly type: MessageType;
  readonly data: D;
  /** When the exchange made it. */
  readonly timestamp: number;
  /** When we read it from the exchange. */
  readonly received: number;
  /** A candle's last word: must reach every listener, whatever else is conflated. */
  readonly closed?: boolean;
}
