import type { Category } from '../categories';
import type { Instrument } from '../instrument';
import type { ExchangeTime } from '../push-schedule';
import { RestError } from '../rest-answer';
import { categoryOf, cursorOf, limitOf, numberOf } from '../rest-query';
import type { Account } from './account';
import { executionRow } from './execution-frame';
import type { Order } from './order';
import { orderRow } from './order-frame';
import { positionRow } from './position-frame';
import { walletRow } from './wallet-frame';

const WEEK_MS = 7 * 24 * 3_600_000;
/** Orders that are over, as far as `/v5/order/realtime` tells of them. */
const RECENT_CLOSED = 500;

interface Numbered {
  readonly number: number;
}

/** What REST answers about the account. */
export class AccountQueries {
  constructor(
    private readonly account: Account,
    private readonly time: ExchangeTime,
  ) {}

  balance(query: URLSearchParams): object {
    if (query.get('accountType') !== 'UNIFIED') throw new RestError(10001, 'accountType only support UNIFIED.');
    this.account.look();
    const { wallet, valuation } = this.account.books;
    const asked = query.get('coin')?.split(',').filter(Boolean);
    const holdings = [...wallet.coins].filter((one) =>
      // Without a name, what is not zero.
      asked ? asked.includes(one.coin) : one.balance !== 0n || one.interest !== 0n,
    );
    return { list: [walletRow(valuation, holdings)] };
  }

  /** With a symbol also flat positions, otherwise those that are held. */
  positions(query: URLSearchParams): object {
    const category = categoryOf(query);
    if (category === 'spot') throw new RestError(10001, 'Category is invalid');
    this.account.look();
    const { positions, valuation } = this.account.books;
    const symbol = query.get('symbol');
    const settleCoin = query.get('settleCoin');
    if (category === 'linear' && !symbol && !settleCoin) throw missing('symbol or settleCoin');
    const instrument = symbol ? this.instrument(category, symbol) : undefined;
    const list = instrument
      ? positions.ofSymbol(instrument)
      : positions.held(category).filter((one) => !settleCoin || one.instrument.settleCoin === settleCoin);
    const from = cursorOf(query, 'position') ?? 0;
    const next = from + limitOf(query, 20, 200);
    return {
      list: list.slice(from, next).map((one) => positionRow(one, valuation.markPrice(one.instrument))),
      nextPageCursor: next < list.length ? `position%3D${next}` : '',
      category,
    };
  }

  /** Open ones, or with `openOnly` other than 0 those over of late; by id whatever their state. */
  orders(query: URLSearchParams): object {
    const category = categoryOf(query);
    this.account.look();
    const { orders } = this.account.books;
    const asked = this.byId(query);
    if (category === 'linear' && !asked && !['symbol', 'baseCoin', 'settleCoin'].some((name) => query.get(name)))
      throw missing('symbol, settleCoin or baseCoin');
    const recent = (numberOf(query, 'openOnly') ?? 0) > 0;
    const all = asked ?? (recent ? orders.closed().slice(0, RECENT_CLOSED) : newestFirst(orders.open));
    return page(category, query, { usual: 20, most: 50 }, of(all, category, query), orderRow);
  }

  /** Orders that are over and executed ones that are not, newest first. */
  history(query: URLSearchParams): object {
    const category = categoryOf(query);
    this.account.look();
    const status = query.get('orderStatus');
    const within = this.range(query);
    const all = this.byId(query) ?? this.account.books.orders.closed().filter(({ createdTime }) => within(createdTime));
    const list = of(all, category, query).filter((order) => !status || order.status === status);
    return page(category, query, { usual: 20, most: 50 }, list, orderRow);
  }

  executions(query: URLSearchParams): object {
    const category = categoryOf(query);
    this.account.look();
    const type = query.get('execType');
    const within = this.range(query);
    const asked = query.get('orderId') ?? this.byId(query)?.[0]?.orderId;
    const all = this.account.books.orders.trades().filter((one) => {
      if (asked !== undefined) return one.orderId === asked;
      return within(one.time) && (!type || one.execType === type);
    });
    return page(category, query, { usual: 50, most: 100 }, of(all, category, query), executionRow);
  }

  /** The order that a query names, if it names one. */
  private byId(query: URLSearchParams): Order[] | undefined {
    const [orderId, orderLinkId] = [query.get('orderId') ?? '', query.get('orderLinkId') ?? ''];
    if (!orderId && !orderLinkId) return undefined;
    const order = this.account.books.orders.find(orderId, orderLinkId);
    return order ? [order] : [];
  }

  /** The last seven days, or seven from a start, or up to an end. */
  private range(query: URLSearchParams): (time: number) => boolean {
    const start = numberOf(query, 'startTime');
    const end = numberOf(query, 'endTime') ?? (start === undefined ? this.time.now() : start + WEEK_MS);
    const from = start ?? end - WEEK_MS;
    if (end < from || end - from > WEEK_MS)
      throw new RestError(10001, 'The time range between startTime and endTime cannot exceed 7 days');
    return (time) => time >= from && time <= end;
  }

  private instrument(category: Category, symbol: string): Instrument {
    const instrument = this.account.books.model.instrument(category, symbol);
    if (!instrument) throw new RestError(10001, 'params error: Symbol Invalid');
    return instrument;
  }
}

function newestFirst(orders: Iterable<Order>): Order[] {
  return [...orders].reverse();
}

/** Those of a category, and of the symbol or coin that a query names. */
function of<T extends { readonly market: { readonly instrument: Instrument } }>(
  entries: readonly T[],
  category: Category,
  query: URLSearchParams,
): T[] {
  const [symbol, baseCoin, settleCoin] = ['symbol', 'baseCoin', 'settleCoin'].map((name) => query.get(name));
  return entries.filter(({ market: { instrument } }) => {
    if (instrument.category !== category) return false;
    if (symbol) return instrument.symbol === symbol;
    return (!baseCoin || instrument.baseCoin === baseCoin) && (!settleCoin || instrument.settleCoin === settleCoin);
  });
}

/** A page of what is listed newest first. The cursor names the last entry given, so that new ones do not shift the pages. */
function page<T extends Numbered>(
  category: Category,
  query: URLSearchParams,
  limits: { readonly usual: number; readonly most: number },
  entries: readonly T[],
  row: (entry: T) => object,
): object {
  const before = cursorOf(query, 'before') ?? Infinity;
  const rest = entries.filter(({ number }) => number < before);
  const list = rest.slice(0, limitOf(query, limits.usual, limits.most));
  const last = list.at(-1);
  return {
    list: list.map(row),
    nextPageCursor: last && list.length < rest.length ? `before%3D${last.number}` : '',
    category,
  };
}

function missing(what: string): RestError {
  return new RestError(10001, `Missing some parameters that must be filled in, ${what}`);
}
