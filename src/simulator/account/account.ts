import type { Category } from '../categories';
import type { Fields } from '../command-fields';
import type { MarketModel } from '../market-model';
import type { ExchangeTime } from '../push-schedule';
import { type Random, randomUuid } from '../random';
import { RestError } from '../rest-answer';
import type { SymbolMarket } from '../symbol-market';
import type { AccountFaults } from './account-faults';
import type { AccountPushes } from './account-pushes';
import { Admission } from './admission';
import { amountOf, parseAmount } from './amount';
import { type Books, Desk } from './desk';
import { isOpen, type Order } from './order';
import { OrderRegister } from './order-register';
import { marketOf, optional, readPrice, readQuantity, readTicket } from './order-ticket';
import type { PositionIdx } from './position';
import { PositionBook } from './position-book';
import { Settlement } from './settlement';
import { Valuation } from './valuation';
import { Wallet } from './wallet';

interface OrderAnswer {
  readonly orderId: string;
  readonly orderLinkId: string;
}

/**
 * The one unified account of the exchange. What clients ask for takes the bodies of REST and throws {@link RestError}; what
 * happens to an account from outside takes plain arguments, amounts as decimal texts, and throws a RangeError.
 */
export class Account {
  readonly books: Books;
  private readonly desk: Desk;
  private readonly admission: Admission;

  constructor(
    private readonly model: MarketModel,
    private readonly pushes: AccountPushes,
    faults: AccountFaults,
    private readonly time: ExchangeTime,
    private readonly random: Random,
    balances: Readonly<Record<string, string>>,
  ) {
    const wallet = new Wallet(balances);
    const positions = new PositionBook();
    const orders = new OrderRegister();
    const valuation = new Valuation(model, wallet, positions, orders);
    const settlement = new Settlement(wallet, positions, orders);
    this.books = { model, wallet, positions, orders, valuation, settlement, pushes };
    this.admission = new Admission(positions, orders, valuation);
    this.desk = new Desk(this.books, faults, time, random);
  }

  /** Markets that the account's resting orders wait in. */
  get markets(): Iterable<SymbolMarket> {
    return this.desk.markets;
  }

  /** Fills resting orders with what their markets have traded since the last look. */
  look(): void {
    this.desk.look();
    this.tellWallet();
  }

  create(body: Fields): OrderAnswer {
    const ticket = readTicket(body, this.model);
    this.admission.check(ticket);
    return this.done(this.desk.enter(ticket));
  }

  amend(body: Fields): OrderAnswer {
    const order = this.openOrder(body);
    const { instrument } = order.market;
    const qty = body['qty'] === undefined ? order.qty : readQuantity(body, instrument, false);
    const price = body['price'] === undefined ? order.price : readPrice(body, instrument);
    if (qty <= order.filledQty)
      throw new RestError(110063, 'The number of contracts modified cannot be less than or equal to the filled quantity');
    if (qty === order.qty && price === order.price)
      throw new RestError(10001, 'The order remains unchanged as the parameters entered match the existing ones.');
    this.desk.amend(order, { qty, price });
    return this.done(order);
  }

  cancel(body: Fields): OrderAnswer {
    const order = this.openOrder(body);
    this.desk.cancel(order);
    return this.done(order);
  }

  /** Of a category; narrowed by symbol, base coin or settle coin. */
  cancelAll(body: Fields): { list: OrderAnswer[]; success: string } {
    const [symbol, baseCoin, settleCoin] = ['symbol', 'baseCoin', 'settleCoin'].map((name) => optional(body, name));
    const category = optional(body, 'category');
    if (category !== 'spot' && !symbol && !baseCoin && !settleCoin)
      throw new RestError(10001, 'params error: symbol, baseCoin or settleCoin is required');
    const list = [...this.books.orders.open].filter(({ market: { instrument } }) => {
      if (instrument.category !== category) return false;
      if (symbol) return instrument.symbol === symbol;
      return baseCoin ? instrument.baseCoin === baseCoin : !settleCoin || instrument.settleCoin === settleCoin;
    });
    for (const order of list) if (isOpen(order)) this.desk.cancel(order);
    this.tellWallet();
    return { list: list.map(({ orderId, orderLinkId }) => ({ orderId, orderLinkId })), success: '1' };
  }

  /** One-way (0) or hedge (3), of a symbol or of all that settle in a coin; USDT perpetuals only, as on the exchange. */
  switchMode(body: Fields): Record<string, never> {
    const mode = body['mode'];
    if (mode !== 0 && mode !== 3) throw new RestError(10001, 'params error: mode is invalid');
    const symbol = optional(body, 'symbol');
    const coin = optional(body, 'coin');
    if (!symbol) {
      if (body['category'] !== 'linear' || coin !== 'USDT')
        throw new RestError(10001, 'params error: symbol or coin is required');
      this.books.positions.setMode({ coin }, mode === 3);
      return {};
    }
    const market = marketOf(body, this.model);
    const { instrument } = market;
    if (instrument.contractType !== 'LinearPerpetual' || instrument.settleCoin !== 'USDT')
      throw new RestError(110029, 'Hedge mode is not available for this symbol');
    const { positions, orders } = this.books;
    if (positions.isHedged(instrument) === (mode === 3)) throw new RestError(110025, 'Position mode is not modified');
    if (positions.ofSymbol(instrument).some(({ size }) => size > 0n))
      throw new RestError(110024, 'You have an existing position, so position mode cannot be switched');
    if (orders.openIn(market).length > 0) throw new RestError(110028, 'Open orders exist, so you cannot change position mode');
    positions.setMode({ symbol }, mode === 3);
    this.pushes.positions(positions.ofSymbol(instrument), market);
    return {};
  }

