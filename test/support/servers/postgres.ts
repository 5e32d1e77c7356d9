import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { ServerProcess, type ServerKind } from './server-process';

const POSTGRES: ServerKind = {
  program: 'postgres',
  debianPackage: 'postgresql',
  image: 'postgres:15',
  // Debian keeps each version in a directory of its own, and none of them in PATH.
  directories: [18, 17, 16, 15, 14, 13].map((version) => `/usr/lib/postgresql/${version}/bin`),
  user: 'postgres',
  manyProcesses: true,
  ports: 1,
  prepare: {
    program: 'initdb',
    args: (directory) => ['-D', directory, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
  },
  args({ ports: [port], bind, directory, local }) {
    const options = {
      port: String(port),
      listen_addresses: bind,
      unix_socket_directories: '',
      shared_buffers: '16MB',
      max_connections: '60',
      // A power failure is none of the faults here, a crash of the server is.
      fsync: 'off',
    };
    return [
      ...(local ? ['-D', directory] : []),
      ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
  },
  env: ({ local }) => (local ? {} : { POSTGRES_HOST_AUTH_METHOD: 'trust' }),
  // Once more after an image has prepared itself, but only then on the port that is published.
  ready: /ready to accept connections/,
  // SIGTERM would wait until the last client has gone.
  ending: 'SIGINT',
};

/** A PostgreSQL that nobody else uses and that may be killed. What was committed outlives that. */
export class PostgresServer {
  private constructor(readonly process: ServerProcess) {}

  static async start(): Promise<PostgresServer> {
    return new PostgresServer(await ServerProcess.start(POSTGRES));
  }

  get url(): string {
    return urlOf(this.process.port);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** @param port of a server, or of a proxy before it */
export function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

/** A PostgreSQL to be used with care: it may be somebody's. Everything is in a schema of its own, which the address leads to. */
export interface SharedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** The PostgreSQL at `DATABASE_URL` when that is set, else one of our own. */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const given = process.env['DATABASE_URL'] ?? '';
  const server = given === '' ? await PostgresServer.start() : undefined;
  const url = server?.url ?? given;
  const { url: own, drop } = await schemaIn(url);
  return {
    url: own,
    stop: async () => {
      await drop();
      await server?.stop();
    },
  };
}

/** A schema of its own in this database, empty. */
export async function schemaIn(url: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const schema = `tapecast_test_${randomUUID().replaceAll('-', '')}`;
  await statement(url, `create schema ${schema}`);
  const own = new URL(url);
  own.searchParams.set('options', `-c search_path=${schema}`);
  return { url: own.href, drop: () => statement(url, `drop schema ${schema} cascade`) };
}

/** Executes one statement on a connection of its own. */
export async function statement(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
