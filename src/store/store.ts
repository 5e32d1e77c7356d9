import type { AccountBalance, AccountFact, CoinBalance, MarginBalance } from '../streams/account';
import type { ChannelType } from '../streams/event-type';
import type { Market } from '../streams/stream';

/**
 * The database gave no answer; nothing is known of what was asked. Also one question alone may fail so, of a database that is otherwise
 * well: it took too long. What must be done is tried again, after a while. Its message is for logs.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface NewSubscription {
  readonly channelType: ChannelType;
  /** Null for account channels. */
  readonly symbol: string | null;
  readonly market: Market;
  /** The stream's name without the brand; `futures.funding.BTCUSDT` for what is served from the ticker. */
  readonly topic: string;
  readonly requestingService: string;
}

/** What a back-end service has asked for. Times are ms since 1970. */
export interface ServiceSubscription extends NewSubscription {
  /** A uuid. */
  readonly id: string;
  readonly isActive: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastEventAt: number | null;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface SubscriptionFilter {
  readonly requestingService?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly channelType?: ChannelType | undefined;
}

/** Every call rejects with {@link StoreUnavailable} while the database is out of reach. */
export interface SubscriptionStore {
  /** `exists`: the service has an active one of this topic. */
  add(subscription: NewSubscription): Promise<ServiceSubscription | 'exists'>;
  find(id: string): Promise<ServiceSubscription | undefined>;
  /** Newest first; `total` of all that match. */
  list(
    filter: SubscriptionFilter,
    page: Page,
  ): Promise<{ readonly subscriptions: ServiceSubscription[]; readonly total: number }>;
  active(): Promise<ServiceSubscription[]>;
  /** Differs when other subscriptions are active; cheap to ask for again and again. Ask before `active`, and nothing is missed. */
  mark(): Promise<string>;
  /** Undefined when there is none, or it is not active any more. */
  cancel(id: string): Promise<ServiceSubscription | undefined>;
  cancelAllOf(service: string): Promise<ServiceSubscription[]>;
  /** When the newest event of each went out, by id; never goes back. */
  touch(times: ReadonlyMap<string, number>): Promise<void>;
}

/** One coin at one time. Times are ms since 1970; amounts exact, without zeros at their end, cut after 18 decimals. */
export interface BalanceRecord extends CoinBalance {
  readonly accountType: string;
  /** When the exchange said so. */
  readonly timestamp: number;
  readonly recordedAt: number;
  readonly traceId: string | null;
}

export interface MarginRecord extends MarginBalance {
  readonly accountType: string;
  readonly timestamp: number;
  readonly recordedAt: number;
}

export interface BalanceStore {
  /** Records what no event tells. `timestamp`: when the exchange said so, ms since 1970. As {@link OutboxStore.keep} with unfit amounts. */
  append(balance: AccountBalance, timestamp: number, traceId: string | null): Promise<void>;
  /** The newest of each coin, by coin; `margin` of the account's newest. */
  latest(
    filter: { readonly coin?: string | undefined },
    page: Page,
  ): Promise<{ readonly balances: BalanceRecord[]; readonly total: number; readonly margin: MarginRecord | null }>;
  /** Newest first. `from` and `to` are ms since 1970, both included. */
  history(
    filter: { readonly coin?: string | undefined; readonly from?: number | undefined; readonly to?: number | undefined },
    page: Page,
  ): Promise<{ readonly records: BalanceRecord[]; readonly total: number }>;
}

/** An account event on its way to the broker. */
export interface OutboxEvent {
  /** `account.order:{epoch}:{seq}` */
  readonly messageId: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly routingKey: string;
  readonly traceId: string;
  /** The event as it is sent, JSON. */
  readonly body: string;
  /** Remembered in the same transaction, unless something newer is. */
  readonly told?: { readonly account: string; readonly facts: readonly AccountFact[] } | undefined;
  /** Set for a balance: appended to the balances in the same transaction. */
  readonly balance?: { readonly payload: AccountBalance; readonly timestamp: number } | undefined;
}

/**
 * Account events that the broker has not confirmed, and how far each account stream has been kept. An event at or before the place of its
 * stream in the same epoch has been kept: events of one epoch come in the order of their numbers, or again.
 */
export interface OutboxStore {
  /**
   * In one transaction: appends what has not been kept, also when it was sent and removed since, with its balances, and moves the places of
   * the streams. All or nothing. Amounts that are no decimal number of 20 digits before the point are left out (the coin, when it is its balance).
   */
  keep(events: readonly OutboxEvent[]): Promise<void>;
  /** The oldest that wait, in the order they were kept. */
  waiting(limit: number): Promise<OutboxEvent[]>;
  /** The broker has them. */
  sent(messageIds: readonly string[]): Promise<void>;
  /** Where the newest kept event of a stream stands, of the epoch that was seen last. Never goes back. */
  place(stream: string): Promise<{ readonly epoch: string; readonly seq: number } | undefined>;
  count(): Promise<number>;
}

/** What was told of the account at the exchange, by the events that were kept. `account` tells one from another. */
export interface AccountMemoryStore {
  /** Facts by the exchange's time, oldest first, and until when everything was told (by the exchange's clock, ms); null when never. */
  recall(account: string): Promise<{ readonly facts: readonly AccountFact[]; readonly toldUntil: number | null }>;
  /** Everything until then was told: what had ended long before is forgotten, and so are these orders. Never goes back. */
  progressed(account: string, toldUntil: number, lostOrders: readonly string[]): Promise<void>;
}

export interface StoreReport {
  readonly kind: 'postgresql' | 'embedded';
  readonly available: boolean;
  /** When that began, ms since 1970. */
  readonly since: number;
  /** Why it is not; safe to show. Empty while it is. */
  readonly reason: string;
}

/** What is kept, in PostgreSQL or embedded. */
export interface Store {
  readonly subscriptions: SubscriptionStore;
  readonly balances: BalanceStore;
  readonly outbox: OutboxStore;
  readonly memory: AccountMemoryStore;
  report(): StoreReport;
  /** Called at each change of `report().available`. */
  onAvailable(listener: (available: boolean) => void): void;
}
