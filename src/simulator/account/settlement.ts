import type { SymbolMarket } from '../symbol-market';
import { amountOf, least, times, toCoin } from './amount';
import type { Execution } from './execution';
import { leaves, type Order } from './order';
import type { OrderRegister } from './order-register';
import { type Position, valueOf } from './position';
import type { PositionBook } from './position-book';
import { markOf } from './valuation';
import type { Wallet } from './wallet';

/** 10^-6: rates of the lowest tier of customers. */
const FEES = { spot: { maker: 1_000, taker: 1_000 }, derivatives: { maker: 200, taker: 550 } } as const;

/** One match of an order with the market. */
export interface Fill {
  readonly execId: string;
  readonly execType?: 'Trade' | 'BustTrade';
  readonly price: bigint;
  readonly qty: bigint;
  readonly isMaker: boolean;
  readonly time: number;
  readonly seq: number;
}

/** Turns fills into what they do to order, position and wallet. */
export class Settlement {
  private executions = 0;

  constructor(
    private readonly wallet: Wallet,
    private readonly positions: PositionBook,
    private readonly orders: OrderRegister,
  ) {}

  /** Fills an order; its status is up to the caller. */
  fill(order: Order, fill: Fill): Execution {
    const { market, side } = order;
    const { instrument } = market;
    const { price, qty, isMaker, time } = fill;
    const value = valueOf(instrument, qty, price);
    const spot = instrument.category === 'spot';
    const feeRate = amountOf(FEES[spot ? 'spot' : 'derivatives'][isMaker ? 'maker' : 'taker'], 6);
    const feeCurrency = spot ? (side === 'Buy' ? instrument.baseCoin : instrument.quoteCoin) : instrument.settleCoin;
    const fee = toCoin(times(spot && side === 'Buy' ? qty : value, feeRate));
    order.filledQty += qty;
    order.filledValue += value;
    order.fee += fee;
    order.feeCurrency = feeCurrency;
    order.updatedTime = time;
    if (order.quoteUnit) order.budget -= least(value, order.budget);
    const { closed, pnl } = spot ? this.swap(order, qty, value, fee) : this.change(order, fill, fee);
    return this.record({
      ...fill,
      execType: fill.execType ?? 'Trade',
      market,
      order,
      orderId: order.orderId,
      side,
      value,
      fee,
      feeRate,
      feeCurrency,
      leavesQty: order.quoteUnit ? 0n : order.qty - order.filledQty,
      closedSize: closed,
      pnl,
    });
  }

  /** Funding: whoever is long pays when the rate is positive. `rate` in 10^-18. */
  fund(
    position: Position,
    market: SymbolMarket,
    rate: bigint,
    ids: { execId: string; orderId: string },
    time: number,
  ): Execution {
    const price = markOf(market);
    const value = valueOf(position.instrument, position.size, price);
    const paid = toCoin(times(value, rate));
    const fee = position.side === 'Buy' ? paid : -paid;
    position.realise(-fee);
    position.updatedTime = time;
    this.wallet.realise(position.instrument.settleCoin, -fee);
    return this.record({
      ...ids,
      execType: 'Funding',
      market,
      order: undefined,
      side: position.side === 'Sell' ? 'Sell' : 'Buy',
      price,
      qty: position.size,
      value,
      fee,
      feeRate: rate,
      feeCurrency: position.instrument.settleCoin,
      isMaker: false,
      leavesQty: 0n,
      closedSize: 0n,
      pnl: 0n,
      time,
      seq: market.seq,
    });
  }

  private record(execution: Omit<Execution, 'number' | 'markPrice' | 'indexPrice'>): Execution {
    const { market } = execution;
    const indexPrice = amountOf(market.indexPrice, market.instrument.priceScale);
    const whole = { ...execution, number: ++this.executions, markPrice: markOf(market), indexPrice };
    this.orders.record(whole);
    return whole;
  }

  /** Spot: one coin for the other; the fee is kept of what is received. */
  private swap({ market, side }: Order, qty: bigint, value: bigint, fee: bigint): { closed: bigint; pnl: bigint } {
    const { baseCoin, quoteCoin } = market.instrument;
    this.wallet.add(baseCoin, side === 'Buy' ? qty - fee : -qty);
    this.wallet.add(quoteCoin, side === 'Buy' ? -value : value - fee);
    return { closed: 0n, pnl: 0n };
  }

  private change(order: Order, { price, qty, time, seq }: Fill, fee: bigint): { closed: bigint; pnl: bigint } {
    const { instrument } = order.market;
    const position = this.positions.of(instrument, order.positionIdx);
    const { closed, pnl } = position.trade(order.side, qty, price);
    position.realise(pnl - fee);
    position.createdTime ||= time;
    position.updatedTime = time;
    position.seq = seq;
    order.closedPnl += closed > 0n ? pnl - fee : 0n;
    this.wallet.realise(instrument.settleCoin, pnl - fee);
    return { closed, pnl };
  }
}

/** How much of an order may be filled now: one that only reduces has its position as bound. */
export function fillable(order: Order, position: Position | undefined): bigint {
  return position ? least(leaves(order), position.reducible(order.side)) : leaves(order);
}
