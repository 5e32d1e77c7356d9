import { type AccountExecution, type AccountOrder, type AccountPosition, positionName } from '../../streams/account';
import type { AccountKind, ExchangeMarket } from '../../streams/stream';
import { AccountError } from '../bybit/account/account-error';
import { type Category, categoryOf } from '../bybit/topics';
import type { AccountBook } from './account-book';
import type { Recollection } from './account-memory';
import type { KnownAccount } from './known-account';

/** Older executions and closed orders are not told when an account is first looked at: that there may be some is told instead. */
const FIRST_LOOK_MS = 10 * 60_000;
/** An order may have been made long before it was closed. The exchange answers for no more than seven days at once. */
const WEEK_MS = 7 * 24 * 60 * 60_000 - 60_000;
/** Our idea of the exchange's clock may be a little behind. */
const AHEAD_MS = 5_000;
/** What was on its way while we looked may carry a time from before. */
const OVERLAP_MS = 60_000;
/** The exchange's history lags behind; an order that it does not know after so many looks is given up. */
const MAX_LOOKS = 5;

/** What the exchange answered, without the categories that it did not answer for, and what was open before it was asked. */
export interface Look {
  readonly inquiry: Inquiry;
  readonly orders: ReadonlyMap<Category, readonly AccountOrder[]>;
  readonly past: readonly AccountOrder[];
  readonly executions: readonly AccountExecution[];
  readonly positions: ReadonlyMap<Category, readonly AccountPosition[]>;
  readonly wallet: Awaited<ReturnType<AccountBook['wallet']>> | undefined;
}

/** One run of questions. */
interface Inquiry {
  /** When it began, by the exchange's clock. */
  at: number;
  readonly orders: readonly AccountOrder[];
  readonly positions: readonly AccountPosition[];
  /** What could not be had, in words. */
  problem: string | undefined;
}

/** What is told of a look. */
export interface SyncListener {
  order(order: AccountOrder): void;
  position(position: AccountPosition): void;
  /** What happened before the first look is told as far as it was looked at, and nobody knows whether there was more. */
  earlier(kind: 'order' | 'execution'): void;
  /** There was more, or it went on for longer, than the exchange tells. */
  truncated(): void;
  /** The exchange knows nothing of an order that was open. */
  lost(order: AccountOrder): void;
}

/**
 * Compares what is known of the account with what the exchange answers. First everything is looked at, then what was open and is
 * not shown any more is asked for by itself. What is pushed meanwhile counts more than any answer.
 */
export class AccountSync {
  /** What began since the last look. */
  private readonly begun = new Set<AccountKind>();
  /** How often an order was looked for in vain. */
  private readonly looks = new Map<string, number>();
  /** From when on something may have happened untold, by the exchange's clock; undefined before the first look. */
  private untoldSince: number | undefined;
  /** The account was compared in full at least once. */
  private compared = false;
  /** Undefined when what is known was forgotten since: then it has not shown everything. */
  private newest: Inquiry | undefined;
  /** It was said, since all was known last, that something may be missing. */
  private truncationTold = false;

  constructor(
    private readonly book: AccountBook,
    private readonly known: KnownAccount,
    private readonly listener: SyncListener,
  ) {}

  /** What is known of one kind is to be told anew, as if it were looked at for the first time. */
  anew(kind: AccountKind): void {
    this.known.forget(kind);
    this.begun.add(kind);
    this.compared = false;
    this.newest = undefined;
  }

  /** What somebody before us has told is not told anew, and of what was before it nothing is missing. */
  recall({ facts, toldUntil }: Recollection): void {
    this.known.recall(facts);
    if (toldUntil === null) return;
    this.begun.clear();
    this.untoldSince = toldUntil;
    this.compared = true;
  }

  /** Everything that happened before this was told, by the exchange's clock; undefined while that is not sure. */
  get toldUntil(): number | undefined {
    return this.compared ? this.untoldSince : undefined;
  }

  /** Asks for everything. Rejects with an {@link AccountError} when nothing can be had at all: `refused`, `limited`. */
  async look(): Promise<Look> {
    const now = this.book.now();
    const inquiry: Inquiry = {
      at: now,
      orders: this.known.openOrders(),
      positions: this.known.openPositions(),
      problem: undefined,
    };
    this.newest = inquiry;
    const since = this.begin(now);
    // At first no order is known, however long ago it was made.
    const from = this.compared ? Math.max(since, now - WEEK_MS) : now - WEEK_MS;
    if (since < now - WEEK_MS) this.truncate();
    const { book } = this;
    const [orders, past, executions, positions, wallet] = await Promise.all([
      this.each(inquiry, (category) => book.openOrders(category)),
      this.each(inquiry, (category) => this.pastOrdersOf(category, from, now + AHEAD_MS)),
      this.each(inquiry, (category) => this.executionsOf(category, Math.max(since, now - WEEK_MS))),
      this.each(inquiry, (category) => (category === 'spot' ? Promise.resolve([]) : book.positions(category))),
      attempt(inquiry, () => book.wallet()),
    ]);
    // The exchange's clock was measured meanwhile, and ours may have been wrong: what is still to happen was not told.
    inquiry.at = Math.min(inquiry.at, book.now());
    return {
      inquiry,
      orders,
      past: [...past.values()].flat().filter(({ id, updatedAt }) => updatedAt >= since || this.known.orderOf(id) !== undefined),
      executions: [...executions.values()].flat(),
      positions,
      wallet,
    };
  }

  /** From when on things are to be told. */
  private begin(now: number): number {
    for (const kind of this.begun) if (kind === 'order' || kind === 'execution') this.listener.earlier(kind);
    const firstLook = now - FIRST_LOOK_MS;
    if (this.begun.size > 0) this.untoldSince = Math.min(this.untoldSince ?? firstLook, firstLook);
    this.begun.clear();
    return (this.untoldSince ??= firstLook);
  }

