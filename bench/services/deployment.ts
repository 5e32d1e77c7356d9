import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { GatewayProcess } from '../../test/support/gateway-process';
import { PostgresServer } from '../../test/support/servers/postgres';
import { RabbitServer } from '../../test/support/servers/rabbitmq';
import { Helper } from '../fanout/helper';
import type { Cores } from './cores';
import type { ExchangeRequest } from './exchange';

/** What the gateway says of a part that serves services. */
interface PartHealth {
  readonly status: 'up' | 'down';
  readonly [field: string]: unknown;
}

export const PARTS = ['store', 'broker', 'account', 'account_events'] as const;
export type Part = (typeof PARTS)[number];

export interface ServicesHealth {
  readonly httpStatus: number;
  readonly parts: Readonly<Record<Part, PartHealth>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Bounds what a broker that was killed has to read again when it starts; a gateway's own default is five times that. */
const QUEUE_MAX_LENGTH = '20000';

/** A gateway as it is deployed, with its usual settings, a PostgreSQL and a RabbitMQ of its own, and the exchange in two processes. */
export class Deployment {
  gateway!: GatewayProcess;
  readonly key = 'key-of-the-benchmark';

  private constructor(
    readonly market: Helper<ExchangeRequest>,
    readonly account: Helper<ExchangeRequest>,
    readonly postgres: PostgresServer,
    readonly rabbit: RabbitServer,
    private readonly env: Readonly<Record<string, string>>,
    private readonly cores: Cores | undefined,
  ) {}

  /** @param rate of frames of the market in a second @param cores when the gateway is to have one for itself */
  static async start(rate: number, cores: Cores | undefined): Promise<Deployment> {
    const market = Helper.start<ExchangeRequest>('../services/exchange');
    const account = Helper.start<ExchangeRequest>('../services/exchange');
    const port = await market.ask<number>({ start: { rate } });
    const accountPort = await account.ask<number>({ start: { rate: 0 } });
    const postgres = await PostgresServer.start();
    const rabbit = await RabbitServer.start();
    const env = {
      BYBIT_WS_URL: `ws://127.0.0.1:${port}`,
      BYBIT_REST_URL: `http://127.0.0.1:${port}`,
      BYBIT_PRIVATE_WS_URL: `ws://127.0.0.1:${accountPort}`,
      BYBIT_PRIVATE_REST_URL: `http://127.0.0.1:${accountPort}`,
      BYBIT_API_KEY: 'test-key',
      BYBIT_API_SECRET: 'test-secret',
      API_KEYS: `bench:${createHash('sha256').update('key-of-the-benchmark').digest('hex')}`,
      DATABASE_URL: postgres.url,
      AMQP_URL: rabbit.url,
      QUEUE_MAX_LENGTH,
    };
    const deployment = new Deployment(market, account, postgres, rabbit, env, cores);
    await deployment.startGateway();
    await deployment.gateway.logged(({ msg }) => msg === 'the database is available');
    await deployment.gateway.logged(({ msg }) => msg === 'events are sent');
    return deployment;
  }

  /** Resolves when it takes clients. */
  async startGateway(): Promise<void> {
    this.gateway = await GatewayProcess.start(this.env);
    this.cores?.give(this.gateway.child.pid ?? -1);
  }

  /** Resolves when the process is gone. */
  async killGateway(): Promise<void> {
    const gone = once(this.gateway.child, 'exit');
    this.gateway.child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    this.market.stop();
    this.account.stop();
    await this.rabbit.stop();
    await this.postgres.stop();
  }

  async call(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${this.gateway.port}/api/v1${path}`, {
      method,
      headers: { 'X-API-Key': this.key, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  }

  /** Throws an error when a service is refused what it asks for; what it has already is fine. */
  async subscribe(service: string, fields: object): Promise<void> {
    const { status, body } = await this.call('POST', '/subscriptions', { requesting_service: service, ...fields });
    if (status !== 201 && status !== 409) throw new Error(`a subscription was answered with ${status}: ${JSON.stringify(body)}`);
  }

  async health(): Promise<ServicesHealth> {
    const { status, body } = await this.gateway.get('/health');
    const { details } = body as { details: { services: ServicesHealth['parts'] } };
    return { httpStatus: status, parts: details.services };
  }
}
