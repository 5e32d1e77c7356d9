/** Where a symbol trades. `futures` is the default: USDT and USDC perpetuals and futures. */
export const EXCHANGE_MARKETS = ['futures', 'spot', 'inverse', 'option'] as const;
export type ExchangeMarket = (typeof EXCHANGE_MARKETS)[number];

/** What one upstream brings, and one replica of a fleet at a time: a market, or what happens to the platform's own account. */
export const MARKETS = [...EXCHANGE_MARKETS, 'account'] as const;
export type Market = (typeof MARKETS)[number];

export const MARKET_KINDS = ['ticker', 'kline', 'trade', 'orderbook', 'liquidation'] as const;
export type MarketKind = (typeof MARKET_KINDS)[number];

export const ACCOUNT_KINDS = ['order', 'execution', 'position', 'balance'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export const KINDS = [...MARKET_KINDS, ...ACCOUNT_KINDS] as const;
export type Kind = (typeof KINDS)[number];

export const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '12h', '1d', '1w', '1M'] as const;
export type Interval = (typeof INTERVALS)[number];

/** How often a state stream may change for those who want it calmer: at most one update per this time. */
export const RATES = ['100ms', '250ms', '500ms', '1s', '2s', '5s', '10s'] as const;
export type Rate = (typeof RATES)[number];

/** What a stream is about, without its symbol: only some kinds have a parameter. */
export type Subject =
  | { readonly kind: 'ticker' | 'trade' | 'liquidation' }
  | { readonly kind: 'kline'; readonly interval: Interval }
  | { readonly kind: 'orderbook'; readonly depth: number };

/** One sequence of messages: market + kind (+ parameter) + symbol. Equal streams have equal names. */
export type MarketStream = Subject & {
  readonly market: ExchangeMarket;
  readonly symbol: string;
  /** Set when the stream is derived from the one without it. */
  readonly rate?: Rate;
  /** Without the brand: `futures.kline.1h.BTCUSDT` or `futures.ticker.BTCUSDT@1s`. The key for everything inside the process. */
  readonly name: string;
};

/** What happens to the platform's own account, of all its markets: every entry matters. */
export interface AccountStream {
  readonly kind: AccountKind;
  readonly market: 'account';
  readonly rate?: never;
  /** `account.order` */
  readonly name: string;
}

export type Stream = MarketStream | AccountStream;

/** Kinds of which only the newest state matters; of the others every entry matters. */
export function isStateKind(kind: Kind): boolean {
  return kind === 'ticker' || kind === 'kline' || kind === 'orderbook';
}

/** The kinds that a market has. Spot and options have no liquidations, options no candles. */
export const KINDS_OF_MARKET: Record<ExchangeMarket, readonly MarketKind[]> = {
  futures: MARKET_KINDS,
  inverse: MARKET_KINDS,
  spot: ['ticker', 'kline', 'trade', 'orderbook'],
  option: ['ticker', 'trade', 'orderbook'],
};

/** Order book depths of a market; the first one is the default. */
export const DEPTHS_OF_MARKET: Record<ExchangeMarket, readonly number[]> = {
  futures: [50, 1, 200, 1000],
  spot: [50, 1, 200, 1000],
  inverse: [50, 1, 200, 1000],
  option: [25, 100],
};

/** Names a stream. The parts must already be valid; {@link parseArg} is for what clients send. */
export function streamOf(market: ExchangeMarket, subject: Subject, symbol: string): MarketStream {
  const parameter = subject.kind === 'kline' ? `.${subject.interval}` : subject.kind === 'orderbook' ? `.${subject.depth}` : '';
  return { ...subject, market, symbol, name: `${market}.${subject.kind}${parameter}.${symbol}` };
}

/** The stream of one kind of account events. */
export function accountStream(kind: AccountKind): AccountStream {
  return { kind, market: 'account', name: `account.${kind}` };
}

/** The stream that brings the newest state of this one at most once per `rate`. State streams only. */
export function atRate(stream: MarketStream, rate: Rate): MarketStream {
  return { ...stream, rate, name: `${stream.name}@${rate}` };
}

/** The name that clients see: `mudrex.futures.ticker.BTCUSDT`. */
export function fullName(brand: string, stream: { readonly name: string }): string {
  return `${brand}.${stream.name}`;
}
