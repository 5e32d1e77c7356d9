import type { AccountKind, ExchangeMarket } from './stream';

/*
 * What happens to the platform's own account. Prices, sizes and other amounts are the exchange's own decimal strings, never
 * re-formatted, and may be negative; times are milliseconds since 1970. What the exchange leaves empty is null.
 */

/** `push`: the exchange told it. `sync`: found by comparing with what the exchange answers after a (re)connect. */
export type Origin = 'push' | 'sync';

export interface AccountOrder {
  readonly id: string;
  /** The platform's own id of the order. */
  readonly clientId: string | null;
  readonly symbol: string;
  readonly market: ExchangeMarket;
  readonly side: 'buy' | 'sell';
  /** The exchange's words: `Limit`, `Market`. */
  readonly type: string;
  /** The exchange's words: `New`, `PartiallyFilled`, `Filled`, `Cancelled`, `Rejected` … */
  readonly status: string;
  readonly price: string | null;
  readonly quantity: string;
  readonly filledQuantity: string;
  readonly remainingQuantity: string;
  readonly filledValue: string | null;
  readonly averagePrice: string | null;
  readonly fee: string | null;
  readonly timeInForce: string;
  readonly reduceOnly: boolean;
  /** 0 one-way, 1 long and 2 short side of a hedge. */
  readonly positionIndex: number;
  readonly triggerPrice: string | null;
  readonly takeProfit: string | null;
  readonly stopLoss: string | null;
  /** Null unless rejected or cancelled. */
  readonly reason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly origin: Origin;
}

/** One fill, or what else changes a position: funding, liquidation, delivery. */
export interface AccountExecution {
  readonly id: string;
  readonly orderId: string;
  readonly clientId: string | null;
  readonly symbol: string;
  readonly market: ExchangeMarket;
  /** Null where the exchange names none. */
  readonly side: 'buy' | 'sell' | null;
  /** The exchange's words: `Trade`, `Funding`, `AdlTrade`, `BustTrade`, `Delivery` … */
  readonly type: string;
  readonly price: string;
  readonly quantity: string;
  readonly value: string | null;
  readonly fee: string | null;
  readonly feeRate: string | null;
  readonly feeCurrency: string | null;
  readonly isMaker: boolean;
  readonly remainingQuantity: string | null;
  readonly closedSize: string | null;
  /** With the symbol, what links a fill to the position that it made; null where there is none. */
  readonly sequence: number | null;
  readonly time: number;
  readonly origin: Origin;
}

export interface AccountPosition {
  readonly symbol: string;
  readonly market: ExchangeMarket;
  readonly side: 'long' | 'short' | 'flat';
  /** 0 one-way, 1 long and 2 short side of a hedge. */
  readonly positionIndex: number;
  readonly size: string;
  readonly entryPrice: string | null;
  readonly markPrice: string | null;
  readonly value: string | null;
  readonly leverage: string | null;
  readonly liquidationPrice: string | null;
  readonly unrealisedPnl: string | null;
  readonly realisedPnl: string | null;
  readonly takeProfit: string | null;
  readonly stopLoss: string | null;
  /** As of the newest fill; null for a symbol that was never traded. */
  readonly sequence: number | null;
  readonly updatedAt: number;
  readonly origin: Origin;
}

export interface CoinBalance {
  readonly coin: string;
  readonly equity: string | null;
  /** Negative when more is borrowed than is there. */
  readonly walletBalance: string;
  readonly locked: string | null;
  readonly borrowed: string | null;
  readonly accruedInterest: string | null;
  readonly unrealisedPnl: string | null;
  readonly realisedPnl: string | null;
  readonly usdValue: string | null;
}

/** Of the whole account, in US dollars. */
export interface MarginBalance {
  readonly totalEquity: string | null;
  readonly totalWalletBalance: string | null;
  readonly totalMarginBalance: string | null;
  readonly totalAvailableBalance: string | null;
  readonly totalUnrealisedPnl: string | null;
  readonly totalInitialMargin: string | null;
  readonly totalMaintenanceMargin: string | null;
}

/** One push of the wallet: the account, and the coins that the exchange names in it. */
export interface AccountBalance {
  /** The exchange's words: `UNIFIED`. */
  readonly accountType: string;
  readonly margin: MarginBalance;
  readonly coins: readonly CoinBalance[];
  readonly origin: Origin;
}

/** A publication of `account.order` and of the others carries exactly one of these. */
export type AccountPayload = AccountOrder | AccountExecution | AccountPosition | AccountBalance;

/** One thing that happened to the account. */
export type AccountItem =
  | { readonly kind: 'order'; readonly item: AccountOrder }
  | { readonly kind: 'execution'; readonly item: AccountExecution }
  | { readonly kind: 'position'; readonly item: AccountPosition }
  | { readonly kind: 'balance'; readonly item: AccountBalance };

/** A symbol has one position, or the two sides of a hedge. */
export function positionName({ market, symbol, positionIndex }: AccountPosition): string {
  return `${market} ${symbol} ${positionIndex}`;
}

/** What was told last of one order, execution, position or coin, as it is kept for who follows the account next. */
export interface AccountFact {
  readonly kind: AccountKind;
  /** Names it among those of its kind. */
  readonly name: string;
  /** By the exchange's clock, ms. */
  readonly at: number;
  /** Nothing more is to come of it: an execution, an order that is closed, a position that is flat. */
  readonly ended: boolean;
  /** JSON. */
  readonly body: string;
}
