import {
  ACCOUNT_KINDS,
  DEPTHS_OF_MARKET,
  EXCHANGE_MARKETS,
  INTERVALS,
  KINDS_OF_MARKET,
  MARKET_KINDS,
  RATES,
  accountStream,
  atRate,
  isStateKind,
  streamOf,
  type ExchangeMarket,
  type Interval,
  type MarketKind,
  type MarketStream,
  type Stream,
} from './stream';

/** Why an arg names no stream. The code is for programs, the reason is a sentence that says what to do. */
export interface ArgRefusal {
  readonly code:
    'WILDCARD' | 'BAD_FORMAT' | 'UNKNOWN_KIND' | 'BAD_INTERVAL' | 'BAD_DEPTH' | 'UNKNOWN_MARKET' | 'BAD_RATE' | 'NOT_A_STRING';
  readonly reason: string;
}

export type ParsedArg = { readonly stream: MarketStream } | { readonly refusal: ArgRefusal };

/** The exchange's own spellings, accepted beside ours. `M` is a month, `m` would be a minute: intervals are case-sensitive. */
const EXCHANGE_INTERVALS: ReadonlyMap<string, Interval> = new Map<string, Interval>([
  ['1', '1m'],
  ['3', '3m'],
  ['5', '5m'],
  ['15', '15m'],
  ['30', '30m'],
  ['60', '1h'],
  ['120', '2h'],
  ['240', '4h'],
  ['360', '6h'],
  ['720', '12h'],
  ['D', '1d'],
  ['W', '1w'],
  ['M', '1M'],
]);
const SYMBOL = /^[A-Z0-9][A-Z0-9-]{0,47}$/;
const MAX_SHOWN = 64;
const EVERY_MARKET: ReadonlySet<ExchangeMarket> = new Set(EXCHANGE_MARKETS);
const FORMAT_HINT = 'Use kind:symbol, for example ticker:BTCUSDT, kline:1h:BTCUSDT, orderbook:50:BTCUSDT or spot/trade:BTCUSDT.';

/**
 * Reads what a client calls a stream: `ticker:BTCUSDT`, `tickers.BTCUSDT`, `kline:1h:BTCUSDT`, `spot/orderbook:BTCUSDT`,
 * `ticker:BTCUSDT@1s` or a full name `mudrex.futures.ticker.BTCUSDT`. Kind and market in any case, symbols are upper-cased.
 * @param markets those that this gateway serves
 */
export function parseArg(arg: unknown, brand: string, markets: ReadonlySet<ExchangeMarket>): ParsedArg {
  if (typeof arg !== 'string')
    return refuse('NOT_A_STRING', `Streams are named by strings, for example "ticker:BTCUSDT"; got ${typeName(arg)}.`);
  if (arg.includes('*')) {
    return refuse(
      'WILDCARD',
      'Wildcards (e.g. tickers.*) are not supported. Use specific symbols like tickers.BTCUSDT or ticker:ETHUSDT.',
    );
  }
  const at = arg.indexOf('@');
  return at < 0 ? parseUnrated(arg, brand, markets) : withRate(parseUnrated(arg.slice(0, at), brand, markets), arg.slice(at + 1));
}

/** Reads a stream's own name, without brand: the inverse of {@link streamOf}, {@link atRate} and {@link accountStream}. */
export function parseStreamName(name: string): Stream | undefined {
  const dot = name.indexOf('.');
  if (dot < 0) return undefined;
  const [market, rest] = [name.slice(0, dot), name.slice(dot + 1)];
  if (market === 'account') {
    const kind = ACCOUNT_KINDS.find((known) => known === rest);
    return kind && accountStream(kind);
  }
  const parsed = parseArg(`${market}/${rest}`, '', EVERY_MARKET);
  return 'stream' in parsed && parsed.stream.name === name ? parsed.stream : undefined;
}

function withRate(parsed: ParsedArg, text: string): ParsedArg {
  if ('refusal' in parsed) return parsed;
  const { stream } = parsed;
  if (!isStateKind(stream.kind)) {
    return refuse('BAD_RATE', `A ${stream.kind} stream has no update rate: every entry counts. Leave out the part from @ on.`);
  }
  const rate = RATES.find((known) => known === text);
  if (rate) return { stream: atRate(stream, rate) };
  return refuse(
    'BAD_RATE',
    `Invalid update rate: ${shown(text)}. Use one of ${RATES.join(', ')}, for example ticker:BTCUSDT@1s.`,
  );
}

