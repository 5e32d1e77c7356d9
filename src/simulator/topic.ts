import { BestFeed } from './best-feed';
import { BookFeed } from './book-feed';
import type { Category } from './categories';
import type { Instrument } from './instrument';
import { isKlineInterval, type KlineInterval } from './kline-interval';
import { KlineFeed } from './kline-feed';
import { LiquidationFeed } from './liquidation-feed';
import type { MarketModel } from './market-model';
import { PriceLimitFeed } from './price-limit-feed';
import type { SymbolMarket } from './symbol-market';
import { TickerFeed } from './ticker-feed';
import type { TopicFeed } from './topic-feed';
import { TradeFeed } from './trade-feed';
import { WholeTickerFeed } from './whole-ticker-feed';

const DEPTHS: Record<Category, readonly number[]> = {
  linear: [1, 50, 200, 1000],
  inverse: [1, 50, 200, 1000],
  spot: [1, 50, 200, 1000],
  option: [25, 100],
};

/** What a topic asks for. `symbol` is a base coin for the trades of options. */
export type Topic =
  | { readonly name: 'tickers' | 'publicTrade' | 'allLiquidation' | 'priceLimit'; readonly symbol: string }
  | { readonly name: 'orderbook'; readonly depth: number; readonly symbol: string }
  | { readonly name: 'kline'; readonly interval: KlineInterval; readonly symbol: string };

/** Reads a topic; undefined when the category has no handler for it. Symbols are case-sensitive. */
export function parseTopic(category: Category, text: string, model: MarketModel): Topic | undefined {
  const [name = '', ...rest] = text.split('.');
  const symbol = rest.at(-1) ?? '';
  if (category === 'option' && name === 'publicTrade') {
    return rest.length === 1 && model.hasOptionsOn(symbol) ? { name, symbol } : undefined;
  }
  const instrument = model.instrument(category, symbol);
  if (!instrument) return undefined;
  if (rest.length === 1) return isPlain(name, instrument) ? { name, symbol } : undefined;
  const parameter = rest[0] ?? '';
  if (rest.length !== 2) return undefined;
  if (name === 'orderbook') {
    const depth = DEPTHS[category].find((one) => String(one) === parameter);
    return depth === undefined ? undefined : { name, depth, symbol };
  }
  return name === 'kline' && category !== 'option' && isKlineInterval(parameter)
    ? { name, interval: parameter, symbol }
    : undefined;
}

function isPlain(
  name: string,
  { category, liquidations }: Instrument,
): name is 'tickers' | 'publicTrade' | 'allLiquidation' | 'priceLimit' {
  switch (name) {
    case 'tickers':
    case 'publicTrade':
      return true;
    case 'allLiquidation':
      return liquidations && category !== 'spot';
    case 'priceLimit':
      return category !== 'option';
    default:
      return false;
  }
}

/** The symbols whose markets a topic reads. */
export function marketsOf(category: Category, topic: Topic, model: MarketModel): SymbolMarket[] {
  const symbols =
    category === 'option' && topic.name === 'publicTrade'
      ? model
          .list('option')
          .filter((one) => one.baseCoin === topic.symbol)
          .map((one) => one.symbol)
      : [topic.symbol];
  return symbols.map((symbol) => model.symbol(category, symbol)).filter((market) => market !== undefined);
}

export function feedOf(category: Category, text: string, topic: Topic, markets: readonly SymbolMarket[]): TopicFeed {
  const [market] = markets;
  if (!market) throw new Error(`no market behind ${category} ${text}`);
  switch (topic.name) {
    case 'tickers':
      return category === 'linear' || category === 'inverse' ? new TickerFeed(market, text) : new WholeTickerFeed(market, text);
    case 'publicTrade':
      return new TradeFeed(markets, text);
    case 'allLiquidation':
      return new LiquidationFeed(market, text);
    case 'priceLimit':
      return new PriceLimitFeed(market, text);
    case 'orderbook':
      return topic.depth === 1 ? new BestFeed(market, text) : new BookFeed(market, text, topic.depth);
    case 'kline':
      return new KlineFeed(market, text, topic.interval);
  }
}
