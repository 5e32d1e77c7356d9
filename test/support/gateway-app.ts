import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { ClientOptions } from 'ws';
import { SettingsModule } from '../../src/config/config.module';
import { LogModule, LOGGER } from '../../src/config/log.module';
import { createLogger } from '../../src/config/logger';
import { Settings } from '../../src/config/settings';
import { Deliveries } from '../../src/gateway/deliveries';
import { doorAdapterFor, GatewayModule } from '../../src/gateway/gateway.module';
import { Requests } from '../../src/gateway/requests';
import { Sessions } from '../../src/gateway/sessions';
import { Subscribing } from '../../src/gateway/subscribing';
import { InProcessPubSub } from '../../src/pubsub/in-process';
import { Publisher } from '../../src/pubsub/publisher';
import { PUBSUB } from '../../src/pubsub/pubsub.module';
import { parseStreamName } from '../../src/streams/arg';
import type { Message } from '../../src/streams/message';
import { EXCHANGE_MARKETS, streamOf, type MarketStream } from '../../src/streams/stream';
import { SymbolDirectory } from '../../src/streams/symbol-directory';
import { Hub } from '../../src/subscriptions/hub';
import { ManualClock } from './manual-clock';
import { TestClient } from './test-client';
import { unpacedFlusher } from './turns';

export const NOW = 1_704_063_600_000;

/** What stands in for the exchange: it serves what is wanted, unless told to refuse or to keep silent. */
export class ScriptedExchange {
  /** Stream names, with the exchange's words. */
  readonly refuses = new Map<string, string>();
  /** Streams that it does not answer for by itself. */
  readonly silent = new Set<string>();
  readonly asked: string[] = [];

  constructor(
    pubsub: InProcessPubSub,
    readonly publisher: Publisher,
  ) {
    pubsub.onDemand((name, wanted) => {
      const stream = parseStreamName(name);
      if (!stream || !wanted) return;
      this.asked.push(name);
      // As upstream does: what lingers is not opened anew.
      if (pubsub.streamStatus(name)) return;
      publisher.open(stream);
      const refusal = this.refuses.get(name);
      if (refusal !== undefined) publisher.status(stream, 'refused', refusal);
      else publisher.status(stream, this.silent.has(name) ? 'pending' : 'live');
    });
  }

  /** Publishes a ticker with this price. */
  price(stream: MarketStream, price: string): void {
    const message = (type: Message['type']): Message => ({
      type,
      data: { symbol: stream.symbol, price },
      timestamp: NOW,
      received: NOW + 12,
    });
    this.publisher.publish(stream, message('update'), () => message('snapshot'));
  }

  /** Publishes a frame of one trade with this id. */
  trade(stream: MarketStream, id: string): void {
    const data = [{ id, symbol: stream.symbol, price: '1', quantity: '2', side: 'buy' as const, time: NOW, isBlockTrade: false }];
    this.publisher.publish(stream, { type: 'update', data, timestamp: NOW, received: NOW + 12 }, () => undefined);
  }
}

/** The gateway without an upstream, on a port of its own, with a clock that the test owns. */
export class GatewayApp {
  readonly clients: TestClient[] = [];
  readonly slow: string[] = [];

  private constructor(
    readonly app: INestApplication,
    readonly settings: Settings,
    readonly clock: ManualClock,
    readonly pubsub: InProcessPubSub,
    readonly exchange: ScriptedExchange,
    readonly symbols: { look: SymbolDirectory['look'] },
    readonly log: Record<string, unknown>[],
  ) {}

  static async start(overrides: Partial<Settings> = {}): Promise<GatewayApp> {
    const settings = Object.assign(new Settings(), overrides);
    const clock = new ManualClock(NOW);
    const pubsub = new InProcessPubSub(settings.historySize);
    const exchange = new ScriptedExchange(pubsub, new Publisher(pubsub, settings.brand, clock, 'test'));
    const symbols: { look: SymbolDirectory['look'] } = { look: () => ({ known: true }) };
    const log: Record<string, unknown>[] = [];
    const output = { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) };

