import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import type { SimulatorOptions } from '../../src/simulator/simulator-options';
import { eventually } from './eventually';
import { GatewayProcess } from './gateway-process';
import { PostgresServer } from './servers/postgres';
import { RabbitServer } from './servers/rabbitmq';
import type { ServiceServers } from './service-servers';

/** The key that the gateway takes. */
export const SERVICE_KEY = 'key-of-the-test';

/** Quick to notice and to come back. */
const FAST = {
  BYBIT_PING_INTERVAL: '0.4',
  BYBIT_PING_TIMEOUT: '0.4',
  BYBIT_RECONNECT_DELAY_INITIAL: '0.05',
  BYBIT_RECONNECT_DELAY_MAX: '0.2',
  UPSTREAM_LINGER: '0',
};

export interface RigOptions {
  /** Real PostgreSQL; embedded otherwise. */
  readonly postgres?: boolean;
  /** Real RabbitMQ; none otherwise. */
  readonly rabbit?: boolean;
  /** Whose PostgreSQL and RabbitMQ these are, emptied first; the rig's own otherwise. */
  readonly servers?: ServiceServers;
  /** Follows the simulated exchange's account. */
  readonly account?: boolean;
  readonly exchange?: Partial<SimulatorOptions>;
  readonly env?: Readonly<Record<string, string>>;
}

/** An event as a service reads it. */
export interface ServiceEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly topic: string;
  readonly timestamp: string;
  readonly received_at: string;
  readonly payload: {
    readonly type: string;
    readonly seq: number;
    readonly epoch: string;
    /** Not of a gap. */
    readonly data?: Record<string, unknown>;
  };
  readonly trace_id: string;
}

/** A gateway with what back-end services need, as they would run it: real servers, the simulated exchange with its account. */
export class ServicesRig {
  gateway!: GatewayProcess;

  private constructor(
    readonly exchange: SimulatedExchange,
    readonly postgres: PostgresServer | undefined,
    readonly rabbit: RabbitServer | undefined,
    private readonly servers: ServiceServers | undefined,
    private readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start({ postgres, rabbit, servers, account, exchange, env = {} }: RigOptions = {}): Promise<ServicesRig> {
    const simulated = await SimulatedExchange.start({ manual: true, ...exchange });
    await servers?.empty();
    const [database, broker] = servers
      ? [postgres ? servers.postgres : undefined, rabbit ? servers.rabbit : undefined]
      : await Promise.all([postgres ? PostgresServer.start() : undefined, rabbit ? RabbitServer.start() : undefined]);
    const dataDir = await mkdtemp(join(tmpdir(), 'tapecast-data-'));
    const rig = new ServicesRig(simulated, database, broker, servers, dataDir, {
      ...FAST,
      BYBIT_WS_URL: simulated.wsUrl,
      BYBIT_REST_URL: simulated.restUrl,
      API_KEYS: `test:${createHash('sha256').update(SERVICE_KEY).digest('hex')}`,
      DATA_DIR: dataDir,
      ...(database && { DATABASE_URL: database.url }),
      ...(broker && { AMQP_URL: broker.url }),
      ...(account && { BYBIT_API_KEY: 'test-key', BYBIT_API_SECRET: 'test-secret' }),
      ...env,
    });
    await rig.startGateway();
    return rig;
  }

  /** A gateway with the same settings, beside one that may still run. Resolves when its database and its broker can be reached. */
  async startGateway(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({ ...this.env, ...env });
    this.gateway = gateway;
    const all = { ...this.env, ...env };
    if (all['API_KEYS'] !== '') await gateway.logged(({ msg }) => msg === 'the database is available');
    if (all['AMQP_URL']) await gateway.logged(({ msg }) => msg === 'events are sent');
    return gateway;
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.exchange.stop();
    if (!this.servers) await Promise.all([this.rabbit?.stop(), this.postgres?.stop()]);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async call(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
    if (body && 'requesting_service' in body) this.servers?.services.add(String(body.requesting_service));
    const answer = await fetch(`http://127.0.0.1:${this.gateway.port}/api/v1${path}`, {
      method,
      headers: { 'X-API-Key': SERVICE_KEY, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** Asks again until the answer has this status: for a part that is on its way back. */
  async callUntil(status: number, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    let answer = await this.call(method, path, body);
    await eventually(async () => answer.status === status || (answer = await this.call(method, path, body)).status === status);
    return answer.body;
  }

  async subscribe(service: string, fields: object): Promise<string> {
    const { id } = await this.callUntil(201, 'POST', '/subscriptions', { requesting_service: service, ...fields });
    return id as string;
  }

  /** The part of `/health` about services. */
  /** @returns `down`: what it is 503 for */
  async health(): Promise<{ status: number; services: Record<string, Record<string, unknown>>; down: string[] }> {
    const { status, body } = await this.gateway.get('/health');
    const { details, error } = body as { details: { services: Record<string, Record<string, unknown>> }; error: object };
    return { status, services: details.services, down: Object.keys(error) };
  }

  /** Looks at the health until it is so. */
  async healthUntil(holds: (health: Awaited<ReturnType<ServicesRig['health']>>) => boolean): Promise<void> {
    await eventually(async () => holds(await this.health()));
  }

  consumer(queue: string): Promise<QueueConsumer> {
    return QueueConsumer.open(this.rabbit?.url ?? '', queue);
  }
}

/** Reads one queue and acknowledges what it has read. Connects again when the broker comes back. */
export class QueueConsumer {
  readonly events: ServiceEvent[] = [];
  /** For who wants to hear of each, and to keep none. */
  onEvent: ((event: ServiceEvent) => void) | undefined;
  private readonly waiting: { readonly holds: (events: readonly ServiceEvent[]) => boolean; readonly resolve: () => void }[] = [];
  private model: ChannelModel | undefined;
  private closed = false;

  private constructor(
    private readonly url: string,
    private readonly queue: string,
    private readonly pauseMs: number,
  ) {}

  /** @param pauseMs between tries to reach the broker: without any, a core is kept busy with it */
  static async open(url: string, queue: string, pauseMs = 5): Promise<QueueConsumer> {
    const consumer = new QueueConsumer(url, queue, pauseMs);
    // The queue of a service comes a moment after its subscription.
    await consumer.again();
    return consumer;
  }

  /** Resolves when what has been read is such. */
  until(holds: (events: readonly ServiceEvent[]) => boolean): Promise<void> {
    if (holds(this.events)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ holds, resolve }));
  }

  /** Each event once, by when it came first. */
  get once(): ServiceEvent[] {
    return [...new Map(this.events.map((event) => [event.event_id, event])).values()];
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.model?.close().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const model = await connect(this.url);
    this.model = model;
    model.on('error', () => undefined);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    await this.consume(channel);
    model.on('close', () => void this.again());
  }

  private async consume(channel: Channel): Promise<void> {
    await channel.consume(this.queue, (message) => {
      if (!message) return;
      const event = JSON.parse(message.content.toString()) as ServiceEvent;
      if (message.properties.messageId !== event.event_id) throw new Error('the id of a message is not that of its event');
      channel.ack(message);
      if (this.onEvent) {
        this.onEvent(event);
        return;
      }
      this.events.push(event);
      for (const wait of this.waiting.splice(0)) {
        if (wait.holds(this.events)) wait.resolve();
        else this.waiting.push(wait);
      }
    });
  }

  private async again(): Promise<void> {
    while (!this.closed) {
      try {
        await this.connect();
        return;
      } catch {
        await this.model?.close().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
      }
    }
  }
}
