import { inspect } from 'node:util';
import { blanked } from './blanked';
import { Address, Decimal, Flag, OneOf, ProxyCount, Seconds, SomeOf, Text, Texts, VARIABLES, WholeNumber } from './variable';

/** Bybit's own names of the markets; `linear` is what clients know as futures. */
const BYBIT_CATEGORIES = ['linear', 'spot', 'inverse', 'option'] as const;
export type BybitCategory = (typeof BYBIT_CATEGORIES)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export const COMPRESSIONS = ['on', 'off', 'auto'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

const NAME = /^[a-z0-9_-]+$/;
const HOST = /^[A-Za-z0-9.:_-]+$/;
const REDIS_URL = /^(rediss?:\/\/([^\s/?#@]*@)?[^\s/?#@]+(\/\d*)?)?$/;
const REDIS_NODES = /^((rediss?:\/\/([^\s,/?#@]*@)?)?[^\s,/?#@]+(\s*,\s*(?!\s*$)|$))*$/;
const KEY_PREFIX = /^[A-Za-z0-9_.:-]+$/;
const API_KEY = /^[A-Za-z0-9_.-]{1,64}:[0-9a-f]{64}$/;
const DATABASE_URL = /^(postgres(ql)?:\/\/([^\s/?#@]*@)?[^\s/?#@]*(\/[^\s?#]*)?(\?[^\s#]*)?)?$/;
const AMQP_URL = /^(amqps?:\/\/([^\s/?#@]*@)?[^\s/?#@]+(\/[^\s?#]*)?(\?[^\s#]*)?)?$/;
const DIRECTORY = /^[^\0]+$/;
const CREDENTIAL = /^[\x21-\x7e]*$/;
const OTLP = /^(https?:\/\/[^\s]+)?$/;
const ORIGIN = /^(\*|https?:\/\/[^/?#\s@]+)$/;

/**
 * Everything that can be set from outside, with its default: `maxClientsTotal` is the variable `MAX_CLIENTS_TOTAL`, in that
 * variable's unit (seconds unless the name says `Ms` or `Bytes`). `readSettings` fills and freezes one;
 * `new Settings()` is the defaults.
 */
export class Settings {
  @WholeNumber({ min: 0, max: 65_535, meaning: 'Port for clients (WebSocket and HTTP); 0 takes a free one' })
  readonly port: number = 8000;

  @Text(HOST, 'an IP address or a host name', { meaning: 'Address that both ports listen on' })
  readonly host: string = '0.0.0.0';

  @WholeNumber({ min: 0, max: 65_535, meaning: 'Port of the Prometheus metrics; 0 takes a free one' })
  readonly metricsPort: number = 8001;

  @Text(NAME, 'lower-case letters, digits, - and _', {
    meaning: 'First word of every stream name, and the source of every message',
  })
  readonly brand: string = 'mudrex';

  @Text(NAME, 'lower-case letters, digits, - and _', { meaning: 'Where this runs, such as production or development; logged' })
  readonly environment: string = 'production';

  @Flag({ meaning: 'Logs at level debug, whatever LOG_LEVEL says (unless that is trace)' })
  readonly debug: boolean = false;

  @OneOf(LOG_LEVELS, { meaning: 'Least level that is logged' })
  readonly logLevel: LogLevel = 'info';

  @Flag({ meaning: 'One JSON object per log line instead of plain text', defaultRule: 'false unless ENVIRONMENT is production' })
  readonly logJson: boolean = true;

  @Address(['ws', 'wss'], {
    meaning: 'Where the exchange serves WebSocket; an address set here is used even with BYBIT_TESTNET',
    defaultRule: 'the testnet when BYBIT_TESTNET is true',
  })
  readonly bybitWsUrl: string = 'wss://stream.bybit.com';

  @Address(['http', 'https'], {
    meaning: 'Where the exchange serves REST; an address set here is used even with BYBIT_TESTNET',
    defaultRule: 'the testnet when BYBIT_TESTNET is true',
  })
  readonly bybitRestUrl: string = 'https://api.bybit.com';

  @Flag({ meaning: "Uses the exchange's testnet where no address is set" })
  readonly bybitTestnet: boolean = false;

  @SomeOf(BYBIT_CATEGORIES, { meaning: 'Markets that clients may use; a connection opens only on demand' })
  readonly bybitMarkets: readonly BybitCategory[] = BYBIT_CATEGORIES;

  @Seconds({ min: 0.1, meaning: 'Seconds between pings to the exchange' })
  readonly bybitPingInterval: number = 20;

  @Seconds({ min: 0.1, meaning: 'Seconds the exchange has to answer a ping before the connection is replaced' })
  readonly bybitPingTimeout: number = 10;

  @Seconds({
    min: 0.01,
    meaning: 'Seconds before the first reconnect, at most',
    defaultRule: 'BYBIT_RECONNECT_DELAY_MAX when that is shorter',
  })
  readonly bybitReconnectDelayInitial: number = 1;

  @Seconds({ min: 0.01, meaning: 'Seconds before any reconnect, at most; not below BYBIT_RECONNECT_DELAY_INITIAL' })
  readonly bybitReconnectDelayMax: number = 60;

  @Decimal({ min: 1, max: 10, meaning: 'Growth of the reconnect delay with each failure' })
  readonly bybitReconnectDelayMultiplier: number = 2;

  @Seconds({ min: 0.1, meaning: 'Seconds without data on busy topics before the connection is replaced, pongs or not' })
  readonly upstreamSilenceTimeout: number = 30;

  @Seconds({ min: 0, meaning: 'Seconds a topic is kept at the exchange after its last listener left' })
  readonly upstreamLinger: number = 5;

  @WholeNumber({ min: 1, max: 1_000_000, meaning: 'Clients connected at one time' })
  readonly maxClientsTotal: number = 10_000;

  @WholeNumber({ min: 1, max: 100_000, meaning: 'Streams one client may have subscribed to' })
  readonly maxSubscriptionsPerClient: number = 100;

  @WholeNumber({ min: 1, max: 100_000, meaning: 'Messages one client may send in a second' })
  readonly maxMessageRatePerClient: number = 100;

  @WholeNumber({ min: 0, max: 1_000_000, meaning: 'Connections from one address at one time; 0 is no limit' })
  readonly maxConnectionsPerIp: number = 0;

  @ProxyCount({ max: 10, meaning: 'Proxies in front whose X-Forwarded-For is believed' })
  readonly trustProxy: number = 0;

  @Texts(ORIGIN, '* or a comma-separated list of origins such as https://app.example.com', {
    meaning: 'Origins that browsers may connect from',
  })
  readonly allowedOrigins: readonly string[] = ['*'];

  @WholeNumber({ min: 128, max: 16_777_216, meaning: 'Largest message a client may send' })
  readonly maxPayloadBytes: number = 65_536;

  @Seconds({
    min: 0.1,
    meaning: 'Seconds without any sign of life, pongs included, before a client is closed; above CLIENT_PING_INTERVAL',
  })
  readonly clientIdleTimeout: number = 300;

  @Seconds({
    min: 0.05,
    meaning: 'Seconds between pings to a client',
    defaultRule: 'half of CLIENT_IDLE_TIMEOUT when that is shorter',
  })
  readonly clientPingInterval: number = 20;

  @WholeNumber({ min: 1024, max: 1_073_741_824, meaning: 'Bytes that may wait for one client before it is closed as too slow' })
  readonly clientQueueBytes: number = 1_048_576;

  @Seconds({ min: 0.1, meaning: 'Seconds a client may make no progress with waiting bytes before it is closed as too slow' })
  readonly fanoutCallbackTimeout: number = 5;

  @WholeNumber({ min: 0, max: 1000, meaning: 'Milliseconds between two flushes to clients; 0 adapts to the load' })
  readonly fanoutFlushMs: number = 0;

  @OneOf(COMPRESSIONS, { meaning: 'Compression offered to clients; auto compresses messages of 512 bytes and more' })
  readonly compression: Compression = 'auto';

  @WholeNumber({ min: 1, max: 1_000_000, meaning: 'New connections taken in a second; more are told to come again' })
  readonly maxHandshakesPerSecond: number = 2000;

  @Flag({ meaning: 'Serves /conformance, which echoes every message, for WebSocket conformance suites' })
  readonly conformanceEcho: boolean = false;

  @WholeNumber({ min: 0, max: 1_000_000, meaning: 'Newest messages kept per stream, for clients that resume' })
  readonly historySize: number = 256;

  @Seconds({ min: 1, meaning: 'Seconds that Redis keeps the messages of a stream after the newest one' })
  readonly historyTtl: number = 120;

  @Text(REDIS_URL, 'redis://[user:password@]host[:port][/database], or the same with rediss:// for TLS', {
    meaning: 'Redis through which replicas share one upstream; without it a process is alone',
  })
  readonly redisUrl: string = '';

  @Text(
    REDIS_NODES,
    'a comma-separated list of host:port, each with redis://user:password@ or rediss:// before it where needed',
    {
      meaning: 'Some nodes of a Redis Cluster, instead of REDIS_URL',
    },
  )
  readonly redisClusterNodes: string = '';

  @Text(KEY_PREFIX, 'letters, digits and _ . : -', {
    meaning: 'First characters of every key and channel in Redis; replicas with the same ones are a fleet',
  })
  readonly redisKeyPrefix: string = 'tapecast:';

  @WholeNumber({ min: 2, max: 10_000, meaning: 'Connections to Redis that one replica may open; it needs two per server' })
  readonly redisMaxConnections: number = 50;

  @WholeNumber({ min: 1, max: 600_000, meaning: "Milliseconds a subscribe waits for the exchange's answer" })
  readonly subscribeTimeoutMs: number = 3000;

  @WholeNumber({ min: 0, max: 600_000, meaning: 'Milliseconds a shutdown may take to let clients go' })
  readonly shutdownDrainMs: number = 2000;

  @WholeNumber({
    min: 1,
    max: 64,
    meaning: 'Processes that take clients on the same port; one more, with the upstream, feeds them when there are several',
  })
  readonly workers: number = 1;

  @Texts(API_KEY, 'a comma-separated list of name:sha256hex; npm run api-key -- NAME makes one', {
    meaning: 'Keys of the REST interface, hashed; without any the interface answers 503',
    orNone: true,
    secret: true,
  })
  readonly apiKeys: readonly string[] = [];

  @Text(DATABASE_URL, 'postgres://[user:password@]host[:port]/database', {
    meaning: "PostgreSQL for services' subscriptions and account records; without it they are kept in DATA_DIR",
  })
  readonly databaseUrl: string = '';

  @Text(DIRECTORY, 'a directory that can be written', {
    meaning: 'Directory of the embedded database, used only without DATABASE_URL and by one process at a time',
  })
  readonly dataDir: string = './data';

  @Text(AMQP_URL, 'amqp://[user:password@]host[:port][/vhost], or the same with amqps:// for TLS', {
    meaning: 'RabbitMQ that back-end services receive events from; without it none are sent',
  })
  readonly amqpUrl: string = '';

  @WholeNumber({ min: 1000, max: 31_536_000_000, meaning: 'Milliseconds that an event may wait in a queue' })
  readonly queueTtlMs: number = 86_400_000;

  @WholeNumber({ min: 1, max: 100_000_000, meaning: 'Events that may wait in a queue; the oldest are dropped' })
  readonly queueMaxLength: number = 100_000;

  @Text(CREDENTIAL, 'the key as the exchange shows it', {
    meaning: "API key of the platform's own account at the exchange; with BYBIT_API_SECRET its events are followed",
    secret: true,
  })
  readonly bybitApiKey: string = '';

  @Text(CREDENTIAL, 'the secret as the exchange shows it', {
    meaning: 'Secret of BYBIT_API_KEY; never logged',
    secret: true,
  })
  readonly bybitApiSecret: string = '';

  @Address(['ws', 'wss'], {
    meaning: "Where the exchange serves the account's WebSocket; demo trading has one of its own",
    defaultRule: 'BYBIT_WS_URL',
  })
  readonly bybitPrivateWsUrl: string = 'wss://stream.bybit.com';

  @Address(['http', 'https'], {
    meaning: "Where the exchange serves the account's REST; demo trading has one of its own",
    defaultRule: 'BYBIT_REST_URL',
  })
  readonly bybitPrivateRestUrl: string = 'https://api.bybit.com';

  @Text(OTLP, 'an http or https address', {
    meaning: 'OpenTelemetry collector that spans are sent to; without it none are made',
  })
  readonly otelExporterOtlpEndpoint: string = '';
}

/** What a dump of them shows: nothing secret, and no password of an address. */
function shown(this: Settings): object {
  const secret = new Set(VARIABLES.flatMap(({ property, secret }) => (secret ? [property] : [])));
  const entries = Object.entries(this).map(([property, value]: [string, unknown]) => {
    if (secret.has(property) && String(value) !== '') return [property, '***'];
    return [property, typeof value === 'string' ? blanked(value) : value];
  });
  return Object.fromEntries(entries) as object;
}

Object.defineProperties(Settings.prototype, { toJSON: { value: shown }, [inspect.custom]: { value: shown } });
