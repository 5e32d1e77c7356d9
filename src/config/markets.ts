import type { Market } from '../streams/stream';
import type { BybitCategory, Settings } from './settings';

const MARKET: Record<BybitCategory, Market> = { linear: 'futures', spot: 'spot', inverse: 'inverse', option: 'option' };

/** The markets that clients may use, in our words. */
export function marketsOf({ bybitMarkets }: Pick<Settings, 'bybitMarkets'>): Market[] {
  return bybitMarkets.map((category) => MARKET[category]);
}
