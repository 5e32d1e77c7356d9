import type { SymbolMarket } from '../symbol-market';
import type { Execution } from './execution';
import { isOpen, type Order } from './order';

/** Orders that are over, and executions, that are remembered. */
const KEPT = 10_000;

/** The newest entries, oldest first; what falls out is told. */
class Recent<T> {
  private entries: T[] = [];

  constructor(private readonly dropped: (entry: T) => void = () => undefined) {}

  add(entry: T): void {
    this.entries.push(entry);
    if (this.entries.length < 2 * KEPT) return;
    for (const old of this.entries.slice(0, KEPT)) this.dropped(old);
    this.entries = this.entries.slice(KEPT);
  }

  newestFirst(): T[] {
    return [...this.entries].reverse();
  }
}

/** All orders and executions of the account, within what is remembered. */
export class OrderRegister {
  private readonly byId = new Map<string, Order>();
  private readonly byLinkId = new Map<string, Order>();
  private readonly openOrders = new Set<Order>();
  private readonly over = new Recent<Order>((order) => this.forget(order));
  private readonly executions = new Recent<Execution>();

  add(order: Order): void {
    this.byId.set(order.orderId, order);
    if (order.orderLinkId) this.byLinkId.set(order.orderLinkId, order);
    this.openOrders.add(order);
  }

  /** To be called when an order may have come to its end. */
  settle(order: Order): void {
    if (isOpen(order) || !this.openOrders.delete(order)) return;
    this.over.add(order);
  }

  record(execution: Execution): void {
    this.executions.add(execution);
  }

  find(orderId: string, orderLinkId: string): Order | undefined {
    return orderId ? this.byId.get(orderId) : this.byLinkId.get(orderLinkId);
  }

  /** Oldest first. */
  get open(): ReadonlySet<Order> {
    return this.openOrders;
  }

  openIn(market: SymbolMarket): Order[] {
    return [...this.openOrders].filter((order) => order.market === market);
  }

  /** Orders that are over, newest first. */
  closed(): Order[] {
    return this.over.newestFirst().sort((a, b) => b.number - a.number);
  }

  /** Newest first. */
  trades(): Execution[] {
    return this.executions.newestFirst();
  }

  private forget(order: Order): void {
    this.byId.delete(order.orderId);
    if (this.byLinkId.get(order.orderLinkId) === order) this.byLinkId.delete(order.orderLinkId);
  }
}
