import type { ExchangeMarket } from '../streams/stream';
import type { BybitCategory, Settings } from './settings';

const MARKET: Record<BybitCategory, ExchangeMarket> = { linear: 'futures', spot: 'spot', inverse: 'inverse', option: 'option' };

/** The markets that clients may use, in our words. */
export function marketsOf({ bybitMarkets }: Pick<Settings, 'bybitMarkets'>): ExchangeMarket[] {
  return bybitMarkets.map((category) => MARKET[category]);
}
