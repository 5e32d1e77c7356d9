import { type Candle, candleOf } from './candle';
import { candleEnd, candleStart, type KlineInterval } from './kline-interval';

/** Closed candles that are kept: as many as one REST page. */
const KEPT = 1000;

/** Builds the candles of one interval from trades and the passing of time. */
export class CandleBuilder {
  /** Oldest first. */
  readonly closed: Candle[];
  current: Candle;
  private end: number;

  constructor(
    private readonly interval: KlineInterval,
    current: Candle,
    closed: Candle[] = [],
  ) {
    this.current = current;
    this.closed = closed;
    this.end = candleEnd(interval, current.start);
  }

  trade(price: number, size: number, turnover: bigint, time: number): void {
    this.roll(time);
    const candle = this.current;
    if (price > candle.high) candle.high = price;
    if (price < candle.low) candle.low = price;
    candle.close = price;
    candle.volume += size;
    candle.turnover += turnover;
    candle.lastTrade = time;
  }

  /** Closes what has ended by `time`. A period without trades is a flat candle; a very long one keeps only the newest. */
  roll(time: number): void {
    if (time < this.end) return;
    const { close } = this.current;
    this.closed.push(this.current);
    let start = this.end;
    const newest = candleStart(this.interval, time);
    if (this.interval !== 'W' && this.interval !== 'M') start = Math.max(start, newest - KEPT * (this.end - this.current.start));
    while (start < newest) {
      this.closed.push(candleOf(start, close));
      start = candleEnd(this.interval, start);
    }
    this.current = candleOf(newest, close);
    this.end = candleEnd(this.interval, newest);
    if (this.closed.length > KEPT + 200) this.closed.splice(0, this.closed.length - KEPT);
  }

  /** Closed candles from `start` on, and the current one: what a listener who saw `start` last still has to see. */
  since(start: number): Candle[] {
    const candles = [this.current];
    for (let i = this.closed.length - 1; i >= 0; i--) {
      const candle = this.closed[i];
      if (!candle || candle.start < start) break;
      candles.push(candle);
    }
    return candles.reverse();
  }
}
