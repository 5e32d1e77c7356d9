import { Socket } from 'node:net';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import type { OpenDatabase } from '../engine';
import type { Tables } from '../tables';

export interface ConnectionsOptions {
  readonly url: string;
  readonly most: number;
  /** How long the server may work on one statement, ms. */
  readonly statementMs: number;
}

/** Time to connect, or to get a connection of those that are busy. */
const CONNECT_MS = 3000;
/** How much later than the server's own limit an answer may come before the server counts as lost. */
const ANSWER_MS = 500;
/** What a replica that froze within a transaction has locked is free again after so long. */
const IDLE_TRANSACTION_MS = 15_000;
/** An unused connection is closed, before anything in between forgets it. */
const UNUSED_MS = 10_000;
/** How long a close waits for what is being answered. */
const CLOSE_MS = 1000;

/** A few connections to one server. They open when they are needed. */
export class PostgresConnections implements OpenDatabase {
  readonly db: Kysely<Tables>;
  private readonly pool: Pool;
  private readonly sockets = new Set<Socket>();
  private ended: Promise<void> | undefined;

  /** @param doubt an unused connection broke: the server may be gone */
  constructor({ url, most, statementMs }: ConnectionsOptions, doubt: () => void) {
    this.pool = new Pool({
      connectionString: url,
      application_name: 'tapecast',
      max: most,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: UNUSED_MS,
      statement_timeout: statementMs,
      query_timeout: statementMs + ANSWER_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      keepAlive: true,
      stream: () => this.socket(),
    });
    this.pool.on('error', doubt);
    // While a connection is in use the pool does not listen to it, and Node ends a process for an error that nobody hears.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    this.db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.pool }) });
  }

  async close(): Promise<void> {
    const patience = setTimeout(() => this.destroySockets(), CLOSE_MS);
    await this.end();
    clearTimeout(patience);
  }

  async cut(): Promise<void> {
    this.destroySockets();
    await this.end();
  }

  private end(): Promise<void> {
    this.ended ??= this.pool.end();
    return this.ended;
  }

  /** A server that does not answer would let a polite end wait for ever. */
  private destroySockets(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private socket(): Socket {
    const socket = new Socket();
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  }
}
