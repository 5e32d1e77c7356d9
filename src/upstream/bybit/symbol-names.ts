import type { ExchangeMarket } from '../../streams/stream';
import { baseCoinOf } from './topics';

/** One list of symbols as it travels between processes. */
export interface SymbolNames {
  /** See {@link listKey}. */
  readonly key: string;
  readonly symbols: readonly string[];
}

/** Names the list in which a symbol would stand: a market's, or of options a base coin's. */
export function listKey(market: ExchangeMarket, symbol: string): string {
  return market === 'option' ? `${market}.${baseCoinOf(symbol)}` : market;
}
