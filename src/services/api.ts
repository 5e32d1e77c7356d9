import type { ChannelType } from '../streams/event-type';
import type { ExchangeMarket, Interval, Market } from '../streams/stream';

/*
 * What back-end services may do, as the REST interface says it: plain JSON in and out, so that it can be asked from another process
 * as well. Times in answers are ISO 8601 in UTC with milliseconds; amounts are the exchange's decimal strings.
 */

/** Every way in which a call may fail, with the status of its HTTP answer. */
export const API_ERRORS = {
  VALIDATION_ERROR: 400,
  INVALID_CHANNEL_TYPE: 400,
  MISSING_SYMBOL: 400,
  INVALID_SYMBOL: 400,
  INVALID_TOPIC: 400,
  UNAUTHORIZED: 401,
  SUBSCRIPTION_NOT_FOUND: 404,
  SUBSCRIPTION_EXISTS: 409,
  TOO_MANY_WRONG_KEYS: 429,
  EXCHANGE_REJECTED: 502,
  BALANCE_SYNC_FAILED: 502,
  API_DISABLED: 503,
  STORE_UNAVAILABLE: 503,
  /** The call needs the platform's account (BYBIT_API_KEY), which is not configured. */
  ACCOUNT_NOT_CONFIGURED: 503,
  /** The process that could answer does not. */
  SERVICES_UNAVAILABLE: 503,
} as const;
export type ApiErrorCode = keyof typeof API_ERRORS;

/** A call that failed. The message is for the caller: what was wrong and what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(
    readonly code: ApiErrorCode,
    message: string,
    /** More for programs, as JSON. */
    readonly details: unknown = null,
  ) {
    super(message);
    this.status = API_ERRORS[code];
  }
}

/** Its fields have the right types and the channel exists; whether they make sense together is for {@link ServicesApi} to say. */
export interface SubscribeRequest {
  readonly channel_type: ChannelType;
  /** 1 to 64 of letters, digits, - and _. */
  readonly requesting_service: string;
  readonly symbol?: string | undefined;
  /** A stream as WebSocket clients name it, for its parameter; 1 to 128 characters. */
  readonly topic?: string | undefined;
  readonly market?: ExchangeMarket | undefined;
  readonly interval?: Interval | undefined;
  /** Of an order book; whether the market has it is not checked yet. */
  readonly depth?: number | undefined;
}

/**
 * How a stream stands with the exchange, as this process knows it. `pending`: not answered yet. `refused`: the exchange will not serve it.
 * `unavailable`: it did, and does no more.
 */
export const STREAM_STATES = ['pending', 'live', 'resyncing', 'refused', 'unavailable'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

interface StandingView {
  /** Null where nobody of this process listens to it. */
  readonly state: StreamState | null;
  /** The exchange's words; null when there is nothing to say. */
  readonly state_reason: string | null;
}

export interface SubscriptionView extends StandingView {
  readonly id: string;
  readonly channel_type: ChannelType;
  readonly symbol: string | null;
  readonly market: Market;
  /** The stream's name without brand. */
  readonly topic: string;
  readonly requesting_service: string;
  readonly is_active: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly last_event_at: string | null;
}

export interface PageQuery {
  /** 1 to 500. */
  readonly limit: number;
  readonly offset: number;
}

export interface SubscriptionsQuery extends PageQuery {
  readonly requesting_service?: string | undefined;
  readonly is_active?: boolean | undefined;
  readonly channel_type?: ChannelType | undefined;
}

/** Newest first; `total` of all that match. */
export interface SubscriptionsView {
  readonly subscriptions: readonly SubscriptionView[];
  readonly total: number;
}

export interface CancelView {
  readonly message: string;
  readonly subscription_id: string;
}

export interface CancelByServiceView {
  readonly message: string;
  readonly cancelled_count: number;
}

export interface BalancesQuery extends PageQuery {
  /** Upper case. */
  readonly coin?: string | undefined;
}

export interface BalanceHistoryQuery extends BalancesQuery {
  /** Ms since 1970, both included; `from` is not after `to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** One coin at one time. */
export interface BalanceView {
  readonly coin: string;
  readonly account_type: string;
  readonly wallet_balance: string;
  readonly equity: string | null;
  readonly locked: string | null;
  readonly borrowed: string | null;
  readonly accrued_interest: string | null;
  readonly unrealised_pnl: string | null;
  readonly realised_pnl: string | null;
  readonly usd_value: string | null;
  /** When the exchange said so. */
  readonly timestamp: string;
  readonly recorded_at: string;
  readonly trace_id: string | null;
}

/** Of the whole account, in US dollars. */
export interface MarginBalanceView {
  readonly account_type: string;
  readonly total_equity: string | null;
  readonly total_wallet_balance: string | null;
  readonly total_margin_balance: string | null;
  readonly total_available_balance: string | null;
  readonly total_unrealised_pnl: string | null;
  readonly total_initial_margin: string | null;
  readonly total_maintenance_margin: string | null;
  readonly timestamp: string;
  readonly recorded_at: string;
}

/** The newest of each coin, by coin. */
export interface BalancesView {
  readonly balances: readonly BalanceView[];
  readonly total: number;
  readonly margin: MarginBalanceView | null;
}

/** Newest first. */
export interface BalanceHistoryView {
  readonly records: readonly BalanceView[];
  readonly total: number;
}

export interface BalanceSyncView {
  readonly updated_coins: readonly string[];
  readonly updated_count: number;
}

export interface SymbolsQuery {
  readonly market?: ExchangeMarket | undefined;
  /** Part of a symbol, in upper case. */
  readonly query?: string | undefined;
}

export interface SymbolView {
  readonly symbol: string;
  readonly market: ExchangeMarket;
}

export interface SymbolsView {
  readonly symbols: readonly SymbolView[];
  readonly total: number;
}

/** A stream that somebody listens to now. */
export interface StreamView extends StandingView {
  /** With brand: `mudrex.futures.ticker.BTCUSDT`. */
  readonly stream: string;
  readonly market: Market;
  /** WebSocket clients and back-end services that this process counts. */
  readonly subscribers: number;
  /** Null before the first message. */
  readonly seq: number | null;
  readonly last_update_at: string | null;
}

export interface StreamsView {
  readonly streams: readonly StreamView[];
  readonly total: number;
}

/** Every call may reject with an {@link ApiError}. An abstract class, so that it can be a provider's token as well as its type. */
export abstract class ServicesApi {
  abstract subscribe(request: SubscribeRequest): Promise<SubscriptionView>;
  abstract subscriptions(query: SubscriptionsQuery): Promise<SubscriptionsView>;
  /** @param id a uuid */
  abstract subscription(id: string): Promise<SubscriptionView>;
  /** @param id a uuid */
  abstract cancel(id: string): Promise<CancelView>;
  abstract cancelByService(service: string): Promise<CancelByServiceView>;
  abstract balances(query: BalancesQuery): Promise<BalancesView>;
  abstract balanceHistory(query: BalanceHistoryQuery): Promise<BalanceHistoryView>;
  abstract syncBalances(): Promise<BalanceSyncView>;
  abstract symbols(query: SymbolsQuery): Promise<SymbolsView>;
  abstract streams(): Promise<StreamsView>;
}
