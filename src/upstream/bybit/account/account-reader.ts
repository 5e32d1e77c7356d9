import type { AccountBalance, AccountExecution, AccountItem, AccountOrder, AccountPosition } from '../../../streams/account';
import { readItems } from '../../../transform/bybit/account/account-frame';
import type { BadFrameError } from '../../../transform/transform';
import { type AccountBook, EVERY_CATEGORY } from '../../account/account-book';
import type { Category } from '../topics';
import { AccountError } from './account-error';
import type { Parameters, SignedRest } from './signed-rest';
import type { ServerTime } from './server-time';

/** The exchange serves linear symbols by the coin they settle in. */
const SETTLE_COINS = ['USDT', 'USDC'] as const;
/** An end to a cursor that goes round. */
const MAX_PAGES = 100;
/** Closed orders beyond these are old news, for who has not told any. */
const NEWEST_PAGES = 10;

/** Reads the account through REST. Every call rejects with an {@link AccountError}; what cannot be read of an answer is told to `bad`. */
export class AccountReader implements AccountBook {
  constructor(
    private readonly rest: SignedRest,
    private readonly time: ServerTime,
    private readonly bad: (error: BadFrameError, path: string) => void,
  ) {}

  readonly categories = EVERY_CATEGORY;

  now(): number {
    return this.time.now();
  }

  async openOrders(category: Category): Promise<readonly AccountOrder[]> {
    const found = await Promise.all(
      narrowed(category).map((by) => this.items('order', '/v5/order/realtime', { category, ...by, limit: 50 }, MAX_PAGES)),
    );
    return found.flatMap(({ items }) => items);
  }

  /** Those that were made in that time and have not stayed open, oldest first; only the newest, unless `all` are asked for. */
  async pastOrders(
    category: Category,
    { from, to, all }: { readonly from: number; readonly to: number; readonly all: boolean },
  ): Promise<{ readonly orders: readonly AccountOrder[]; readonly complete: boolean }> {
    const query = { category, startTime: from, endTime: to, limit: 50 };
    const { items, complete } = await this.items('order', '/v5/order/history', query, all ? MAX_PAGES : NEWEST_PAGES);
    return { orders: items.reverse(), complete };
  }

  /** Whatever has become of it; undefined when the exchange does not know it (any more, or yet). */
  async order(category: Category, orderId: string): Promise<AccountOrder | undefined> {
    for (const path of ['/v5/order/realtime', '/v5/order/history']) {
      const { items } = await this.items('order', path, { category, orderId }, 1);
      const order = items.find(({ id }) => id === orderId);
      if (order) return order;
    }
    return undefined;
  }

  /** Those that are not flat. */
  async positions(category: Category): Promise<readonly AccountPosition[]> {
    const found = await Promise.all(
      narrowed(category).map((by) => this.items('position', '/v5/position/list', { category, ...by, limit: 200 }, MAX_PAGES)),
    );
    return found.flatMap(({ items }) => items);
  }

  /** Of one symbol, flat or not: both sides of a hedge. */
  async positionsOf(category: Category, symbol: string): Promise<readonly AccountPosition[]> {
    return (await this.items('position', '/v5/position/list', { category, symbol }, 1)).items;
  }

  /** Oldest first. */
  async executions(
    category: Category,
    since: number,
  ): Promise<{ readonly executions: readonly AccountExecution[]; readonly complete: boolean }> {
    const query = { category, startTime: since, limit: 100 };
    const { items, complete } = await this.items('execution', '/v5/execution/list', query, MAX_PAGES);
    return { executions: items.reverse(), complete };
  }

  /** The whole wallet. `asOf`: by the exchange's clock, and it is not older than that. */
  async wallet(): Promise<{ readonly balance: AccountBalance; readonly asOf: number }> {
    const asOf = await this.time.measure().catch(() => this.time.now());
    const { items } = await this.items('balance', '/v5/account/wallet-balance', { accountType: 'UNIFIED' }, 1);
    const [balance] = items;
    if (!balance) throw new AccountError('unreachable', 'the exchange shows no wallet');
    return { balance, asOf };
  }

  private async items<K extends AccountItem['kind']>(
    kind: K,
    path: string,
    query: Parameters & { readonly category?: Category },
    maxPages: number,
  ): Promise<{ readonly items: ItemOf<K>[]; readonly complete: boolean }> {
    const found: ItemOf<K>[] = [];
    const { category } = query;
    let cursor = '';
    for (let count = 1; ; count++) {
      const page = await this.rest.get(path, query, cursor);
      const source = { origin: 'sync', time: page.time || this.time.now(), ...(category && { category }) } as const;
      const { items, withheld } = readItems(kind, page.list, source);
      for (const { item } of items) found.push(item as ItemOf<K>);
      for (const error of withheld) this.bad(error, path);
      if (page.cursor === '' || page.cursor === cursor || page.list.length === 0) return { items: found, complete: true };
      if (count >= maxPages) return { items: found, complete: false };
      cursor = page.cursor;
    }
  }
}

type ItemOf<K extends AccountItem['kind']> = Extract<AccountItem, { kind: K }>['item'];

function narrowed(category: Category): readonly Parameters[] {
  return category === 'linear' ? SETTLE_COINS.map((settleCoin) => ({ settleCoin })) : [{}];
}
