import { type Candle, candleOf } from './candle';
import type { Instrument } from './instrument';
import { candleEnd, candleStart, type KlineInterval } from './kline-interval';
import { hash, mix } from './random';

const MINUTE = 60_000;
/** Waves of 4 minutes, 16, 64 … up to half a year, each four times as long and twice as high as the one before. */
const WAVES = 9;
const FIRST_WAVE = 4 * MINUTE;
const FIRST_HEIGHT = 0.0008;

/**
 * Prices before the model began: a fixed function of time and seed, so that candles of any interval and age can be made
 * without storing any, and always the same. It meets the instrument's start price at `began`.
 */
export class PriceHistory {
  private readonly seed: number;
  private readonly anchor: number;

  constructor(
    private readonly instrument: Instrument,
    seed: number,
    private readonly began: number,
  ) {
    this.seed = hash(`${instrument.category} ${instrument.symbol}`, seed);
    this.anchor = this.wave(began);
  }

  /** In price units, on a tick. */
  priceAt(time: number): number {
    const { startPrice, tick } = this.instrument;
    const price = startPrice * Math.exp(this.wave(Math.min(time, this.began)) - this.anchor);
    return Math.max(tick, Math.round(price / tick) * tick);
  }

  /** The candle that starts at `start`, up to when the model began. */
  candle(interval: KlineInterval, start: number): Candle {
    const end = Math.min(candleEnd(interval, start), this.began);
    const open = this.priceAt(start);
    const candle = candleOf(start, open);
    const minutes = Math.max(0, (end - start) / MINUTE);
    for (let i = 1; i <= 8; i++) {
      const price = this.priceAt(start + ((end - start) * i) / 8);
      const size = Math.round(
        minutes * this.instrument.usualSize * (0.05 + (mix(this.seed + (start / MINUTE) * 8 + i) % 1000) / 8000),
      );
      candle.high = Math.max(candle.high, price);
      candle.low = Math.min(candle.low, price);
      candle.close = price;
      candle.volume += size;
      candle.turnover += turnover(this.instrument, price, size);
    }
    candle.lastTrade = Math.max(start, end - 1);
    return candle;
  }

  /** Up to `count` candles before `before`, oldest first. */
  candlesBefore(interval: KlineInterval, before: number, count: number): Candle[] {
    const candles: Candle[] = [];
    let start = candleStart(interval, Math.min(before, this.began) - 1);
    for (let i = 0; i < count; i++) {
      candles.push(this.candle(interval, start));
      start = candleStart(interval, start - 1);
    }
    return candles.reverse();
  }

  private wave(time: number): number {
    let sum = 0;
    let length = FIRST_WAVE;
    let height = FIRST_HEIGHT;
    for (let k = 0; k < WAVES; k++) {
      const at = time / length;
      const cell = Math.floor(at);
      const x = at - cell;
      const from = mix(this.seed + k * 0x9e37 + cell) / 4_294_967_296;
      const to = mix(this.seed + k * 0x9e37 + cell + 1) / 4_294_967_296;
      sum += height * (from + (to - from) * x * x * (3 - 2 * x) - 0.5);
      length *= 4;
      height *= 2;
    }
    return sum;
  }
}

/** Decimals of {@link turnover}. Inverse contracts are dollars, so their turnover is in coins. */
export function turnoverScale(instrument: Instrument): number {
  return instrument.category === 'inverse' ? 8 : instrument.priceScale + instrument.sizeScale;
}

/** Price x size, exactly; for inverse contracts size / price to 8 decimals. */
export function turnover(instrument: Instrument, price: number, size: number): bigint {
  if (instrument.category === 'inverse') return BigInt(Math.round((size * 10 ** (8 + instrument.priceScale)) / price));
  return BigInt(price) * BigInt(size);
}