    @Global()
    @Module({
      providers: [
        {
          provide: SymbolDirectory,
          useValue: { look: (...about: Parameters<SymbolDirectory['look']>) => symbols.look(...about) },
        },
      ],
      exports: [SymbolDirectory],
    })
    class SymbolsModule {}

    let random = 0;
    const gateway: { slow?: string[] } = {};
    const sessions = new Sessions(
      clock,
      unpacedFlusher(clock.now.bind(clock), (task) => void setImmediate(task)),
      new Deliveries(),
      {
        messagesPerSecond: settings.maxMessageRatePerClient,
        queueBytes: settings.clientQueueBytes,
        idleMs: settings.clientIdleTimeout * 1000,
        pingMs: settings.clientPingInterval * 1000,
        stallMs: settings.fanoutCallbackTimeout * 1000,
        closeMs: 5000,
      },
      () => (random += 0.01),
      (session, why) => gateway.slow?.push(`${session.id} ${why}`),
    );
    const module = await Test.createTestingModule({
      imports: [SettingsModule.of(settings), LogModule, SymbolsModule, GatewayModule],
    })
      .overrideProvider(LOGGER)
      .useValue(createLogger({ debug: false, logLevel: 'info', logJson: true, environment: 'test' }, output))
      .overrideProvider(PUBSUB)
      .useValue(pubsub)
      .overrideProvider(Sessions)
      .useValue(sessions)
      .overrideProvider(Subscribing)
      .useFactory({
        factory: (hub: Hub, directory: SymbolDirectory) =>
          new Subscribing(hub, directory, clock, {
            brand: settings.brand,
            markets: new Set(EXCHANGE_MARKETS),
            maxSubscriptions: settings.maxSubscriptionsPerClient,
            timeoutMs: settings.subscribeTimeoutMs,
          }),
        inject: [Hub, SymbolDirectory],
      })
      .compile();
    const app = module.createNestApplication({ logger: false });
    app.useWebSocketAdapter(doorAdapterFor(app));
    await app.listen(0, '127.0.0.1');
    const started = new GatewayApp(app, settings, clock, pubsub, exchange, symbols, log);
    gateway.slow = started.slow;
    return started;
  }

  get port(): number {
    return (this.app.getHttpServer() as { address(): AddressInfo }).address().port;
  }

  get sessions(): Sessions {
    return this.app.get(Sessions);
  }

  get requests(): Requests {
    return this.app.get(Requests);
  }

  /** A client that is gone when the gateway has stopped. */
  async client(options?: ClientOptions): Promise<TestClient> {
    const client = await TestClient.connect(`ws://127.0.0.1:${this.port}/ws`, options);
    this.clients.push(client);
    return client;
  }

  /** The HTTP answer to an upgrade request that is refused. */
  upgrade(path: string, headers: Record<string, string> = {}): Promise<{ status: number; retryAfter?: string; body: unknown }> {
    const upgrade = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: this.port, path, headers: { ...upgrade, ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          const retryAfter = response.headers['retry-after'];
          resolve({ status: response.statusCode ?? 0, ...(retryAfter && { retryAfter }), body: JSON.parse(text) as unknown });
        });
      });
      call.on('upgrade', (_, socket) => {
        socket.destroy();
        reject(new Error('the upgrade was not refused'));
      });
      call.on('error', reject);
      call.end();
    });
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.ws.terminate();
    const drained = this.sessions.drain(0);
    this.clock.advance(0);
    await drained;
    await this.app.close();
  }
}

export const BTC = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
export const ETH = streamOf('futures', { kind: 'ticker' }, 'ETHUSDT');
export const TRADES = streamOf('futures', { kind: 'trade' }, 'BTCUSDT');
export const SPOT = streamOf('spot', { kind: 'ticker' }, 'BTCUSDT');
