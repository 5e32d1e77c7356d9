import { parseArg, parseStreamName, type ArgRefusal } from '../streams/arg';
import { eventTypeOf, isAccountChannel, type ChannelType } from '../streams/event-type';
import { EXCHANGE_MARKETS, accountStream, type ExchangeMarket, type MarketStream, type Stream } from '../streams/stream';
import { ApiError, type ApiErrorCode, type SubscribeRequest } from './api';
import { missingInterval, missingSymbol } from './failures';

const SYMBOL = /^[A-Z0-9][A-Z0-9-]{0,47}$/;
/** Only perpetuals pay funding. */
const FUNDING_MARKETS: readonly ExchangeMarket[] = ['futures', 'inverse'];
/** The word of a topic that says its kind: after a market, or at the beginning. */
const KIND_WORD = /(^|\/)([A-Za-z]+)(?=[:.])/;

/** What a service asks for. */
export interface ServiceTopic {
  /** The stream's name; of funding, which is read from the ticker, a name of its own. */
  readonly topic: string;
  /** The stream that brings it. */
  readonly stream: Stream;
}

/**
 * What a request names.
 * @param markets those that this gateway serves
 * @throws ApiError that says what to send instead
 */
export function requestedTopic(request: SubscribeRequest, brand: string, markets: ReadonlySet<ExchangeMarket>): ServiceTopic {
  const { channel_type: channel } = request;
  if (isAccountChannel(channel)) return accountTopic(request, channel, brand);
  const { topic } = request;
  const stream = topic === undefined ? fromFields(request, markets) : fromTopic(request, topic, brand, markets);
  if (channel !== 'funding') return { topic: stream.name, stream };
  if (FUNDING_MARKETS.includes(stream.market)) return { topic: `${stream.market}.funding.${stream.symbol}`, stream };
  throw new ApiError('INVALID_CHANNEL_TYPE', `There is no funding on ${stream.market}; use ${FUNDING_MARKETS.join(' or ')}.`);
}

/** The stream behind the topic of a subscription that was stored. Undefined for what no version of ours wrote. */
export function streamOfTopic(topic: string, channel: ChannelType): Stream | undefined {
  return parseStreamName(channel === 'funding' ? topic.replace('.funding.', '.ticker.') : topic);
}

function accountTopic(
  { symbol, market, topic, interval, depth }: SubscribeRequest,
  channel: Extract<ChannelType, 'order' | 'execution' | 'position' | 'balance'>,
  brand: string,
): ServiceTopic {
  const stream = accountStream(channel);
  const whole = `${channel} tells about the whole account`;
  if (symbol !== undefined) throw new ApiError('INVALID_SYMBOL', `${whole}: leave out symbol.`);
  if (market !== undefined) throw new ApiError('VALIDATION_ERROR', `${whole}: leave out market.`);
  const named = topic === undefined || [stream.name, channel, `${brand}.${stream.name}`].includes(topic);
  if (!named || interval !== undefined || depth !== undefined) {
    throw new ApiError('INVALID_TOPIC', `${whole}: leave out topic, interval and depth. Its topic is ${stream.name}.`);
  }
  return { topic: stream.name, stream };
}

function fromFields(request: SubscribeRequest, markets: ReadonlySet<ExchangeMarket>): MarketStream {
  const { channel_type: channel, market = 'futures', interval, depth } = request;
  if (request.symbol === undefined || request.symbol === '') {
    throw missingSymbol(channel);
  }
  const symbol = request.symbol.toUpperCase();
  if (!SYMBOL.test(symbol)) {
    throw new ApiError('INVALID_SYMBOL', 'A symbol is 1 to 48 letters, digits and -, for example "BTCUSDT".');
  }
  const kind = kindOf(channel);
  if (interval !== undefined && kind !== 'kline') throw noParameter(channel, 'interval');
  if (depth !== undefined && kind !== 'orderbook') throw noParameter(channel, 'depth');
  if (kind === 'kline' && interval === undefined) {
    throw missingInterval(symbol);
  }
  const parameter = interval ?? depth;
  const parsed = parseArg(`${market}/${kind}${parameter === undefined ? '' : `:${parameter}`}:${symbol}`, '', markets);
  if ('stream' in parsed) return parsed.stream;
  throw new ApiError(CODE_OF_FIELD[parsed.refusal.code], parsed.refusal.reason);
}

function fromTopic(request: SubscribeRequest, topic: string, brand: string, markets: ReadonlySet<ExchangeMarket>): MarketStream {
  const { channel_type: channel, symbol, market, interval, depth } = request;
  const parsed = parseArg(argOf(topic, channel, brand, market), '', markets);
  if ('refusal' in parsed) throw new ApiError('INVALID_TOPIC', parsed.refusal.reason);
  const { stream } = parsed;
  const disagree = (field: string, value: string | number) =>
    new ApiError('INVALID_TOPIC', `topic ${topic} and ${field} ${value} do not agree; leave one of them out.`);
  if (stream.rate !== undefined) {
    throw new ApiError('INVALID_TOPIC', 'Services get every event: leave out the part of the topic from @ on.');
  }
  if (stream.kind !== kindOf(channel)) throw disagree('channel_type', channel);
  if (symbol !== undefined && symbol.toUpperCase() !== stream.symbol) throw disagree('symbol', symbol);
  if (market !== undefined && market !== stream.market) throw disagree('market', market);
  if (interval !== undefined && (stream.kind !== 'kline' || stream.interval !== interval)) throw disagree('interval', interval);
  if (depth !== undefined && (stream.kind !== 'orderbook' || stream.depth !== depth)) throw disagree('depth', depth);
  return stream;
}

/** A topic in the words of WebSocket clients, with its market. */
function argOf(topic: string, channel: ChannelType, brand: string, market: ExchangeMarket | undefined): string {
  const name = topic.startsWith(`${brand}.`) ? topic.slice(brand.length + 1) : topic;
  const named = EXCHANGE_MARKETS.find((known) => name.startsWith(`${known}.`) || name.startsWith(`${known}/`));
  const located = named
    ? `${named}/${name.slice(named.length + 1)}`
    : name.includes('/')
      ? name
      : `${market ?? 'futures'}/${name}`;
  // Services say `trades` and `funding` where the stream is called otherwise.
  return located.replace(KIND_WORD, (word, before: string, kind: string) =>
    kind.toLowerCase() === channel ? `${before}${kindOf(channel)}` : word,
  );
}

function kindOf(channel: ChannelType): string {
  return channel === 'funding' ? 'ticker' : eventTypeOf(channel);
}

function noParameter(channel: ChannelType, field: string): ApiError {
  return new ApiError('INVALID_TOPIC', `${channel} has no ${field}; leave it out.`);
}

const CODE_OF_FIELD: Readonly<Record<ArgRefusal['code'], ApiErrorCode>> = {
  BAD_FORMAT: 'INVALID_SYMBOL',
  WILDCARD: 'INVALID_SYMBOL',
  NOT_A_STRING: 'INVALID_SYMBOL',
  UNKNOWN_KIND: 'INVALID_CHANNEL_TYPE',
  UNKNOWN_MARKET: 'VALIDATION_ERROR',
  BAD_INTERVAL: 'INVALID_TOPIC',
  BAD_DEPTH: 'INVALID_TOPIC',
  BAD_RATE: 'INVALID_TOPIC',
};
