import type { RedisOptions } from 'ioredis';

/** Where Redis is and how to get in. */
export interface RedisAddress {
  /** One server, or some nodes of a cluster; at least one. */
  readonly seeds: readonly HostPort[];
  readonly cluster: boolean;
  readonly access: Pick<RedisOptions, 'username' | 'password' | 'db' | 'tls'>;
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 6379;

/** @param url `redis://` or `rediss://`, with user, password and database number as usual; already checked */
export function serverAddress(url: string): RedisAddress {
  const parsed = new URL(url);
  const db = Number(parsed.pathname.slice(1));
  return { seeds: [hostPort(parsed)], cluster: false, access: { ...accessOf(parsed), ...(db > 0 ? { db } : {}) } };
}

/** @param nodes `host:port` or URLs; user, password and TLS of the first one are those of all nodes; already checked */
export function clusterAddress(nodes: readonly string[]): RedisAddress {
  const urls = nodes.map((node) => new URL(node.includes('://') ? node : `redis://${node}`));
  return { seeds: urls.map(hostPort), cluster: true, access: urls[0] ? accessOf(urls[0]) : {} };
}

function hostPort({ hostname, port }: URL): HostPort {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}

function accessOf({ protocol, username, password }: URL): RedisAddress['access'] {
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
