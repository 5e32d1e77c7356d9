/** The metrics page of a whole gateway, compared with what its clients really got. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { startGateway, type RunningGateway } from '../../src/application';
import { SettingsModule } from '../../src/config/config.module';
import { Settings } from '../../src/config/settings';
import { MetricsServer } from '../../src/metrics/metrics-server';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { parsePage, valueOf } from '../support/prometheus-page';

const KINDS = ['ticker', 'kline', 'trade', 'orderbook', 'liquidation'];

let exchange: SimulatedExchange;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  exchange = await SimulatedExchange.start({ manual: true });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await exchange.stop();
});

async function start(differences: Partial<Settings> = {}): Promise<RunningGateway> {
  const { wsUrl: bybitWsUrl, restUrl: bybitRestUrl } = exchange;
  const settings = { host: '127.0.0.1', port: 0, metricsPort: 0, logLevel: 'silent', bybitWsUrl, bybitRestUrl, ...differences };
  const gateway = await startGateway(SettingsModule.of(Object.assign(new Settings(), settings)));
  cleanups.push(() => gateway.stop());
  return gateway;
}

/** Counts what it gets by kind of stream; what has no stream is `control`. */
class CountingClient {
  readonly counts: Record<string, number> = {};
  private readonly waiting = new Map<string, () => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const { op, stream } = JSON.parse(data.toString()) as { op?: string; stream?: string };
      const kind = op === undefined ? (stream?.split('.')[2] ?? 'nameless') : 'control';
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      this.waiting.get(op ?? kind)?.();
    });
  }

  static async open(port: number): Promise<CountingClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const client = new CountingClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Resolves with the next message of this kind or operation. */
  next(what: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(what, resolve));
  }

  send(request: object | string): void {
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  close(code: number): void {
    this.socket.close(code);
  }
}

it('counts exactly the messages that clients received, and what they sent', async () => {
  const gateway = await start();
  const metrics = async () =>
    parsePage(await (await fetch(`http://127.0.0.1:${gateway.app.get(MetricsServer).port}/metrics`)).text());
  const clients = await Promise.all([1, 2, 3].map(() => CountingClient.open(gateway.port)));
  const topics = ['tickers.BTCUSDT', 'kline.1.BTCUSDT', 'publicTrade.BTCUSDT', 'orderbook.50.BTCUSDT'];
  for (const client of clients) {
    const replied = client.next('subscribe');
    client.send({ op: 'subscribe', args: ['ticker:BTCUSDT', 'kline:1m:BTCUSDT', 'trade:BTCUSDT', 'orderbook:50:BTCUSDT'] });
    await replied;
  }
  await Promise.all(topics.map((topic) => exchange.whenSubscribed('linear', topic)));
  for (let round = 0; round < 20; round++) for (const topic of topics) exchange.stir('linear', topic);

  // One connection carries all topics in order: after this liquidation nothing more is on its way.
  for (const client of clients) {
    const replied = client.next('subscribe');
    client.send({ op: 'subscribe', args: ['liquidation:BTCUSDT'] });
    await replied;
  }
  await exchange.whenSubscribed('linear', 'allLiquidation.BTCUSDT');
  const last = clients.map((client) => client.next('liquidation'));
  exchange.push('linear', 'allLiquidation.BTCUSDT', {
    topic: 'allLiquidation.BTCUSDT',
    type: 'snapshot',
    ts: exchange.now(),
    data: [{ T: exchange.now(), s: 'BTCUSDT', S: 'Buy', v: '0.003', p: '60000.10' }],
  });
  await Promise.all(last);

  const page = await metrics();
  for (const kind of [...KINDS, 'control']) {
    const received = clients.reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0);
    expect([kind, received > 0]).toEqual([kind, true]);
    expect([kind, valueOf(page, 'websocket_messages_sent_total', { kind })]).toEqual([kind, received]);
  }
  expect(valueOf(page, 'websocket_messages_received_total', { op: 'subscribe' })).toBe(6);
  expect(valueOf(page, 'websocket_connections_active')).toBe(3);
  expect(KINDS.map((kind) => valueOf(page, 'websocket_subscriptions', { kind }))).toEqual([3, 3, 3, 3, 3]);
  expect(valueOf(page, 'pubsub_channels')).toBe(5);
  expect(valueOf(page, 'upstream_connected', { market: 'futures' })).toBe(1);
  expect(valueOf(page, 'upstream_messages_total', { market: 'futures', kind: 'liquidation' })).toBe(1);
  expect(valueOf(page, 'websocket_message_latency_seconds_count', { stage: 'received_to_written' })).toBeGreaterThan(0);
});

it('counts errors, rate breaches and closes', async () => {
  const gateway = await start({ maxMessageRatePerClient: 5 });
  const accepted = once(gateway.app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
  const client = await CountingClient.open(gateway.port);
  const [connection] = await accepted;
  const replied = client.next('error');
  client.send('not JSON');
  await replied;
  const warned = client.next('error');
  for (let i = 0; i < 40; i++) client.send({ op: 'ping' });
  await warned;
  client.close(4999);
  await once(connection, 'close');
  const answer = await fetch(`http://127.0.0.1:${gateway.app.get(MetricsServer).port}/metrics`);
  const page = parsePage(await answer.text());
  expect(valueOf(page, 'websocket_errors_total', { code: 'INVALID_JSON' })).toBe(1);
  expect(valueOf(page, 'websocket_errors_total', { code: 'RATE_LIMIT_EXCEEDED' })).toBe(1);
  expect(valueOf(page, 'websocket_rate_limit_violations_total')).toBeGreaterThan(20);
  expect(valueOf(page, 'websocket_connections_closed_total', { code: 'other' })).toBe(1);
  expect(valueOf(page, 'websocket_connections_active')).toBe(0);
  expect(valueOf(page, 'websocket_connections_established_total')).toBe(1);
});

it('does not start when its metrics port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  cleanups.push(() => new Promise((resolve) => taken.close(resolve)));
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(start({ metricsPort: port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining(`METRICS_PORT: cannot listen on 127.0.0.1 port ${port}`) as string,
  });
});
