import { inspect } from 'node:util';
import fc from 'fast-check';
import { readSettings, type Environment } from './read-settings';
import { Settings } from './settings';
import { SettingsError } from './settings-error';
import { VARIABLES } from './variable';

function mistakesOf(env: Record<string, string>): SettingsError['mistakes'] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('readSettings', () => {
  it('gives the defaults for an empty environment', () => {
    expect(readSettings({})).toEqual(new Settings());
  });

  it('turns each kind of text into its type', () => {
    const settings = readSettings({
      PORT: '9000',
      BRAND: 'acme',
      DEBUG: '1',
      BYBIT_RECONNECT_DELAY_INITIAL: '0.25',
      BYBIT_MARKETS: 'spot, linear',
      ALLOWED_ORIGINS: 'https://app.example.com,http://localhost:3000',
      BYBIT_WS_URL: 'ws://127.0.0.1:9443/',
      TRUST_PROXY: '2',
    });
    expect(settings).toMatchObject({
      port: 9000,
      brand: 'acme',
      debug: true,
      bybitReconnectDelayInitial: 0.25,
      bybitMarkets: ['spot', 'linear'],
      allowedOrigins: ['https://app.example.com', 'http://localhost:3000'],
      bybitWsUrl: 'ws://127.0.0.1:9443',
      trustProxy: 2,
    });
  });

  it.each(['true', 'TRUE', '1'])('reads %s as true', (text) => {
    expect(readSettings({ DEBUG: text }).debug).toBe(true);
  });

  it.each(['false', 'False', '0'])('reads %s as false', (text) => {
    expect(readSettings({ LOG_JSON: text }).logJson).toBe(false);
  });

  it.each([
    ['true', 1],
    ['false', 0],
    ['0', 0],
    ['3', 3],
  ])('reads TRUST_PROXY=%s as %i proxies', (text, proxies) => {
    expect(readSettings({ TRUST_PROXY: text }).trustProxy).toBe(proxies);
  });

  it('takes an empty variable as unset', () => {
    expect(readSettings({ PORT: '', BRAND: '  ', BYBIT_MARKETS: '' })).toEqual(new Settings());
  });

  it('ignores variables that are not its own', () => {
    expect(readSettings({ BYBIT_SOMETHING: 'x', PATH: '/bin', PORTS: '1' })).toEqual(new Settings());
  });

  it('cannot be changed afterwards, lists included', () => {
    const settings = readSettings({ BYBIT_MARKETS: 'spot', ALLOWED_ORIGINS: 'http://a' });
    expect([settings, settings.bybitMarkets, settings.allowedOrigins].every(Object.isFrozen)).toBe(true);
  });

  it('names every mistake at once, with variable, value and what is allowed', () => {
    expect(mistakesOf({ PORT: 'eighty', BRAND: 'Big Brand', BYBIT_MARKETS: 'linear,stocks', LOG_LEVEL: 'loud' })).toEqual([
      { variable: 'PORT', value: 'eighty', allowed: 'a whole number from 0 to 65535' },
      { variable: 'BRAND', value: 'Big Brand', allowed: 'lower-case letters, digits, - and _' },
      { variable: 'LOG_LEVEL', value: 'loud', allowed: 'one of fatal, error, warn, info, debug, trace, silent' },
      { variable: 'BYBIT_MARKETS', value: 'linear,stocks', allowed: 'a comma-separated list of linear, spot, inverse, option' },
    ]);
  });

  it('writes one line per mistake', () => {
    expect(() => readSettings({ PORT: '70000', DEBUG: 'maybe' })).toThrow(
      new SettingsError([
        { variable: 'PORT', value: '70000', allowed: 'a whole number from 0 to 65535' },
        { variable: 'DEBUG', value: 'maybe', allowed: 'true, false, 1 or 0' },
      ]),
    );
    expect(() => readSettings({ PORT: '70000', DEBUG: 'maybe' })).toThrow(
      'Wrong settings (2):\n  PORT="70000" must be a whole number from 0 to 65535\n  DEBUG="maybe" must be true, false, 1 or 0',
    );
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['PORT', '1e3'],
    ['HOST', 'two words'],
    ['LOG_JSON', 'yes'],
    ['TRUST_PROXY', '11'],
    ['BYBIT_WS_URL', 'https://stream.bybit.com'],
    ['BYBIT_WS_URL', 'stream.bybit.com'],
    ['BYBIT_REST_URL', 'http://'],
    ['BYBIT_REST_URL', 'http://127.0.0.1:1?x=1'],
    ['BYBIT_MARKETS', ','],
    ['BYBIT_PING_INTERVAL', '0'],
    ['BYBIT_RECONNECT_DELAY_MULTIPLIER', '0.5'],
    ['MAX_CLIENTS_TOTAL', '0'],
    ['ALLOWED_ORIGINS', 'app.example.com'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/path'],
    ['CLIENT_IDLE_TIMEOUT', 'Infinity'],
    ['HISTORY_SIZE', '-1'],
    ['REDIS_URL', 'http://redis:6379'],
    ['REDIS_URL', 'redis:6379'],
    ['REDIS_URL', 'redis://redis:99999'],
    ['REDIS_URL', 'redis://redis:port'],
    ['REDIS_CLUSTER_NODES', 'one:6379,'],
    ['REDIS_CLUSTER_NODES', 'one:6379, two:99999'],
    ['REDIS_CLUSTER_NODES', 'one:6379:6380'],
    ['REDIS_CLUSTER_NODES', 'one:6379 two:6379'],
    ['REDIS_KEY_PREFIX', 'a{b}'],
    ['DATABASE_URL', 'mysql://localhost/tapecast'],
    ['AMQP_URL', 'http://localhost:15672'],
    ['QUEUE_TTL_MS', '10'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ])('refuses %s=%s', (variable, value) => {
    expect(mistakesOf({ [variable]: value })).toMatchObject([{ variable, value }]);
  });

  it.each(['ws://localhost:9443', 'wss://[::1]:9443', 'wss://stream.bybit.com/base'])('takes the address %s', (url) => {
    expect(readSettings({ BYBIT_WS_URL: url }).bybitWsUrl).toBe(url);
  });

  it.each([
    ['REDIS_URL', 'redisUrl', ['redis://localhost', 'rediss://user:p%40ss@redis.example.com:6380/2', 'redis://[::1]:6379']],
    ['REDIS_CLUSTER_NODES', 'redisClusterNodes', ['one:6379', 'one:6379, two:6379,10.0.0.3:6379', 'rediss://:p@one:1,two:2']],
  ] as const)('takes for %s what Redis is usually found by', (variable, property, values) => {
    for (const value of values) expect(readSettings({ [variable]: value })[property]).toBe(value);
  });

  it.each([
    ['API_KEYS', 'orders:secret'],
    ['BYBIT_API_SECRET', 'two words'],
  ])('does not show the value of %s, which may be secret', (variable, value) => {
    const [mistake] = mistakesOf({ BYBIT_API_KEY: 'key', BYBIT_API_SECRET: 'x', [variable]: value });
    expect(mistake).toMatchObject({ variable, value: '***' });
  });

  it('takes the addresses of the account from those of the exchange, unless they are given', () => {
    const of = (env: Environment) => {
      const { bybitPrivateWsUrl, bybitPrivateRestUrl } = readSettings(env);
      return [bybitPrivateWsUrl, bybitPrivateRestUrl];
    };
    expect(of({ BYBIT_TESTNET: 'true' })).toEqual(['wss://stream-testnet.bybit.com', 'https://api-testnet.bybit.com']);
    expect(of({ BYBIT_WS_URL: 'ws://a:1', BYBIT_PRIVATE_REST_URL: 'http://b:2' })).toEqual(['ws://a:1', 'http://b:2']);
  });

  it.each([
    [{ BYBIT_API_KEY: 'key' }, 'BYBIT_API_SECRET', 'set when BYBIT_API_KEY is'],
    [{ BYBIT_API_SECRET: 'secret' }, 'BYBIT_API_KEY', 'set when BYBIT_API_SECRET is'],
    [
      { REDIS_URL: 'redis://one', AMQP_URL: 'amqp://two' },
      'DATABASE_URL',
      'set with REDIS_URL: replicas share what is kept for services and of the account',
    ],
    [
      { REDIS_URL: 'redis://one', REDIS_CLUSTER_NODES: 'two:6379' },
      'REDIS_CLUSTER_NODES',
      'empty when REDIS_URL is set, or the other way round',
    ],
    [{ PORT: '9000', METRICS_PORT: '9000' }, 'METRICS_PORT', 'another port than PORT (9000)'],
    [{ WORKERS: '3', MAX_CLIENTS_TOTAL: '2' }, 'WORKERS', 'at most MAX_CLIENTS_TOTAL (2)'],
    [{ WORKERS: '3', MAX_HANDSHAKES_PER_SECOND: '2' }, 'WORKERS', 'at most MAX_HANDSHAKES_PER_SECOND (2)'],
    [{ PORT: '8001' }, 'METRICS_PORT', 'another port than PORT (8001)'],
    [
      { BYBIT_RECONNECT_DELAY_INITIAL: '5', BYBIT_RECONNECT_DELAY_MAX: '4' },
      'BYBIT_RECONNECT_DELAY_MAX',
      'at least BYBIT_RECONNECT_DELAY_INITIAL (5)',
    ],
    [
      { CLIENT_IDLE_TIMEOUT: '20', CLIENT_PING_INTERVAL: '20' },
      'CLIENT_IDLE_TIMEOUT',
      'more than CLIENT_PING_INTERVAL (20), or clients that answer every ping look idle',
    ],
  ])('refuses values that contradict each other: %j', (env, variable, allowed) => {
    expect(mistakesOf(env)).toMatchObject([{ variable, allowed }]);
  });

  it('shortens a default that a shorter limit would contradict', () => {
    expect(readSettings({ CLIENT_IDLE_TIMEOUT: '3' }).clientPingInterval).toBe(1.5);
    expect(readSettings({ BYBIT_RECONNECT_DELAY_MAX: '0.5' }).bybitReconnectDelayInitial).toBe(0.5);
  });

  it('lets both ports be free ones', () => {
    expect(readSettings({ PORT: '0', METRICS_PORT: '0' })).toMatchObject({ port: 0, metricsPort: 0 });
  });

  it('does not compare with a value that is wrong by itself', () => {
    expect(mistakesOf({ PORT: 'x', METRICS_PORT: '1' }).map((mistake) => mistake.variable)).toEqual(['PORT']);
  });

  it('switches both addresses to the testnet', () => {
    expect(readSettings({ BYBIT_TESTNET: 'true' })).toMatchObject({
      bybitWsUrl: 'wss://stream-testnet.bybit.com',
      bybitRestUrl: 'https://api-testnet.bybit.com',
    });
  });

  it('prefers an address that was set to the testnet', () => {
    expect(readSettings({ BYBIT_TESTNET: 'true', BYBIT_WS_URL: 'ws://127.0.0.1:1' })).toMatchObject({
      bybitWsUrl: 'ws://127.0.0.1:1',
      bybitRestUrl: 'https://api-testnet.bybit.com',
    });
  });

  it('logs JSON in production only, unless told', () => {
    expect(readSettings({}).logJson).toBe(true);
    expect(readSettings({ ENVIRONMENT: 'development' }).logJson).toBe(false);
    expect(readSettings({ ENVIRONMENT: 'development', LOG_JSON: 'true' }).logJson).toBe(true);
  });

  it('does not show a password that stands in an address', () => {
    expect(mistakesOf({ BYBIT_REST_URL: 'ftp://me:secret@host' })).toMatchObject([{ value: 'ftp://***@host' }]);
    expect(mistakesOf({ REDIS_URL: 'redis://host:1?password=secret' })).toMatchObject([{ value: 'redis://host:1?***' }]);
    for (const password of ['sec/ret', 'sec@ret', 'sec#ret', 'sec ret', 'secret%']) {
      expect(mistakesOf({ REDIS_URL: `redis://:${password}@host` })).toMatchObject([{ value: 'redis://***@host' }]);
      expect(mistakesOf({ REDIS_CLUSTER_NODES: `a:1,me:${password}@host` })).toMatchObject([{ value: '***@host' }]);
    }
  });

  it('shows no secret when all of it is printed, be it as it is or in a copy', () => {
    const secrets = {
      API_KEYS: `desk:${'a'.repeat(64)}`,
      BYBIT_API_KEY: 'my-key',
      BYBIT_API_SECRET: 'my-secret',
      DATABASE_URL: 'postgres://me:hunter2@host/db?password=hunter2',
      AMQP_URL: 'amqp://me:hunter2@host/?password=hunter2',
      REDIS_URL: 'redis://:hunter2@host',
    };
    const settings = readSettings({ ...secrets, PORT: '1234' });
    for (const one of [settings, Object.assign(new Settings(), settings)]) {
      for (const shown of [JSON.stringify({ one }), inspect({ one }, { depth: null })]) {
        expect(shown).toContain('1234');
        expect(shown).not.toMatch(/my-key|my-secret|hunter2|aaaa/);
      }
    }
    expect(JSON.parse(JSON.stringify(new Settings()))).toEqual(Object.fromEntries(Object.entries(new Settings())));
  });

  it('shortens a long value', () => {
    expect(mistakesOf({ PORT: 'x'.repeat(500) })[0]?.value).toHaveLength(121);
  });

  it('either reads any text or says which variable is wrong, whatever is thrown at it', () => {
    const names = VARIABLES.map((variable) => variable.name);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.integer().map(String))), (env) => {
        for (const { variable } of mistakesOf(env)) expect(names).toContain(variable);
      }),
    );
  });
});
