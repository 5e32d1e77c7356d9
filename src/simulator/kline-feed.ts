import type { Candle } from './candle';
import { trimmed } from './decimal';
import { candleEnd, type KlineInterval } from './kline-interval';
import { turnoverScale } from './price-history';
import type { SymbolMarket } from './symbol-market';
import type { TopicFeed } from './topic-feed';

/** `kline.{interval}`: the current candle; in the frame after a boundary also the closed one, with confirm true. */
export class KlineFeed implements TopicFeed {
  readonly periodMs = 1_000;
  private start = 0;
  private told = -1;

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
    private readonly interval: KlineInterval,
  ) {}

  wake(now: number): void {
    this.start = this.market.klines(this.interval, now).current.start;
    this.told = -1;
  }

  first(): string[] {
    return [];
  }

  next(now: number): string[] {
    const builder = this.market.klines(this.interval, now);
    const { tape } = this.market;
    if (builder.current.start === this.start && tape.count === this.told) return [];
    const candles = builder.since(this.start);
    this.start = builder.current.start;
    this.told = tape.count;
    const ts = Math.max(now, builder.current.lastTrade);
    const data = candles.map((candle) => this.row(candle, candle !== builder.current, ts));
    return [JSON.stringify({ topic: this.topic, data, ts, type: 'snapshot' })];
  }

  stir(now: number): void {
    this.market.takerOrder(now);
  }

  private row(candle: Candle, confirm: boolean, ts: number): object {
    const { instrument } = this.market;
    const { priceScale, sizeScale } = instrument;
    const end = candleEnd(this.interval, candle.start) - 1;
    return {
      start: candle.start,
      end,
      interval: this.interval,
      open: trimmed(candle.open, priceScale),
      close: trimmed(candle.close, priceScale),
      high: trimmed(candle.high, priceScale),
      low: trimmed(candle.low, priceScale),
      volume: trimmed(candle.volume, sizeScale),
      turnover: trimmed(candle.turnover, turnoverScale(instrument)),
      confirm,
      timestamp: confirm
        ? Math.max(candle.start, Math.min(end, candle.lastTrade))
        : Math.max(candle.lastTrade, Math.min(ts, end)),
    };
  }
}
