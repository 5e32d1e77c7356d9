import type { MarketModel } from '../market-model';
import type { ExchangeTime } from '../push-schedule';
import type { Random } from '../random';
import type { SymbolMarket } from '../symbol-market';
import type { AccountFaults } from './account-faults';
import type { AccountPushes } from './account-pushes';
import { amountOf, least } from './amount';
import type { Execution } from './execution';
import { byPriority, type Match, Passing, takeFromBook, within } from './matching';
import { OrderIntake, takeOverTicket } from './order-intake';
import { isOpen, onlyReduces, type Order, type OrderStatus, type Ticket } from './order';
import type { OrderRegister } from './order-register';
import type { Position } from './position';
import type { PositionBook } from './position-book';
import { type Fill, fillable, type Settlement } from './settlement';
import type { Valuation } from './valuation';
import type { Wallet } from './wallet';

/** What the desk works with. */
export interface Books {
  readonly model: MarketModel;
  readonly wallet: Wallet;
  readonly positions: PositionBook;
  readonly orders: OrderRegister;
  readonly valuation: Valuation;
  readonly settlement: Settlement;
  readonly pushes: AccountPushes;
}

/** Where the account's orders meet the market: they take from the book, rest, fill and end, and each step is told. */
export class Desk {
  /** Markets with resting orders, with how many of their trades and events have been looked at. */
  private readonly watched = new Map<SymbolMarket, { trades: number; events: number }>();
  private readonly intake: OrderIntake;

  constructor(
    private readonly books: Books,
    private readonly faults: AccountFaults,
    private readonly time: ExchangeTime,
    random: Random,
  ) {
    this.intake = new OrderIntake(time, random);
  }

  /** Markets that must move on for the sake of orders that rest in them. */
  get markets(): Iterable<SymbolMarket> {
    return this.watched.keys();
  }

  /** Takes an order in: what it can get at once it gets, the rest waits or ends as its time in force wants. */
  enter(ticket: Ticket, createType = 'CreateByUser'): Order {
    this.look();
    const order = this.accept(ticket, createType);
    const refusal = this.refusal(order);
    if (refusal) {
      this.end(order, refusal.status, 'UNKNOWN', refusal.reason);
      this.report(order, []);
      return order;
    }
    const rests = order.timeInForce === 'GTC' || order.timeInForce === 'PostOnly';
    if (rests) this.report(order, []);
    const executions = this.take(order);
    if (!rests) this.finish(order);
    if (!rests || executions.length > 0) this.report(order, executions);
    if (isOpen(order)) this.watch(order.market);
    return order;
  }

  cancel(order: Order): void {
    this.end(order, 'Cancelled', 'CancelByUser', 'EC_PerCancelRequest');
    this.report(order, []);
  }

  /** Other terms for an order that rests. A new price may cross the book. */
  amend(order: Order, terms: { readonly qty: bigint; readonly price: bigint }): void {
    order.qty = terms.qty;
    order.price = terms.price;
    order.updatedTime = this.time.now();
    this.report(order, []);
    const executions = this.take(order);
    if (executions.length > 0) this.report(order, executions);
  }

  /** Fills a resting order at its price, as if a taker had come: for tests. */
  fill(order: Order, most: bigint): void {
    const qty = least(most, this.fillable(order));
    if (qty > 0n) this.report(order, this.settle(order, [{ price: order.price, qty }]));
  }

  /** A cancel that comes too late: the order fills, and a second frame says so of the cancel. */
  cancelTooLate(order: Order): void {
    this.fill(order, order.qty);
    order.cancelType = 'CancelByUser';
    order.rejectReason = 'EC_OrigClOrdIDDoesNotExist';
    this.books.pushes.order(order);
  }

  /** The liquidation engine takes a position over at its mark price. */
  takeOver(position: Position, market: SymbolMarket): void {
    const order = this.accept(takeOverTicket(position, market), 'CreateByTakeOver_PassThrough');
    const price = amountOf(market.markPrice, market.instrument.priceScale);
    const time = this.time.now();
    const fill: Fill = {
      execId: this.intake.execId(order),
      execType: 'BustTrade',
      price,
      qty: order.qty,
      isMaker: false,
      time,
      seq: market.seq,
    };
    const execution = this.books.settlement.fill(order, fill);
    this.end(order, 'Filled', 'UNKNOWN', 'EC_NoError');
    this.report(order, [execution]);
  }

