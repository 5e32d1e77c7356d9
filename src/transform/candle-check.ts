import type { Kline } from '../streams/message';
import type { Interval } from '../streams/stream';
import { BadFrameError } from './transform';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** Lengths in ms; a month has none. */
const LENGTHS: Record<Exclude<Interval, '1M'>, number> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '2h': 120 * MINUTE,
  '4h': 240 * MINUTE,
  '6h': 360 * MINUTE,
  '12h': 720 * MINUTE,
  '1d': DAY,
  '1w': 7 * DAY,
};

/** How far a candle may begin after the frame that brings it: the exchange's clocks are not one clock. */
const CLOCK_TOLERANCE = MINUTE;

/** Throws {@link BadFrameError} `bad_candle` for a candle that cannot be. `timestamp`: the frame's, ms. */
export function checkCandle(candle: Kline, interval: Interval, timestamp: number): void {
  const fault = priceFault(candle) ?? timeFault(candle, interval, timestamp);
  if (fault !== undefined) throw new BadFrameError('bad_candle', `${candle.symbol} ${interval} ${candle.openTime}: ${fault}`);
}

/** Doubles keep the order of decimals, so a good candle never looks bad here. */
function priceFault(candle: Kline): string | undefined {
  const [open, high, low, close] = [Number(candle.open), Number(candle.high), Number(candle.low), Number(candle.close)];
  if (!(low > 0)) return `low ${candle.low} is no price`;
  if (high < Math.max(open, close, low)) return `high ${candle.high} is below open, close or low`;
  if (low > Math.min(open, close)) return `low ${candle.low} is above open or close`;
  if (!(Number(candle.volume) >= 0)) return `volume ${candle.volume} is negative`;
  if (!(Number(candle.turnover) >= 0)) return `turnover ${candle.turnover} is negative`;
  return undefined;
}

function timeFault({ openTime, closeTime }: Kline, interval: Interval, timestamp: number): string | undefined {
  if (openTime > timestamp + CLOCK_TOLERANCE) return `it begins after its frame of ${timestamp}`;
  if (interval === '1M') return monthFault(openTime, closeTime);
  const length = LENGTHS[interval];
  // Which weekday a week begins on is the exchange's business.
  if (openTime % Math.min(length, DAY) !== 0) return 'its start is not aligned';
  return closeTime === openTime + length - 1 ? undefined : `its end ${closeTime} does not fit its start`;
}

function monthFault(openTime: number, closeTime: number): string | undefined {
  const start = new Date(openTime);
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth()];
  if (openTime !== Date.UTC(year, month, 1)) return 'its start is not the first of a month';
  return closeTime === Date.UTC(year, month + 1, 1) - 1 ? undefined : `its end ${closeTime} is not the end of its month`;
}
