const MINUTE = 60_000;
const DAY = 86_400_000;
/** Monday 5 January 1970. */
const FIRST_MONDAY = 4 * DAY;

export const KLINE_INTERVALS = ['1', '3', '5', '15', '30', '60', '120', '240', '360', '720', 'D', 'W', 'M'] as const;
export type KlineInterval = (typeof KLINE_INTERVALS)[number];

export function isKlineInterval(text: string | null | undefined): text is KlineInterval {
  return KLINE_INTERVALS.includes(text as KlineInterval);
}

/** Start of the candle that holds `time`, in UTC: weeks start on Monday, months on the first. */
export function candleStart(interval: KlineInterval, time: number): number {
  if (interval === 'M') {
    const date = new Date(time);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  if (interval === 'W') return time - ((((time - FIRST_MONDAY) % (7 * DAY)) + 7 * DAY) % (7 * DAY));
  const length = interval === 'D' ? DAY : Number(interval) * MINUTE;
  return time - (time % length);
}

/** First millisecond after the candle that starts at `start`. */
export function candleEnd(interval: KlineInterval, start: number): number {
  if (interval === 'M') {
    const date = new Date(start);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  if (interval === 'W') return start + 7 * DAY;
  return start + (interval === 'D' ? DAY : Number(interval) * MINUTE);
}
