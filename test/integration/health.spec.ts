/** The HTTP answers of a whole gateway, against the simulated exchange. */
import { WebSocket } from 'ws';
import { startGateway, type RunningGateway } from '../../src/application';
import { SettingsModule } from '../../src/config/config.module';
import { Settings } from '../../src/config/settings';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';

let exchange: SimulatedExchange;
let gateway: RunningGateway;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  exchange = await SimulatedExchange.start({ manual: true });
  gateway = await startGateway(
    SettingsModule.of(
      Object.assign(new Settings(), {
        host: '127.0.0.1',
        port: 0,
        metricsPort: 0,
        logLevel: 'silent',
        bybitWsUrl: exchange.wsUrl,
        bybitRestUrl: exchange.restUrl,
        // Long enough that an exchange that is away for a moment has not refused five tries, which would stop them for a minute.
        bybitReconnectDelayInitial: 0.5,
        maxClientsTotal: 2,
      }),
    ),
  );
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await gateway.stop();
  await exchange.stop();
});

async function get(path: string) {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
  return { status: answer.status, body: await answer.json() };
}

/** A client that answers with the first frame, past or future, that fits. */
async function connect() {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`);
  sockets.push(socket);
  const frames: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Record<string, unknown>);
    for (const look of waiting.splice(0)) look();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const first = (fits: (frame: Record<string, unknown>) => boolean): Promise<unknown> =>
    new Promise((resolve) => {
      const look = () => {
        const frame = frames.find(fits);
        if (frame) resolve(frame);
        else waiting.push(look);
      };
      look();
    });
  return { send: (request: object) => socket.send(JSON.stringify(request)), first };
}

const statusIs = (state: string) => (frame: Record<string, unknown>) => frame['op'] === 'status' && frame['state'] === state;

it('health is 200 while idle, 200 while data flows, 503 while the exchange is away, and 200 when it is back', async () => {
  expect(await get('/health')).toMatchObject({
    status: 200,
    body: {
      status: 'ok',
      connections: 0,
      info: { upstream: { markets: { futures: { state: 'idle' }, spot: { state: 'idle' } } } },
    },
  });

  const client = await connect();
  client.send({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
  await client.first(({ stream }) => stream === 'mudrex.futures.ticker.BTCUSDT');
  expect(await get('/health')).toMatchObject({
    status: 200,
    body: {
      status: 'ok',
      redis: 'not configured',
      pubsub_listener: 'ok',
      connections: 1,
      info: { upstream: { markets: { futures: { state: 'live', connected: true, subscribed_topics: 1 } } } },
    },
  });

  exchange.faults.refuseUpgrades(503);
  exchange.faults.drop();
  await client.first(statusIs('stale'));
  expect(await get('/health')).toMatchObject({
    status: 503,
    body: {
      status: 'error',
      error: { upstream: { status: 'down', markets: { futures: { status: 'down', connected: false }, spot: { status: 'up' } } } },
    },
  });
  expect(await get('/live')).toMatchObject({ status: 200 });

  exchange.faults.allowUpgrades();
  await client.first(statusIs('live'));
  expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
});

it('statistics tell what is so', async () => {
  const client = await connect();
  await connect();
  client.send({ op: 'subscribe', args: ['ticker:BTCUSDT', 'trade:BTCUSDT', 'spot/ticker:ETHUSDT'] });
  await client.first(({ stream }) => stream === 'mudrex.futures.ticker.BTCUSDT');
  await client.first(({ stream }) => stream === 'mudrex.spot.ticker.ETHUSDT');
  expect((await get('/stats')).body).toMatchObject({
    connections: { active_connections: 2, total_connections_lifetime: 2, avg_subscriptions_per_client: 1.5, max_limit: 2 },
    upstream: {
      running: true,
      clients: {
        linear: { connected: true, category: 'linear', subscribed_count: 2, reconnect_count: 0 },
        spot: { connected: true, category: 'spot', subscribed_count: 1, reconnect_count: 0 },
        inverse: { connected: false, subscribed_count: 0, messages_received: 0, last_message_ago: null },
      },
    },
    pubsub: { total_subscriptions: 3, active_channels: 3 },
  });
});

it('is ready until it is full', async () => {
  expect(await get('/ready')).toEqual({ status: 200, body: { ok: true } });
  await connect();
  await connect();
  expect(await get('/ready')).toEqual({ status: 503, body: { ok: false, reason: 'full' } });
});