  /** Fills what rests with what was traded since the last look. */
  look(): void {
    for (const [market, seen] of this.watched) {
      if (market.events === seen.events) continue;
      const orders = this.books.orders.openIn(market).sort(byPriority);
      const passing = new Passing(market, market.tape.since(seen.trades));
      if (orders.length === 0) this.watched.delete(market);
      else this.watch(market);
      for (const order of orders) {
        const fills = isOpen(order) ? passing.fill(order, this.fillable(order)) : [];
        if (fills.length > 0) this.report(order, this.settle(order, fills));
      }
    }
  }

  /** Tells what an order's step changed: order, executions, position, and by that also siblings that have nothing to reduce. */
  private report(order: Order, executions: readonly Execution[]): void {
    const { pushes, orders } = this.books;
    const { market } = order;
    orders.settle(order);
    pushes.order(order);
    pushes.executions(executions);
    if (market.instrument.category === 'spot') {
      const { baseCoin, quoteCoin } = market.instrument;
      this.books.wallet.touch(order.side === 'Buy' ? quoteCoin : baseCoin);
      return;
    }
    const position = this.books.positions.of(market.instrument, order.positionIdx);
    pushes.positions([position], market);
    if (executions.length > 0) this.cancelIdle(market, position);
  }

  /** Orders that could only have reduced a position end with it. */
  private cancelIdle(market: SymbolMarket, position: Position): void {
    for (const order of this.books.orders.openIn(market)) {
      if (order.positionIdx !== position.positionIdx || !onlyReduces(order) || position.reducible(order.side) > 0n) continue;
      this.end(order, 'Cancelled', 'CancelByReduceOnly', 'EC_NoError');
      this.report(order, []);
    }
  }

  private accept(ticket: Ticket, createType: string): Order {
    const order = this.intake.accept(ticket, createType);
    this.books.orders.add(order);
    return order;
  }

  /** Why the matching engine does not let an accepted order in; on spot, what would take is rejected, elsewhere cancelled. */
  private refusal(order: Order): { status: OrderStatus; reason: string } | undefined {
    const ordered = this.faults.takeRejection();
    if (ordered !== undefined) return { status: 'Rejected', reason: ordered };
    const { timeInForce, market } = order;
    if (timeInForce === 'PostOnly' && within(order) > 0n) {
      const status = market.instrument.category === 'spot' ? 'Rejected' : 'Cancelled';
      return { status, reason: 'EC_PostOnlyWillTakeLiquidity' };
    }
    if (timeInForce === 'FOK' && within(order) < order.qty) return { status: 'Cancelled', reason: 'EC_NoEnoughQtyToFill' };
    return undefined;
  }

  private take(order: Order): Execution[] {
    const found = takeFromBook(order, this.fillable(order), this.time.now());
    if (this.watched.has(order.market)) this.watch(order.market);
    return found.map(({ price, qty, trade }) => {
      const { id: execId, time, seq } = trade;
      return this.filled(order, { execId, price, qty, isMaker: false, time, seq });
    });
  }

  private settle(order: Order, matches: readonly Match[]): Execution[] {
    const { seq } = order.market;
    return matches.map(({ price, qty }) =>
      this.filled(order, { execId: this.intake.execId(order), price, qty, isMaker: true, time: this.time.now(), seq }),
    );
  }

  private filled(order: Order, fill: Fill): Execution {
    const execution = this.books.settlement.fill(order, fill);
    if (!order.quoteUnit) order.status = order.filledQty === order.qty ? 'Filled' : 'PartiallyFilled';
    return execution;
  }

  /** An order that does not rest is over, whatever it got. */
  private finish(order: Order): void {
    if (!isOpen(order)) return;
    const spot = order.market.instrument.category === 'spot';
    if (order.quoteUnit && order.budget === 0n) this.end(order, 'Filled', 'UNKNOWN', 'EC_NoError');
    else if (spot && order.filledQty > 0n) this.end(order, 'PartiallyFilledCanceled', 'UNKNOWN', 'EC_CancelForNoFullFill');
    else if (order.reduceOnly && order.filledQty > 0n) this.end(order, 'Cancelled', 'CancelByReduceOnly', 'EC_NoError');
    else this.end(order, 'Cancelled', 'UNKNOWN', 'EC_NoImmediateQtyToFill');
  }

  private end(order: Order, status: OrderStatus, cancelType: string, reason: string): void {
    order.status = status;
    order.cancelType = cancelType;
    order.rejectReason = reason;
    order.updatedTime = this.time.now();
  }

  private fillable(order: Order): bigint {
    const { positions } = this.books;
    return fillable(order, onlyReduces(order) ? positions.of(order.market.instrument, order.positionIdx) : undefined);
  }

  private watch(market: SymbolMarket): void {
    this.watched.set(market, { trades: market.tape.count, events: market.events });
  }
}
