import type { Interval } from '../../streams/stream';

/** How Bybit spells the candle intervals: minutes, or D, W, M. */
export const INTERVAL_SPELLING: Record<Interval, string> = {
  '1m': '1',
  '3m': '3',
  '5m': '5',
  '15m': '15',
  '30m': '30',
  '1h': '60',
  '2h': '120',
  '4h': '240',
  '6h': '360',
  '12h': '720',
  '1d': 'D',
  '1w': 'W',
  '1M': 'M',
};
