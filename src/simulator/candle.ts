/** One candle, numbers in the instrument's units. */
export interface Candle {
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  turnover: bigint;
  /** Time of the last matched trade; the start while there was none. */
  lastTrade: number;
}

/** A candle without trades: it opens where the one before closed. */
export function candleOf(start: number, open: number): Candle {
  return { start, open, high: open, low: open, close: open, volume: 0, turnover: 0n, lastTrade: start };
}
