import { validateSync } from 'class-validator';
import { blanked } from './blanked';
import { hasServices } from './has-services';
import { Settings } from './settings';
import { type Mistake, SettingsError } from './settings-error';
import { VARIABLES, type Variable } from './variable';

/** What `process.env` looks like. */
export type Environment = Readonly<Record<string, string | undefined>>;

const TESTNET = { bybitWsUrl: 'wss://stream-testnet.bybit.com', bybitRestUrl: 'https://api-testnet.bybit.com' };

/** Long enough to recognise a value, short enough for a terminal line. */
const SHOWN_CHARACTERS = 120;

/**
 * Reads and checks the whole environment; an empty variable counts as unset and an unknown one is none of ours. Throws a
 * {@link SettingsError} that lists every mistake.
 */
export function readSettings(env: Environment): Settings {
  const given = new Map<string, unknown>();
  for (const variable of VARIABLES) {
    const text = textOf(env, variable);
    if (text !== '') given.set(variable.property, variable.parse(text));
  }
  const settings = Object.assign(new Settings(), Object.fromEntries(given));
  const wrong = new Set(validateSync(settings).map((error) => error.property));
  Object.assign(settings, dependentDefaults(settings, given));
  const mistakes = [...valueMistakes(wrong, env), ...contradictions(settings, wrong)];
  if (mistakes.length > 0) throw new SettingsError(mistakes);
  Object.freeze(settings.bybitMarkets);
  Object.freeze(settings.allowedOrigins);
  Object.freeze(settings.apiKeys);
  return Object.freeze(settings);
}

/** Defaults that hang on other variables, for the properties that were not given. */
function dependentDefaults(settings: Settings, given: ReadonlyMap<string, unknown>): Partial<Settings> {
  const defaults = {
    logJson: settings.environment === 'production',
    bybitReconnectDelayInitial: Math.min(settings.bybitReconnectDelayInitial, settings.bybitReconnectDelayMax),
    clientPingInterval: Math.min(settings.clientPingInterval, settings.clientIdleTimeout / 2),
    ...(settings.bybitTestnet ? TESTNET : {}),
  };
  const set = withoutGiven(defaults, given);
  const ofAccount = {
    bybitPrivateWsUrl: set.bybitWsUrl ?? settings.bybitWsUrl,
    bybitPrivateRestUrl: set.bybitRestUrl ?? settings.bybitRestUrl,
  };
  return { ...set, ...withoutGiven(ofAccount, given) };
}

function withoutGiven(defaults: Partial<Settings>, given: ReadonlyMap<string, unknown>): Partial<Settings> {
  return Object.fromEntries(Object.entries(defaults).filter(([property]) => !given.has(property)));
}

function valueMistakes(wrong: ReadonlySet<string>, env: Environment): Mistake[] {
  return VARIABLES.filter((variable) => wrong.has(variable.property)).map((variable) =>
    mistake(variable.name, variable.secret ? '***' : textOf(env, variable), variable.allowed),
  );
}

/** Values that are fine by themselves but not together. Those that are wrong by themselves are not compared. */
function contradictions(settings: Settings, wrong: ReadonlySet<string>): Mistake[] {
  const { port, metricsPort, bybitReconnectDelayInitial, bybitReconnectDelayMax, clientIdleTimeout, clientPingInterval } =
    settings;
  const comparable = (...properties: (keyof Settings)[]) => properties.every((property) => !wrong.has(property));
  const mistakes: Mistake[] = [];
  if (comparable('metricsPort', 'port') && metricsPort === port && port !== 0) {
    mistakes.push(mistake('METRICS_PORT', String(metricsPort), `another port than PORT (${port})`));
  }
  if (comparable('bybitReconnectDelayMax', 'bybitReconnectDelayInitial') && bybitReconnectDelayMax < bybitReconnectDelayInitial) {
    const allowed = `at least BYBIT_RECONNECT_DELAY_INITIAL (${bybitReconnectDelayInitial})`;
    mistakes.push(mistake('BYBIT_RECONNECT_DELAY_MAX', String(bybitReconnectDelayMax), allowed));
  }
  if (comparable('clientIdleTimeout', 'clientPingInterval') && clientIdleTimeout <= clientPingInterval) {
    const allowed = `more than CLIENT_PING_INTERVAL (${clientPingInterval}), or clients that answer every ping look idle`;
    mistakes.push(mistake('CLIENT_IDLE_TIMEOUT', String(clientIdleTimeout), allowed));
  }
  if (comparable('redisUrl', 'redisClusterNodes') && settings.redisUrl !== '' && settings.redisClusterNodes !== '') {
    mistakes.push(
      mistake('REDIS_CLUSTER_NODES', settings.redisClusterNodes, 'empty when REDIS_URL is set, or the other way round'),
    );
  }
  for (const [property, variable] of [
    ['redisUrl', 'REDIS_URL'],
    ['redisClusterNodes', 'REDIS_CLUSTER_NODES'],
  ] as const) {
    const text = settings[property];
    if (!comparable(property) || text === '' || text.split(',').every(isReadable)) continue;
    mistakes.push(
      mistake(variable, text, 'an address that can be read: is every port right, and every % in a password written as %25?'),
    );
  }
  const withRedis = settings.redisUrl !== '' || settings.redisClusterNodes !== '';
  if (
    comparable('databaseUrl', 'apiKeys', 'amqpUrl', 'bybitApiKey') &&
    withRedis &&
    hasServices(settings) &&
    settings.databaseUrl === ''
  ) {
    mistakes.push(mistake('DATABASE_URL', '', 'set with REDIS_URL: replicas share what is kept for services and of the account'));
  }
  if (comparable('bybitApiKey', 'bybitApiSecret') && (settings.bybitApiKey === '') !== (settings.bybitApiSecret === '')) {
    const [missing, given] =
      settings.bybitApiKey === '' ? ['BYBIT_API_KEY', 'BYBIT_API_SECRET'] : ['BYBIT_API_SECRET', 'BYBIT_API_KEY'];
    mistakes.push(mistake(missing, '', `set when ${given} is`));
  }
  if (comparable('workers', 'maxClientsTotal') && settings.workers > settings.maxClientsTotal) {
    mistakes.push(mistake('WORKERS', String(settings.workers), `at most MAX_CLIENTS_TOTAL (${settings.maxClientsTotal})`));
  }
  if (comparable('workers', 'maxHandshakesPerSecond') && settings.workers > settings.maxHandshakesPerSecond) {
    const allowed = `at most MAX_HANDSHAKES_PER_SECOND (${settings.maxHandshakesPerSecond})`;
    mistakes.push(mistake('WORKERS', String(settings.workers), allowed));
  }
  return mistakes;
}

/** @param address with or without `redis://` */
function isReadable(address: string): boolean {
  const url = address.includes('://') ? address.trim() : `redis://${address.trim()}`;
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

function textOf(env: Environment, variable: Variable): string {
  return env[variable.name]?.trim() ?? '';
}

function mistake(variable: string, value: string, allowed: string): Mistake {
  const shown = blanked(value);
  return { variable, value: shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown, allowed };
}
