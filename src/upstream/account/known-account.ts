import {
  type AccountBalance,
  type AccountExecution,
  type AccountFact,
  type AccountOrder,
  type AccountPosition,
  type CoinBalance,
  type Origin,
  positionName,
} from '../../streams/account';
import type { AccountKind } from '../../streams/stream';
import { isClosed } from '../../transform/bybit/account/order';
import { Bounded } from './bounded';
import { isEmpty, orderAge, positionAge, sameCoin, sameOrder, samePosition, zeroOf } from './compare';

/** How many closed orders and flat positions are remembered, so that what is late does not bring them back: all that one look may show. */
const MAX_CLOSED = 20_000;
/** How many executions are remembered, so that each is told once: all that one look may show. */
const MAX_EXECUTIONS = 40_000;

interface KnownCoin {
  readonly coin: CoinBalance;
  /** By the exchange's clock, ms. */
  readonly asOf: number;
  readonly pushed: boolean;
}

/**
 * The account as far as it was told. Each item that comes is noted here first, and the answer says whether to tell it. Pushes come
 * in order, so one is held back only when a comparison has told something newer already; what a comparison finds is told only
 * when it is newer than what is known, and differs.
 */
export class KnownAccount {
  private readonly orders = new Map<string, AccountOrder>();
  private readonly closed = new Bounded<AccountOrder>(MAX_CLOSED);
  private readonly positions = new Map<string, AccountPosition>();
  private readonly flat = new Bounded<AccountPosition>(MAX_CLOSED);
  private readonly coins = new Map<string, KnownCoin>();
  private readonly told = new Bounded<true>(MAX_EXECUTIONS);

  order(order: AccountOrder): boolean {
    const known = this.orderOf(order.id);
    if (known && !isNews(order, known, orderAge(order, known), () => sameOrder(order, known))) return false;
    if (isClosed(order)) {
      this.orders.delete(order.id);
      this.closed.set(order.id, order);
    } else {
      this.closed.delete(order.id);
      this.orders.set(order.id, order);
    }
    return true;
  }

  position(position: AccountPosition): boolean {
    const key = positionName(position);
    const known = this.positions.get(key) ?? this.flat.get(key);
    const same = known && samePosition(position, known);
    if (known && !isNews(position, known, positionAge(position, known), () => same === true)) return false;
    // Times move on without anything having happened; and of a symbol that nothing was told of, being flat is no news.
    if (position.origin === 'sync' && (same ?? position.side === 'flat')) return false;
    if (position.side === 'flat') {
      this.positions.delete(key);
      this.flat.set(key, position);
    } else {
      this.flat.delete(key);
      this.positions.set(key, position);
    }
    return true;
  }

  execution({ id }: AccountExecution): boolean {
    if (this.told.has(id)) return false;
    this.told.set(id, true);
    return true;
  }

  /** What is to be told of a push of the wallet that the exchange made at `asOf`. */
  pushedBalance(balance: AccountBalance, asOf: number): AccountBalance | undefined {
    const coins = balance.coins.filter((coin) => {
      const known = this.coins.get(coin.coin);
      return !known || known.pushed || asOf >= known.asOf;
    });
    if (coins.length === 0 && balance.coins.length > 0) return undefined;
    for (const coin of coins) this.coins.set(coin.coin, { coin, asOf, pushed: true });
    return { ...balance, coins };
  }

  /**
   * What is to be told of a wallet that the exchange was asked for at `asOf`: the coins that differ, or all of them; but not those
   * of which something newer was told. A coin that it does not show any more is empty.
   */
  fetchedBalance(balance: AccountBalance, asOf: number, all: boolean): AccountBalance | undefined {
    const shown = new Set(balance.coins.map(({ coin }) => coin));
    const missing = [...this.coins.values()].filter(({ coin }) => !shown.has(coin.coin) && !isEmpty(coin));
    const coins: CoinBalance[] = [];
    for (const coin of [...balance.coins, ...missing.map(({ coin }) => zeroOf(coin.coin))]) {
      const known = this.coins.get(coin.coin);
      if (known && known.asOf > asOf) continue;
      if (all || !known || !sameCoin(coin, known.coin)) coins.push(coin);
      this.coins.set(coin.coin, { coin, asOf, pushed: false });
    }
    return coins.length === 0 ? undefined : { ...balance, coins };
  }

  orderOf(id: string): AccountOrder | undefined {
    return this.orders.get(id) ?? this.closed.get(id);
  }

  positionAt(position: AccountPosition): AccountPosition | undefined {
    return this.positions.get(positionName(position));
  }

  openOrders(): readonly AccountOrder[] {
    return [...this.orders.values()];
  }

  openPositions(): readonly AccountPosition[] {
    return [...this.positions.values()];
  }

  /** What was told by somebody before us. What was told here meanwhile is newer. */
  recall(facts: readonly AccountFact[]): void {
    for (const fact of facts) this.recallOne(fact);
  }

  /** Of an order of which the exchange says nothing any more. */
  forgetOrder(id: string): void {
    this.orders.delete(id);
  }

  /** What is known of one kind is to be told anew. */
  forget(kind: AccountKind): void {
    if (kind === 'order') {
      this.orders.clear();
      this.closed.clear();
    } else if (kind === 'position') {
      this.positions.clear();
      this.flat.clear();
    } else if (kind === 'balance') this.coins.clear();
    else this.told.clear();
  }

  private recallOne({ kind, name, at, ended, body }: AccountFact): void {
    if (kind === 'execution') this.told.set(name, true);
    else if (kind === 'order') {
      if (this.orderOf(name)) return;
      const order = JSON.parse(body) as AccountOrder;
      if (ended) this.closed.set(name, order);
      else this.orders.set(name, order);
    } else if (kind === 'position') {
      if (this.positions.has(name) || this.flat.get(name)) return;
      const position = JSON.parse(body) as AccountPosition;
      if (ended) this.flat.set(name, position);
      else this.positions.set(name, position);
    } else if (!this.coins.has(name)) {
      this.coins.set(name, { coin: JSON.parse(body) as CoinBalance, asOf: at, pushed: true });
    }
  }
}

/** @param age of the item: above 0 when it is newer than what is known */
function isNews(
  item: { readonly origin: Origin },
  known: { readonly origin: Origin },
  age: number,
  same: () => boolean,
): boolean {
  if (item.origin === 'sync') return age > 0;
  return known.origin === 'push' || age > 0 || (age === 0 && !same());
}