  /** Tells of the orders and positions of a look; executions and the wallet are the caller's to tell. */
  compare(look: Look): void {
    const orders = [...look.past, ...[...look.orders.values()].flat()];
    for (const order of orders.sort((a, b) => a.updatedAt - b.updatedAt)) this.listener.order(order);
    for (const position of [...look.positions.values()].flat()) this.listener.position(position);
  }

  /** Asks for what the look did not show. Answers what stayed unknown, in words; undefined when all is known. */
  async settle(look: Look): Promise<string | undefined> {
    for (const order of this.missingOrders(look)) await this.ask(look.inquiry, order);
    for (const [symbol, category] of this.missingPositions(look)) {
      const positions = await attempt(look.inquiry, () => this.book.positionsOf(category, symbol));
      if (positions) this.flatten(look.inquiry, symbol, category, positions);
    }
    const { problem, at } = look.inquiry;
    if (problem === undefined && look.inquiry === this.newest) {
      this.compared = true;
      this.untoldSince = at - OVERLAP_MS;
      this.truncationTold = false;
    }
    return problem;
  }

  /** Orders that were open, were not pushed since, and are not shown as open; and those that executions name and nobody knows. */
  private missingOrders(look: Look): readonly { readonly id: string; readonly market: ExchangeMarket }[] {
    const missing = new Map<string, ExchangeMarket>();
    for (const order of look.inquiry.orders) {
      const shown = look.orders.get(categoryOf(order.market));
      if (shown && this.known.orderOf(order.id) === order && !shown.some(({ id }) => id === order.id))
        missing.set(order.id, order.market);
    }
    for (const { orderId, market, type } of look.executions)
      if (type === 'Trade' && orderId !== '' && !this.known.orderOf(orderId)) missing.set(orderId, market);
    return [...missing].map(([id, market]) => ({ id, market }));
  }

  private async ask(inquiry: Inquiry, { id, market }: { readonly id: string; readonly market: ExchangeMarket }): Promise<void> {
    const found = await attempt(inquiry, () => this.book.order(categoryOf(market), id).then((order) => ({ order })));
    if (!found) return;
    if (found.order) {
      this.looks.delete(id);
      this.listener.order(found.order);
      return;
    }
    const looks = (this.looks.get(id) ?? 0) + 1;
    const known = this.known.orderOf(id);
    if (!known) return;
    if (looks < MAX_LOOKS) {
      this.looks.set(id, looks);
      inquiry.problem ??= 'the exchange does not say yet what became of an order';
      return;
    }
    this.looks.delete(id);
    this.known.forgetOrder(id);
    this.listener.lost(known);
  }

  /** Symbols of positions that were open, were not pushed since, and are not shown any more. */
  private missingPositions(look: Look): ReadonlyMap<string, Category> {
    const missing = new Map<string, Category>();
    for (const position of look.inquiry.positions) {
      const category = categoryOf(position.market);
      const shown = look.positions.get(category);
      if (!shown || this.known.positionAt(position) !== position) continue;
      if (!shown.some((one) => positionName(one) === positionName(position))) missing.set(position.symbol, category);
    }
    return missing;
  }

  /** An exchange that shows nothing of a symbol, as after an option's end, has no position in it. */
  private flatten(inquiry: Inquiry, symbol: string, category: Category, positions: readonly AccountPosition[]): void {
    for (const position of positions) this.listener.position(position);
    for (const before of inquiry.positions) {
      if (before.symbol !== symbol || categoryOf(before.market) !== category || this.known.positionAt(before) !== before)
        continue;
      if (positions.some((one) => positionName(one) === positionName(before))) continue;
      this.listener.position(flatOf(before, this.book.now()));
    }
  }

  private async pastOrdersOf(category: Category, from: number, to: number): Promise<readonly AccountOrder[]> {
    const all = this.compared;
    const { orders, complete } = await this.book.pastOrders(category, { from, to, all });
    if (all && !complete) this.truncate();
    return orders;
  }

  private async executionsOf(category: Category, since: number): Promise<readonly AccountExecution[]> {
    const { executions, complete } = await this.book.executions(category, since);
    if (!complete) this.truncate();
    return executions;
  }

  /** Once for all tries to know everything again. */
  private truncate(): void {
    if (this.truncationTold) return;
    this.truncationTold = true;
    this.listener.truncated();
  }

  /** Asks for every category; one that the exchange does not answer for is left out, and the others stand. */
  private async each<T>(
    inquiry: Inquiry,
    ask: (category: Category) => Promise<readonly T[]>,
  ): Promise<Map<Category, readonly T[]>> {
    const answers = new Map<Category, readonly T[]>();
    await Promise.all(
      this.book.categories.map(async (category) => {
        const answer = await attempt(inquiry, () => ask(category));
        if (answer) answers.set(category, answer);
      }),
    );
    return answers;
  }
}

/** A key that is refused and an address that is limited end the look; whatever else fails is said, and leaves its part unknown. */
async function attempt<T>(inquiry: Inquiry, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AccountError) || error.reason === 'refused' || error.reason === 'limited') throw error;
    inquiry.problem ??= error.message;
    return undefined;
  }
}

function flatOf(position: AccountPosition, now: number): AccountPosition {
  return {
    ...position,
    side: 'flat',
    size: '0',
    entryPrice: null,
    value: '0',
    liquidationPrice: null,
    unrealisedPnl: '0',
    takeProfit: null,
    stopLoss: null,
    updatedAt: Math.max(now, position.updatedAt + 1),
    origin: 'sync',
  };
}