function parseUnrated(arg: string, brand: string, markets: ReadonlySet<ExchangeMarket>): ParsedArg {
  const located = locate(arg, brand);
  if (!located) return refuse('BAD_FORMAT', `Invalid stream format: ${shown(arg)}. ${FORMAT_HINT}`);
  const { marketName, rest } = located;
  const market = EXCHANGE_MARKETS.find((known) => known === marketName.toLowerCase());
  if (!market || !markets.has(market)) {
    return refuse('UNKNOWN_MARKET', `Unknown market: ${shown(marketName)}. Expected one of ${[...markets].join(', ')}.`);
  }

  const parts = rest.split(/[:.]/);
  const kind = kindOf(parts[0] ?? '');
  const symbol = (parts.at(-1) ?? '').toUpperCase();
  if (parts.length < 2 || parts.length > 3 || !SYMBOL.test(symbol)) {
    return refuse('BAD_FORMAT', `Invalid stream format: ${shown(arg)}. ${FORMAT_HINT}`);
  }
  const kinds = KINDS_OF_MARKET[market];
  if (!kind || !kinds.includes(kind)) {
    const where = kind ? ` on ${market}` : '';
    return refuse('UNKNOWN_KIND', `Invalid stream type: ${shown(parts[0] ?? '')}. Expected one of ${kinds.join(', ')}${where}.`);
  }
  return withParameter(market, kind, parts.length === 3 ? parts[1] : undefined, symbol, arg);
}

function withParameter(
  market: ExchangeMarket,
  kind: MarketKind,
  parameter: string | undefined,
  symbol: string,
  arg: string,
): ParsedArg {
  if (kind === 'kline') {
    const interval =
      parameter === undefined ? undefined : (EXCHANGE_INTERVALS.get(parameter) ?? INTERVALS.find((known) => known === parameter));
    if (interval) return { stream: streamOf(market, { kind, interval }, symbol) };
    const problem =
      parameter === undefined ? `The interval is missing in ${shown(arg)}.` : `Invalid interval: ${shown(parameter)}.`;
    return refuse('BAD_INTERVAL', `${problem} Use one of ${INTERVALS.join(', ')}, for example kline:1h:BTCUSDT.`);
  }
  if (kind === 'orderbook') {
    const depths = DEPTHS_OF_MARKET[market];
    const depth = parameter === undefined ? depths[0] : depths.find((known) => String(known) === parameter);
    if (depth !== undefined) return { stream: streamOf(market, { kind, depth }, symbol) };
    return refuse(
      'BAD_DEPTH',
      `Invalid depth: ${shown(parameter ?? '')}. Use one of ${[...depths].sort((a, b) => a - b).join(', ')} on ${market}.`,
    );
  }
  if (parameter !== undefined)
    return refuse('BAD_FORMAT', `Invalid stream format: ${shown(arg)}. ${kind} takes no parameter: ${kind}:${symbol}.`);
  return { stream: streamOf(market, { kind }, symbol) };
}

/** Splits off the market: from a full name, from `market/`, or the default. */
function locate(arg: string, brand: string): { marketName: string; rest: string } | undefined {
  if (brand !== '' && arg.startsWith(`${brand}.`)) {
    const name = arg.slice(brand.length + 1);
    const dot = name.indexOf('.');
    return dot < 0 ? undefined : { marketName: name.slice(0, dot), rest: name.slice(dot + 1) };
  }
  const slash = arg.indexOf('/');
  return slash < 0 ? { marketName: 'futures', rest: arg } : { marketName: arg.slice(0, slash), rest: arg.slice(slash + 1) };
}

function kindOf(word: string): MarketKind | undefined {
  const lower = word.toLowerCase();
  return lower === 'tickers' ? 'ticker' : MARKET_KINDS.find((kind) => kind === lower);
}

function refuse(code: ArgRefusal['code'], reason: string): ParsedArg {
  return { refusal: { reason, code } };
}

/** What a client sent, short enough to be sent back. */
function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}
