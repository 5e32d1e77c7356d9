import { INTERVALS, streamOf, type ExchangeMarket, type MarketStream } from '../../src/streams/stream';
import { INTERVAL_SPELLING } from '../../src/transform/bybit/interval-spelling';

/** The market that a recording is of: its file's name begins with it; a mixed one goes by the symbol. */
export function marketOf(file: string, symbol: string): ExchangeMarket {
  if (file.startsWith('spot')) return 'spot';
  if (file.startsWith('option')) return 'option';
  if (file.includes('inverse')) return /(USDT|USDC|PERP)$/.test(symbol) ? 'futures' : 'inverse';
  return 'futures';
}

/** The stream that a topic feeds; undefined for topics that feed none, the private ones. */
export function streamOfTopic(file: string, topic: string): MarketStream | undefined {
  const parts = topic.split('.');
  const symbol = parts.at(-1) ?? '';
  const market = marketOf(file, symbol);
  switch (parts[0]) {
    case 'tickers':
      return streamOf(market, { kind: 'ticker' }, symbol);
    case 'publicTrade':
      return streamOf(market, { kind: 'trade' }, symbol);
    case 'allLiquidation':
    case 'liquidation':
      return streamOf(market, { kind: 'liquidation' }, symbol);
    case 'orderbook':
      return streamOf(market, { kind: 'orderbook', depth: Number(parts[1]) }, symbol);
    case 'kline': {
      const interval = INTERVALS.find((ours) => INTERVAL_SPELLING[ours] === parts[1]);
      return interval && streamOf(market, { kind: 'kline', interval }, symbol);
    }
    default:
      return undefined;
  }
}
