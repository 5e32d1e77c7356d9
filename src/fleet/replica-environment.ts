/** Every setting of a gateway; the test holds this to what the gateway declares. */
const SETTINGS = [
  'ALLOWED_ORIGINS',
  'BRAND',
  'BYBIT_MARKETS',
  'BYBIT_PING_INTERVAL',
  'BYBIT_PING_TIMEOUT',
  'BYBIT_RECONNECT_DELAY_INITIAL',
  'BYBIT_RECONNECT_DELAY_MAX',
  'BYBIT_RECONNECT_DELAY_MULTIPLIER',
  'BYBIT_REST_URL',
  'BYBIT_TESTNET',
  'BYBIT_WS_URL',
  'CLIENT_IDLE_TIMEOUT',
  'CLIENT_PING_INTERVAL',
  'CLIENT_QUEUE_BYTES',
  'COMPRESSION',
  'CONFORMANCE_ECHO',
  'DEBUG',
  'ENVIRONMENT',
  'FANOUT_CALLBACK_TIMEOUT',
  'FANOUT_FLUSH_MS',
  'HISTORY_SIZE',
  'HISTORY_TTL',
  'HOST',
  'LOG_JSON',
  'LOG_LEVEL',
  'MAX_CLIENTS_TOTAL',
  'MAX_CONNECTIONS_PER_IP',
  'MAX_HANDSHAKES_PER_SECOND',
  'MAX_MESSAGE_RATE_PER_CLIENT',
  'MAX_PAYLOAD_BYTES',
  'MAX_SUBSCRIPTIONS_PER_CLIENT',
  'METRICS_PORT',
  'PORT',
  'REDIS_CLUSTER_NODES',
  'REDIS_KEY_PREFIX',
  'REDIS_MAX_CONNECTIONS',
  'REDIS_URL',
  'SHUTDOWN_DRAIN_MS',
  'SUBSCRIBE_TIMEOUT_MS',
  'TRUST_PROXY',
  'UPSTREAM_LINGER',
  'UPSTREAM_SILENCE_TIMEOUT',
  'WORKERS',
] as const;

/**
 * What a replica is started with over the environment of whoever starts the fleet: `set`, and every other setting empty, which counts
 * as unset and wins over `.env`. What is exported for a gateway, such as the nodes of a Redis Cluster, would not fit a fleet.
 */
export function replicaEnvironment(set: Readonly<Partial<Record<(typeof SETTINGS)[number], string>>>): Record<string, string> {
  return { ...Object.fromEntries(SETTINGS.map((name) => [name, ''])), ...set };
}
