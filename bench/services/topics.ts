import type { Endpoint } from '../../src/simulator/connection';

/** A topic of the exchange on one of its sockets. */
export type ExchangeTopic = readonly [endpoint: Endpoint, topic: string];

/** What a service asks for, and the topic that the exchange must be asked for then. */
export interface Wanted {
  readonly service: string;
  readonly body: Readonly<Record<string, string>>;
  readonly at: ExchangeTopic;
}

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT'];
/** They ask for the same topics. */
export const SERVICES = ['desk', 'risk'];
/** Another one, of other markets. */
const OTHER = 'web';

const CHANNELS = [
  ['ticker', 'tickers.'],
  ['trades', 'publicTrade.'],
  ['orderbook', 'orderbook.50.'],
] as const;

const BUSY = CHANNELS.flatMap(([channel_type, topic]) =>
  SYMBOLS.map((symbol) => ({ body: { channel_type, symbol }, at: ['linear', topic + symbol] as const })),
);

/** Those on which the exchange pushes all the time. */
export const BUSY_TOPICS: readonly ExchangeTopic[] = BUSY.map(({ at }) => at);

/** The same as WebSocket clients name them. */
export const STREAMS: readonly string[] = ['ticker', 'trade', 'orderbook'].flatMap((kind) =>
  SYMBOLS.map((symbol) => `${kind}:${symbol}`),
);

/** What the services want whose work is measured: the topics that WebSocket clients have too. */
export const WANTED: readonly Wanted[] = SERVICES.flatMap((service) => BUSY.map((one) => ({ service, ...one })));

/** With these beside them thirty topics of several markets. */
export const WANTED_BESIDE: readonly Wanted[] = [
  ...SYMBOLS.map((symbol) => wanted('kline', symbol, 'futures', ['linear', `kline.1.${symbol}`], { interval: '1m' })),
  ...SYMBOLS.slice(0, 4).map((symbol) => wanted('ticker', symbol, 'spot', ['spot', `tickers.${symbol}`])),
  ...SYMBOLS.slice(0, 4).map((symbol) => wanted('trades', symbol, 'spot', ['spot', `publicTrade.${symbol}`])),
  ...['BTCUSD', 'ETHUSD'].map((symbol) => wanted('ticker', symbol, 'inverse', ['inverse', `tickers.${symbol}`])),
];

/** What the account's socket asks for. */
export const ACCOUNT_TOPICS: readonly ExchangeTopic[] = ['order', 'execution', 'position', 'wallet'].map((topic) => [
  'private',
  topic,
]);

function wanted(
  channel_type: string,
  symbol: string,
  market: string,
  at: ExchangeTopic,
  more: Record<string, string> = {},
): Wanted {
  return { service: OTHER, body: { channel_type, symbol, market, ...more }, at };
}
