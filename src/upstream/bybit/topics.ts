import type { ExchangeMarket, MarketStream } from '../../streams/stream';
import { INTERVAL_SPELLING } from '../../transform/bybit/interval-spelling';

/** Bybit's word for a market: the last part of the socket's address, and the `category` of REST calls. */
export type Category = 'linear' | 'spot' | 'inverse' | 'option';

const CATEGORY: Record<ExchangeMarket, Category> = { futures: 'linear', spot: 'spot', inverse: 'inverse', option: 'option' };

export function categoryOf(market: ExchangeMarket): Category {
  return CATEGORY[market];
}

/** `BTC` of `BTC-27MAR26-70000-P-USDT`. */
export function baseCoinOf(optionSymbol: string): string {
  return optionSymbol.split('-', 1)[0] ?? optionSymbol;
}

/** The topic that feeds a stream. Option trades come per base coin, so several option streams share one topic. */
export function topicOf(stream: MarketStream): string {
  switch (stream.kind) {
    case 'ticker':
      return `tickers.${stream.symbol}`;
    case 'kline':
      return `kline.${INTERVAL_SPELLING[stream.interval]}.${stream.symbol}`;
    case 'trade':
      return `publicTrade.${stream.market === 'option' ? baseCoinOf(stream.symbol) : stream.symbol}`;
    case 'orderbook':
      return `orderbook.${stream.depth}.${stream.symbol}`;
    case 'liquidation':
      return `allLiquidation.${stream.symbol}`;
  }
}

/** Topics that begin with a snapshot, at once after the subscribe. */
export function isSnapshotTopic(topic: string): boolean {
  return topic.startsWith('tickers.') || topic.startsWith('orderbook.');
}

/** Topics that hold state: after a reconnect they are right again only when it has come anew. */
export function isStateTopic(topic: string): boolean {
  return isSnapshotTopic(topic) || topic.startsWith('kline.');
}

/** Topics that never stay quiet for long while the exchange is well. Trades and liquidations, and all of options, may. */
export function isBusyTopic(category: Category, topic: string): boolean {
  return category !== 'option' && isStateTopic(topic);
}
