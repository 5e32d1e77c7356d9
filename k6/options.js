/** What every load test can be told by environment variables, and what every one must meet. */

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads the settings; `defaults` are those of the script. Durations are milliseconds.
 * Throws with a sentence when a variable cannot be read.
 */
export function settings(env, defaults) {
  const connections = wholeNumber(env, 'TAPECAST_CONNECTIONS', defaults.connections);
  const duration = milliseconds(env, 'TAPECAST_DURATION', defaults.duration);
  return {
    url: socketUrl(env, 'TAPECAST_URL', 'ws://127.0.0.1:8000/ws'),
    connections,
    duration,
    ramp: milliseconds(env, 'TAPECAST_RAMP', `${Math.min(10_000, Math.floor(duration / 5))}ms`),
    symbols: words(env, 'TAPECAST_SYMBOLS', 'BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT'),
    rate: wholeNumber(env, 'TAPECAST_RATE', defaults.rate ?? 50),
    latencyEvery: wholeNumber(env, 'TAPECAST_LATENCY_EVERY', defaults.latencyEvery ?? 1),
  };
}

/** What must hold for a run to pass; k6 ends with 99 when it does not. `more` adds to it or replaces parts. */
export function thresholds(more = {}) {
  return {
    tapecast_connection_success: ['rate>0.95'],
    tapecast_connection_drops: ['rate<0.01'],
    tapecast_latency: ['p(95)<100'],
    tapecast_message_drops: ['rate<0.01'],
    checks: ['rate==1'],
    ...more,
  };
}

/** `connections` clients that open one after the other over the ramp and then stay for the duration. */
export function staying(set, { connections = set.connections, exec = 'default' } = {}) {
  // A server that does not answer costs k6 a minute per handshake: leave time for that rather than cut connections off.
  const maxDuration = `${Math.ceil((set.ramp + set.duration) / 1000) + 90}s`;
  return { executor: 'per-vu-iterations', vus: connections, iterations: 1, maxDuration, exec, gracefulStop: '5s' };
}

/** When the client of this number (from 1) connects: milliseconds after the start. */
export function turn(set, number) {
  return Math.floor((set.ramp * ((number - 1) % set.connections)) / set.connections);
}

export const summaryTrendStats = ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'];

function wholeNumber(env, name, otherwise) {
  const text = env[name] || String(otherwise);
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 1_000_000) {
    throw new Error(`${name} must be a whole number from 1 to 1000000, not '${text}'.`);
  }
  return number;
}

function milliseconds(env, name, otherwise) {
  const text = env[name] || otherwise;
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (parts === null) throw new Error(`${name} must be a time such as 30s, 5m or 1h, not '${text}'.`);
  return Math.round(Number(parts[1]) * MS[parts[2] ?? 's']);
}

function socketUrl(env, name, otherwise) {
  const text = env[name] || otherwise;
  if (!/^wss?:\/\/[^/#]+[^#]*$/.test(text)) throw new Error(`${name} must begin with ws:// or wss://, not '${text}'.`);
  return text;
}

function words(env, name, otherwise) {
  const list = (env[name] || otherwise)
    .split(',')
    .map((word) => word.trim().toUpperCase())
    .filter((word) => word !== '');
  if (list.length === 0) throw new Error(`${name} must name at least one symbol, such as BTCUSDT,ETHUSDT.`);
  return list;
}
