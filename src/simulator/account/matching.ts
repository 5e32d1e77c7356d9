import type { BookSide } from '../order-book';
import type { SymbolMarket } from '../symbol-market';
import type { TapeTrade } from '../trade-tape';
import { amountOf, least, unitsOf } from './amount';
import type { Order } from './order';

/** A price and how much there is of it, in 10^-18. */
export interface Match {
  readonly price: bigint;
  readonly qty: bigint;
}

/** The fills of an order that takes from the book up to its price, at most `most`; it shows on the tape as any other. */
export function takeFromBook(order: Order, most: bigint, time: number): readonly (Match & { trade: TapeTrade })[] {
  const { market, side } = order;
  const { sizeScale, priceScale } = market.instrument;
  const size = order.quoteUnit ? sizeForMoney(order) : unitsOf(most, sizeScale);
  if (size <= 0) return [];
  return market.ownOrder(side, size, limitOf(order), time).map((trade) => ({
    price: amountOf(trade.price, priceScale),
    qty: amountOf(trade.size, sizeScale),
    trade,
  }));
}

/** How much the book has for an order now. */
export function within(order: Order): bigint {
  const limit = limitOf(order);
  const { prices, sizes, direction } = against(order);
  let units = 0;
  for (let i = 0; i < prices.length; i++) {
    if (limit !== undefined && ((prices[i] ?? 0) - limit) * direction > 0) break;
    units += sizes[i] ?? 0;
  }
  return amountOf(units, order.market.instrument.sizeScale);
}

/** What a resting order gets of trades that others made at its price or beyond, and of quotes that have come to cross it. */
export class Passing {
  private readonly left: number[];

  constructor(
    private readonly market: SymbolMarket,
    private readonly trades: readonly TapeTrade[],
  ) {
    this.left = trades.map((trade) => trade.size);
  }

  /** The fills of one order, at its own price, at most `most` together. Orders with better prices are to be asked first. */
  fill(order: Order, most: bigint): Match[] {
    const { sizeScale } = this.market.instrument;
    const limit = limitOf(order) ?? 0;
    const fills: Match[] = [];
    let rest = unitsOf(most, sizeScale);
    const take = (size: number): void => {
      rest -= size;
      fills.push({ price: order.price, qty: amountOf(size, sizeScale) });
    };
    for (const [i, { side, price }] of this.trades.entries()) {
      const reached = order.side === 'Buy' ? price <= limit : price >= limit;
      const size = Math.min(rest, this.left[i] ?? 0);
      if (side === order.side || !reached || size === 0) continue;
      this.left[i] = (this.left[i] ?? 0) - size;
      take(size);
    }
    const { prices, sizes, direction } = against(order);
    const crossed = ((prices[0] ?? limit + direction) - limit) * direction <= 0;
    if (crossed && rest > 0) take(Math.min(rest, sizes[0] ?? 0));
    return fills;
  }
}

/** Better prices first, then older orders. */
export function byPriority(a: Order, b: Order): number {
  if (a.side !== b.side) return a.side === 'Buy' ? -1 : 1;
  const better = a.side === 'Buy' ? b.price - a.price : a.price - b.price;
  return better === 0n ? a.number - b.number : Number(better > 0n) * 2 - 1;
}

function against({ side, market }: Order): BookSide {
  return side === 'Buy' ? market.book.asks : market.book.bids;
}

/** In price units; undefined for orders that take any price. */
function limitOf({ price, market }: Order): number | undefined {
  return price === 0n ? undefined : unitsOf(price, market.instrument.priceScale);
}

/** Whole steps of the base coin that an order's money buys, or that must be sold for it. */
function sizeForMoney(order: Order): number {
  const { instrument } = order.market;
  const { prices, sizes } = against(order);
  let money = order.budget;
  let units = 0;
  for (let i = 0; i < prices.length && money > 0n; i++) {
    // Price x size of one step, in 10^-18.
    const step = amountOf(prices[i] ?? 0, instrument.priceScale + instrument.sizeScale);
    const size = least(BigInt(sizes[i] ?? 0), money / step);
    units += Number(size);
    money -= size * step;
    if (size < BigInt(sizes[i] ?? 0)) break;
  }
  return units;
}