  /** Into the account, or with a minus sign out of it, which needs that much to be there. */
  transfer(coin: string, amount: string): void {
    const change = decimal('amount', amount);
    if (change < 0n && this.books.valuation.free(coin) + change < 0n) throw new RangeError(`there is not so much ${coin}`);
    this.books.wallet.add(coin, change);
    this.tellWallet();
  }

  /** Borrows and spends elsewhere: the balance may become negative, and what is below zero is owed. */
  borrow(coin: string, amount: string): void {
    this.books.wallet.add(coin, -decimal('amount', amount));
    this.tellWallet();
  }

  /** Interest falls due on what is borrowed; it is owed, not yet paid. */
  interest(coin: string, amount: string): void {
    this.books.wallet.charge(coin, decimal('amount', amount));
    this.tellWallet();
  }

  /** Funding of a symbol's positions, at its present rate unless told another. Returns how many positions paid or got it. */
  funding(category: Category, symbol: string, rate?: string): number {
    const market = this.market(category, symbol);
    const amount = rate === undefined ? amountOf(market.fundingRate, 8) : decimal('rate', rate);
    const held = this.books.positions.ofSymbol(market.instrument).filter(({ size }) => size > 0n);
    for (const position of held) {
      const ids = { execId: randomUuid(this.random), orderId: randomUuid(this.random) };
      const execution = this.books.settlement.fund(position, market, amount, ids, this.time.now());
      this.pushes.executions([execution]);
      this.pushes.positions([position], market);
    }
    this.tellWallet();
    return held.length;
  }

  /** Somebody trades with a resting order: all of what is left, or so much. */
  fill(orderId: string, qty?: string): void {
    const order = this.resting(orderId);
    const most = qty === undefined ? order.qty : decimal('qty', qty);
    if (most <= 0n || most % amountOf(1, order.market.instrument.sizeScale) !== 0n)
      throw new RangeError(`qty must be a positive number of steps, not ${qty ?? ''}`);
    this.desk.fill(order, most);
    this.tellWallet();
  }

  /** A resting order fills while its cancel is under way: two `Filled` frames, the second about the cancel. */
  cancelTooLate(orderId: string): void {
    this.desk.cancelTooLate(this.resting(orderId));
    this.tellWallet();
  }

  /** The liquidation engine takes a position over. */
  liquidate(category: Category, symbol: string, positionIdx: PositionIdx): void {
    const market = this.market(category, symbol);
    const position = this.books.positions.of(market.instrument, positionIdx);
    if (position.size === 0n) throw new RangeError(`there is no position in ${symbol}`);
    this.desk.takeOver(position, market);
    this.tellWallet();
  }

  /** Whatever is done meanwhile is never pushed: only REST tells. */
  quietly<T>(act: () => T): T {
    const { muted } = this.pushes;
    this.pushes.muted = true;
    try {
      return act();
    } finally {
      this.pushes.muted = muted;
    }
  }

  private done(order: Order): OrderAnswer {
    this.tellWallet();
    return { orderId: order.orderId, orderLinkId: order.orderLinkId };
  }

  private tellWallet(): void {
    const changed = this.books.wallet.takeChanged();
    if (changed.length > 0) this.pushes.wallet(this.books.valuation, changed);
  }

  /** By `orderId` or `orderLinkId`, or what the exchange says when there is none. */
  private openOrder(body: Fields): Order {
    const category = optional(body, 'category');
    const [orderId, orderLinkId] = ['orderId', 'orderLinkId'].map((name) => optional(body, name));
    if (!orderId && !orderLinkId) throw new RestError(10001, 'params error: orderId or orderLinkId is required');
    this.look();
    const order = this.books.orders.find(orderId ?? '', orderLinkId ?? '');
    if (!order || !isOpen(order) || order.market.instrument.category !== category)
      throw category === 'spot'
        ? new RestError(170213, 'Order does not exist.')
        : new RestError(110001, 'order not exists or too late to cancel');
    return order;
  }

  private resting(orderId: string): Order {
    const order = this.books.orders.find(orderId, '');
    if (!order || !isOpen(order)) throw new RangeError(`there is no open order ${orderId}`);
    return order;
  }

  private market(category: Category, symbol: string): SymbolMarket {
    const market = this.model.symbol(category, symbol);
    if (!market || category === 'spot' || category === 'option')
      throw new RangeError(`there are no positions in ${category} ${symbol}`);
    return market;
  }
}

function decimal(name: string, text: string): bigint {
  const amount = parseAmount(text);
  if (amount === undefined) throw new RangeError(`${name} must be a decimal text, not "${text}"`);
  return amount;
}
