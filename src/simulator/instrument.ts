import type { Category } from './categories';

/** What trades, and how its numbers are written. Units: prices in 10^-priceScale, sizes in 10^-sizeScale. */
export interface Instrument {
  readonly category: Category;
  readonly symbol: string;
  readonly baseCoin: string;
  readonly quoteCoin: string;
  readonly settleCoin: string;
  readonly contractType: 'LinearPerpetual' | 'LinearFutures' | 'InversePerpetual' | 'InverseFutures' | 'Spot' | 'Call' | 'Put';
  readonly priceScale: number;
  /** In price units. */
  readonly tick: number;
  readonly sizeScale: number;
  /** In price units: where the walk starts. */
  readonly startPrice: number;
  /** In size units: how large a usual resting order is. */
  readonly usualSize: number;
  /** 0 for what never expires. */
  readonly deliveryTime: number;
  /** About 5 % of the real linear symbols have no liquidation topic. */
  readonly liquidations: boolean;
  /** Mean number of market events per second while somebody listens. */
  readonly eventsPerSecond: number;
}
