import type { BookSide } from './order-book';
import type { Candle } from './candle';
import { padded, trimmed } from './decimal';
import { candleEnd, candleStart, type KlineInterval } from './kline-interval';
import { turnoverScale } from './price-history';
import type { SymbolMarket } from './symbol-market';
import { derivativeTicker, optionTicker, spotTicker } from './ticker-fields';

/** Rows of [start, open, high, low, close, volume, turnover], newest first; the first may still be open. */
export function klineRows(
  market: SymbolMarket,
  interval: KlineInterval,
  range: { readonly start: number | undefined; readonly end: number | undefined; readonly limit: number },
  time: number,
): string[][] {
  const builder = market.klines(interval, time);
  const end = Math.min(range.end ?? time, time);
  const candles = [...builder.closed, builder.current].filter((candle) => candle.start <= end);
  const oldest = builder.closed[0] ?? builder.current;
  const before = Math.min(oldest.start, candleEnd(interval, candleStart(interval, end)));
  const missing = Math.max(0, range.limit - candles.length);
  const all = missing > 0 ? [...market.history.candlesBefore(interval, before, missing), ...candles] : candles;
  const wanted = all.filter((candle) => candle.start >= (range.start ?? 0) && candle.start >= 0);
  // With a start and no end the exchange counts from the start.
  const page =
    range.start !== undefined && range.end === undefined
      ? fromStart(market, interval, range.start, range.limit, wanted)
      : wanted.slice(-range.limit);
  return page.reverse().map((candle) => row(market, candle));
}

function fromStart(
  market: SymbolMarket,
  interval: KlineInterval,
  start: number,
  limit: number,
  known: readonly Candle[],
): Candle[] {
  const page: Candle[] = [];
  const first = candleStart(interval, start);
  const byStart = new Map(known.map((candle) => [candle.start, candle]));
  const newest = known.at(-1)?.start ?? -1;
  for (
    let at = first < start ? candleEnd(interval, first) : first;
    at <= newest && page.length < limit;
    at = candleEnd(interval, at)
  ) {
    page.push(byStart.get(at) ?? market.history.candle(interval, at));
  }
  return page;
}

function row(market: SymbolMarket, candle: Candle): string[] {
  const { priceScale, sizeScale } = market.instrument;
  const prices = [candle.open, candle.high, candle.low, candle.close].map((price) => trimmed(price, priceScale));
  return [
    String(candle.start),
    ...prices,
    trimmed(candle.volume, sizeScale),
    trimmed(candle.turnover, turnoverScale(market.instrument)),
  ];
}

/** `u` is the id of the last change here; the streams count for themselves. */
export function orderBookResult(market: SymbolMarket, limit: number, time: number): object {
  const { book, instrument } = market;
  book.watch(limit);
  const side = ({ prices, sizes }: BookSide): [string, string][] =>
    prices
      .slice(0, limit)
      .map((price, i) => [trimmed(price, instrument.priceScale), trimmed(sizes[i] ?? 0, instrument.sizeScale)]);
  return {
    s: instrument.symbol,
    b: side(book.bids),
    a: side(book.asks),
    ts: time,
    u: book.version + 1,
    seq: market.seq,
    cts: market.changed,
  };
}

/** Newest first. */
export function recentTrades(markets: readonly SymbolMarket[], limit: number): object[] {
  const trades = markets.flatMap((market) => market.tape.newest(limit).map((trade) => ({ trade, market })));
  if (markets.length > 1) trades.sort((a, b) => b.trade.time - a.trade.time);
  return trades.slice(0, limit).map(({ trade, market: { instrument } }) => ({
    execId: trade.id,
    symbol: trade.symbol,
    price: padded(trade.price, instrument.priceScale),
    size: padded(trade.size, instrument.sizeScale),
    side: trade.side,
    time: String(trade.time),
    isBlockTrade: false,
    isRPITrade: false,
    seq: String(trade.seq),
  }));
}

/** A ticker with the names REST uses: spot has a best bid and ask here, options call theirs differently. */
export function restTicker(market: SymbolMarket, time: number): object {
  const { category, priceScale, sizeScale, deliveryTime } = market.instrument;
  if (category === 'linear' || category === 'inverse')
    return { ...derivativeTicker(market, time), deliveryTime: String(deliveryTime) };
  const { book } = market;
  const best = {
    bid1Price: trimmed(book.bestBid, priceScale),
    bid1Size: trimmed(book.bids.sizes[0] ?? 0, sizeScale),
    ask1Price: trimmed(book.bestAsk, priceScale),
    ask1Size: trimmed(book.asks.sizes[0] ?? 0, sizeScale),
  };
  if (category === 'spot') return { ...spotTicker(market, time), ...best };
  const { bidPrice, bidSize, bidIv, askPrice, askSize, askIv, markPriceIv, ...rest } = optionTicker(market, time) as Record<
    string,
    string
  >;
  return {
    ...rest,
    bid1Price: bidPrice,
    bid1Size: bidSize,
    bid1Iv: bidIv,
    ask1Price: askPrice,
    ask1Size: askSize,
    ask1Iv: askIv,
    markIv: markPriceIv,
  };
}
