/** Nothing is called live, healthy or a fresh state that is none: what clients and monitors are told while the exchange is sick. */
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { GatewayProcess } from '../support/gateway-process';
import { Ledger } from '../support/ledger';
import { TestClient, type Frame } from '../support/test-client';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';
const DEAD = 'mudrex.futures.orderbook.50.ETHUSDT';

let exchange: SimulatedExchange;
let gateway: GatewayProcess;
const clients: TestClient[] = [];

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  exchange = await SimulatedExchange.start({ manual: true });
  gateway = await GatewayProcess.start({
    BYBIT_WS_URL: exchange.wsUrl,
    BYBIT_REST_URL: exchange.restUrl,
    BYBIT_RECONNECT_DELAY_INITIAL: '0.05',
    BYBIT_RECONNECT_DELAY_MAX: '0.2',
    UPSTREAM_LINGER: '0',
    ...env,
  });
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.ws.terminate();
  await gateway.stop();
  await exchange.stop();
});

/** A client that has the first snapshots of these streams. */
async function listening(args: string[], streams: string[]): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url);
  clients.push(client);
  await client.request({ op: 'subscribe', args });
  for (const stream of streams) await client.nextWhere((frame) => frame.stream === stream && frame.type === 'snapshot');
  return client;
}

const isStatus = (subject: string, state: string) => (frame: Frame) =>
  frame.op === 'status' && (frame['market'] === subject || frame.stream === subject) && frame['state'] === state;

test('while the exchange accepts connections and delivers nothing, nobody is told that it is live', async () => {
  await start({ UPSTREAM_SILENCE_TIMEOUT: '1' });
  const client = await listening(['ticker:BTCUSDT', 'orderbook:50:BTCUSDT', 'kline:1m:BTCUSDT'], [TICKER, BOOK]);
  exchange.faults.silence({ lasting: true });
  for (let i = 0; i < 2; i++) {
    await client.nextWhere(isStatus('futures', 'stale'));
    await client.nextWhere(isStatus('futures', 'resyncing'));
  }
  await client.nextWhere(isStatus('futures', 'stale'));
  expect((await gateway.get('/health')).status).toBe(503);
  expect(client.frames.filter(isStatus('futures', 'live'))).toEqual([]);
  exchange.faults.clear();
  exchange.faults.drop();
  await client.nextWhere((frame) => frame.stream === BOOK && frame.type === 'snapshot');
  await client.nextWhere(isStatus('futures', 'live'));
  expect((await gateway.get('/health')).status).toBe(200);
});

test('a book that stays dead after a reconnect is told as resyncing, nobody gets the old one, and the market is live', async () => {
  await start();
  const args = ['orderbook:50:ETHUSDT', 'ticker:BTCUSDT'];
  const client = await listening(args, [DEAD, TICKER]);
  exchange.faults.stallTopic('linear', 'orderbook.50.ETHUSDT');
  exchange.faults.drop();
  await client.nextWhere(isStatus('futures', 'stale'));
  await client.nextWhere(isStatus('futures', 'resyncing'));
  const dead = await client.nextWhere(isStatus(DEAD, 'resyncing'));
  const live = await client.nextWhere(isStatus('futures', 'live'));
  expect(Number(dead['since'])).toBeLessThanOrEqual(Number(live['since']));

  const late = await listening(args, [TICKER]);
  expect((await late.said()).filter(({ stream, type }) => stream === DEAD && type !== undefined)).toEqual([]);

  exchange.faults.clear();
  const ledger = new Ledger();
  ledger.enter(await client.nextWhere((frame) => frame.stream === DEAD && frame.type === 'snapshot'));
  await client.nextWhere(isStatus(DEAD, 'live'));
  exchange.stir('linear', 'orderbook.50.ETHUSDT');
  ledger.enter(await client.nextWhere((frame) => frame.stream === DEAD && frame.type === 'delta'));
});
