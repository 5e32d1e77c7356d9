import type { MarketStream } from '../../streams/stream';
import type { StreamTransform } from '../transform';
import { KlineTransform } from './kline';
import { LiquidationTransform } from './liquidation';
import { OrderBookFeed } from './order-book-feed';
import { TickerTransform } from './ticker';
import { TradeTransform } from './trade';

/** A fresh transform for Bybit's frames of one stream. */
export function transformOf(stream: MarketStream): StreamTransform {
  switch (stream.kind) {
    case 'ticker':
      return new TickerTransform(stream.symbol, stream.market);
    case 'kline':
      return new KlineTransform(stream.symbol, stream.interval);
    case 'trade':
      return new TradeTransform(stream.symbol, stream.market);
    case 'orderbook':
      return new OrderBookFeed(stream.symbol, stream.depth);
    case 'liquidation':
      return new LiquidationTransform(stream.symbol);
  }
}
