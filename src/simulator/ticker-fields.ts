import { padded, trimmed, trimZeros } from './decimal';
import { optionValue, IMPLIED_VOLATILITY } from './option-pricing';
import { strikeOf, underlyingPrice, yearsToDelivery } from './option-instruments';
import { turnoverScale } from './price-history';
import type { SymbolMarket } from './symbol-market';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FUNDING = 8 * HOUR;

/** A ticker's fields in their order on the wire. */
export type TickerFields = Readonly<Record<string, string>>;

/** Decimal text of whole units at one scale, rounded down to another. */
function rescaled(units: bigint, scale: number, to: number): string {
  return scale >= to ? padded(units / 10n ** BigInt(scale - to), to) : padded(units * 10n ** BigInt(to - scale), to);
}

function change(now: number, before: number, decimals: number): string {
  return ((now - before) / before).toFixed(decimals);
}

/** Linear and inverse, as the stream and REST write them. */
export function derivativeTicker(market: SymbolMarket, time: number): TickerFields {
  const { instrument, book } = market;
  const { priceScale, sizeScale, category, deliveryTime, symbol } = instrument;
  const price = (units: number): string => padded(units, priceScale);
  const day = market.day(time);
  const previous = market.priceAgo(time, DAY);
  const openInterestValue = (units: number, scale: number): string => {
    const value =
      category === 'inverse'
        ? BigInt(Math.round((units * 10 ** (priceScale + 8)) / market.markPrice)) / 10n ** BigInt(scale)
        : BigInt(units) * BigInt(market.markPrice);
    return category === 'inverse' ? rescaled(value, 8, 2) : rescaled(value, scale + priceScale, 2);
  };
  const half = market.openInterest * 5;
  const dated = deliveryTime > 0;
  return {
    symbol,
    tickDirection: market.tickDirection,
    price24hPcnt: change(market.lastPrice, previous, 6),
    lastPrice: price(market.lastPrice),
    prevPrice24h: price(previous),
    highPrice24h: price(day.high),
    lowPrice24h: price(day.low),
    prevPrice1h: price(market.priceAgo(time, HOUR)),
    markPrice: price(market.markPrice),
    indexPrice: price(market.indexPrice),
    openInterest: trimmed(market.openInterest, sizeScale),
    openInterestValue: openInterestValue(market.openInterest, sizeScale),
    turnover24h: rescaled(day.turnover, turnoverScale(instrument), 4),
    volume24h: category === 'inverse' ? String(day.volume) : rescaled(BigInt(day.volume), sizeScale, 4),
    ...(dated
      ? {
          deliveryTime: new Date(deliveryTime).toISOString().replace('.000', ''),
          basisRate: change(market.markPrice, market.indexPrice, 8),
          deliveryFeeRate: '0.0005',
          predictedDeliveryPrice: '0.00',
          basis: price(market.lastPrice - market.indexPrice),
          basisRateYear: '0',
        }
      : {}),
    fundingIntervalHour: dated ? '' : '8',
    fundingCap: dated ? '' : '0.00333',
    singleOpenInterest: trimmed(half, sizeScale + 1),
    singleOpenInterestValue: openInterestValue(half, sizeScale + 1),
    nextFundingTime: dated ? '' : String(time - (time % FUNDING) + FUNDING),
    fundingRate: dated ? '' : trimmed(market.fundingRate, 8),
    bid1Price: price(book.bestBid),
    bid1Size: padded(book.bids.sizes[0] ?? 0, sizeScale),
    ask1Price: price(book.bestAsk),
    ask1Size: padded(book.asks.sizes[0] ?? 0, sizeScale),
    preOpenPrice: '',
    preQty: '',
    curPreListingPhase: '',
  };
}

/** Spot: no bid, ask, mark or open interest. */
export function spotTicker(market: SymbolMarket, time: number): TickerFields {
  const { instrument } = market;
  const { priceScale, sizeScale, symbol } = instrument;
  const day = market.day(time);
  const previous = market.priceAgo(time, DAY);
  return {
    symbol,
    lastPrice: trimmed(market.lastPrice, priceScale),
    highPrice24h: trimmed(day.high, priceScale),
    lowPrice24h: trimmed(day.low, priceScale),
    prevPrice24h: trimmed(previous, priceScale),
    volume24h: trimmed(day.volume, sizeScale),
    turnover24h: trimmed(day.turnover, turnoverScale(instrument)),
    price24hPcnt: trimZeros(change(market.lastPrice, previous, 4)),
    usdIndexPrice: trimmed(market.indexPrice, priceScale),
  };
}

/** Options, with the stream's names; REST calls some of them differently. */
export function optionTicker(market: SymbolMarket, time: number): TickerFields {
  const { instrument, book } = market;
  const { priceScale, sizeScale, symbol, baseCoin, contractType, deliveryTime } = instrument;
  const day = market.day(time);
  const under = underlyingPrice(baseCoin);
  const greeks = optionValue(contractType === 'Call', under, strikeOf(symbol), yearsToDelivery(deliveryTime, time));
  const iv = IMPLIED_VOLATILITY.toFixed(4);
  const price = (units: number): string => trimmed(units, priceScale);
  const size = (units: number | undefined): string => trimmed(units ?? 0, sizeScale);
  const volume = size(day.volume);
  const turnover24h = trimmed(day.turnover, turnoverScale(instrument));
  return {
    symbol,
    bidPrice: price(book.bestBid),
    bidSize: size(book.bids.sizes[0]),
    bidIv: iv,
    askPrice: price(book.bestAsk),
    askSize: size(book.asks.sizes[0]),
    askIv: iv,
    lastPrice: price(market.lastPrice),
    highPrice24h: price(day.high),
    lowPrice24h: price(day.low),
    markPrice: price(market.markPrice),
    indexPrice: String(under),
    markPriceIv: iv,
    underlyingPrice: String(under),
    openInterest: size(market.openInterest),
    turnover24h,
    volume24h: volume,
    totalVolume: volume,
    totalTurnover: turnover24h,
    delta: greeks.delta.toFixed(8),
    gamma: greeks.gamma.toFixed(8),
    vega: greeks.vega.toFixed(8),
    theta: greeks.theta.toFixed(8),
    predictedDeliveryPrice: '0',
    change24h: change(market.lastPrice, market.priceAgo(time, DAY), 8),
  };
}
