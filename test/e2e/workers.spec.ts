import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { TestClient, type Frame } from '../support/test-client';

const STREAM = 'mudrex.futures.trade.BTCUSDT';
const ARGS = ['trade:BTCUSDT', 'ticker:BTCUSDT'];

let exchange: SimulatedExchange;
let gateway: GatewayProcess;
let clients: TestClient[];

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  gateway = await GatewayProcess.start({
    BYBIT_WS_URL: exchange.wsUrl,
    BYBIT_REST_URL: exchange.restUrl,
    WORKERS: '2',
    ...env,
  });
}

/** Clients one after the other: connections are dealt to the workers in turn. */
async function connect(count: number): Promise<TestClient[]> {
  const come: TestClient[] = [];
  for (let i = 0; i < count; i++) come.push(await TestClient.connect(gateway.url));
  clients.push(...come);
  return come;
}

function workerPids(): number[] {
  return gateway.log.filter(({ msg }) => msg === 'a worker takes clients').map((line) => Number(line['workerPid']));
}

function isTrade({ stream, type }: Frame): boolean {
  return stream === STREAM && type !== undefined;
}

/** Lets a trade happen. */
async function trade(): Promise<void> {
  await exchange.whenSubscribed('linear', 'publicTrade.BTCUSDT');
  exchange.stir('linear', 'publicTrade.BTCUSDT');
}

beforeEach(async () => {
  clients = [];
  exchange = await SimulatedExchange.start({ manual: true });
});

afterEach(async () => {
  for (const { ws } of clients) ws.terminate();
  if (gateway.child.signalCode === null) await gateway.stop();
  await exchange.stop();
});

describe('WORKERS=2', () => {
  it('serves clients of both processes the same messages under the same numbers, over one connection to the exchange', async () => {
    await start();
    const all = await connect(4);
    for (const client of all) await client.request({ op: 'subscribe', args: ARGS });
    for (let i = 0; i < 5; i++) await trade();
    const heard = await Promise.all(
      all.map(async (client) => {
        const frames: Frame[] = [];
        for (let i = 0; i < 5; i++) frames.push(await client.nextWhere(isTrade));
        return frames;
      }),
    );
    for (const frames of heard) expect(frames).toEqual(heard[0]);
    expect(heard[0]?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(exchange.connections).toHaveLength(1);
  });

  it('lets a client go on at the other process where it was, and begin there with a snapshot', async () => {
    await start();
    const [here, there] = (await connect(2)) as [TestClient, TestClient];
    const { streams } = await here.request({ op: 'subscribe', args: ARGS });
    const [{ epoch }] = streams as [{ epoch: string }];
    await trade();
    const { seq } = await here.nextWhere(isTrade);
    await trade();
    await trade();
    await here.nextWhere((frame) => isTrade(frame) && frame.seq === 3);
    const position = { epoch, seq };
    await there.request({ op: 'subscribe', args: ARGS, resume: { [STREAM]: position } });
    expect((await there.nextWhere(isTrade)).seq).toBe(2);
    expect((await there.nextWhere(isTrade)).seq).toBe(3);
    expect((await there.nextWhere(({ stream }) => stream === 'mudrex.futures.ticker.BTCUSDT')).type).toBe('snapshot');
  });

  it('replaces a worker that is killed: its clients are cut off, the others notice nothing', async () => {
    await start();
    const all = await connect(6);
    for (const client of all) await client.request({ op: 'subscribe', args: ARGS });
    await trade();
    for (const client of all) await client.nextWhere(isTrade);
    const [victim] = workerPids() as [number];
    const gone = new Set<TestClient>();
    for (const client of all) void client.closed.then(() => gone.add(client));
    process.kill(victim, 'SIGKILL');
    await gateway.logged(({ msg, why }) => msg === 'a worker has ended and is replaced' && why === 'SIGKILL');
    await eventually(() => gone.size === 3);
    await eventually(() => workerPids().length === 3);
    await trade();
    for (const client of all) if (!gone.has(client)) expect((await client.nextWhere(isTrade)).seq).toBe(2);
    const again = await connect(4);
    for (const client of again) await client.request({ op: 'subscribe', args: ARGS });
    await trade();
    for (const client of again) expect((await client.nextWhere(isTrade)).seq).toBe(3);
    expect(gone.size).toBe(3);
  });

  it('adds up health, stats and metrics, whichever process is asked', async () => {
    await start({ MAX_CLIENTS_TOTAL: '7' });
    const all = await connect(5);
    for (const client of all) await client.request({ op: 'subscribe', args: ARGS });
    await trade();
    for (const client of all) await client.nextWhere(isTrade);
    for (let turn = 0; turn < 2; turn++) {
      expect(await gateway.get('/health')).toMatchObject({
        status: 200,
        body: { connections: 5, details: { workers: { status: 'up', running: 2, silent: [] } } },
      });
      expect(await gateway.get('/stats')).toMatchObject({
        status: 200,
        body: {
          connections: { active_connections: 5, total_connections_lifetime: 5, avg_subscriptions_per_client: 2, max_limit: 7 },
          upstream: { running: true, clients: { linear: { connected: true, subscribed_count: 2 } } },
          pubsub: { total_subscriptions: 10, active_channels: 2 },
          workers: { running: 2, silent: [] },
        },
      });
      expect((await gateway.get('/ready')).status).toBe(200);
    }
    const page = await gateway.metrics();
    for (const line of [
      'websocket_connections_active 5',
      'websocket_connections_established_total 5',
      'websocket_subscriptions{kind="trade"} 5',
      'websocket_messages_sent_total{kind="trade"} 5',
      'pubsub_channels 2',
      'upstream_subscribed_topics{market="futures"} 2',
      'workers_running 2',
      'workers_silenced_total 0',
      'worker_frames_dropped_total 0',
    ]) {
      expect(page.split('\n')).toContain(line);
    }
    expect(page.match(/^websocket_connections_active /gm)).toHaveLength(1);
  });

  it('names a worker that does not answer and tells what the others count', async () => {
    await start();
    await connect(2);
    const [frozen] = workerPids() as [number];
    process.kill(frozen, 'SIGSTOP');
    try {
      const page = await gateway.metrics();
      expect(page).toMatch(/^worker_silent\{worker="[12]"\} 1$/m);
      expect(page.split('\n')).toContain('websocket_connections_active 1');
    } finally {
      process.kill(frozen, 'SIGCONT');
    }
  });

  it('refuses a symbol that is not traded and names the nearest, from the one list that the primary has fetched', async () => {
    await start();
    await gateway.logged(({ msg, market }) => msg === 'symbols loaded' && market === 'futures');
    for (const client of await connect(2)) {
      const rejected = async () => (await client.request({ op: 'subscribe', args: ['ticker:BTCUSD1'] }))['rejected'];
      await eventually(async () => JSON.stringify(await rejected()).includes('BTCUSDT'));
      expect(await rejected()).toMatchObject([{ arg: 'ticker:BTCUSD1' }]);
    }
  });

  it('sends all clients away on SIGTERM, each with its own time to come back, and exits with 0', async () => {
    await start();
    const all = await connect(6);
    expect(await gateway.stop()).toBe(0);
    const ends = await Promise.all(all.map(({ closed }) => closed));
    expect(ends.map(({ code }) => code)).toEqual([1001, 1001, 1001, 1001, 1001, 1001]);
    expect(new Set(ends.map(({ reason }) => reason)).size).toBeGreaterThan(1);
    for (const pid of workerPids()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(gateway.log.at(-1)?.msg).toBe('tapecast has stopped');
  });

  it('ends at once on SIGTERM while a worker is being replaced: that one takes no clients any more', async () => {
    await start();
    const [victim] = workerPids() as [number];
    const begun = () => gateway.log.filter(({ msg }) => msg === 'a worker begins');
    process.kill(victim, 'SIGKILL');
    await eventually(() => begun().length === 3);
    expect(await gateway.stop()).toBe(0);
    expect(workerPids()).toHaveLength(2);
    expect(gateway.log.filter(({ msg }) => msg.includes('is killed'))).toEqual([]);
    expect(runs(Number(begun()[2]?.['workerPid']))).toBe(false);
  });

  it('goes on when a worker that is still beginning is told to end: another one is begun', async () => {
    await start();
    const [victim] = workerPids() as [number];
    const begun = () => gateway.log.filter(({ msg }) => msg === 'a worker begins');
    process.kill(victim, 'SIGKILL');
    await eventually(() => begun().length === 3);
    process.kill(Number(begun()[2]?.['workerPid']), 'SIGTERM');
    await eventually(() => workerPids().length === 3);
    expect(begun()).toHaveLength(4);
    const [client] = (await connect(1)) as [TestClient];
    await client.request({ op: 'subscribe', args: ARGS });
    await trade();
    await client.nextWhere(isTrade);
  });

  it('ends its workers when the primary is killed', async () => {
    await start();
    const [client] = (await connect(1)) as [TestClient];
    gateway.child.kill('SIGKILL');
    await client.closed;
    await eventually(() => workerPids().every((pid) => !runs(pid)));
    expect(workerPids()).toHaveLength(2);
  });

  it('ends with one clear message when the port is taken', async () => {
    await start({ WORKERS: '1' });
    const second = GatewayProcess.start({
      BYBIT_WS_URL: exchange.wsUrl,
      BYBIT_REST_URL: exchange.restUrl,
      WORKERS: '2',
      PORT: String(gateway.port),
    });
    await expect(second).rejects.toThrow(/^the gateway ended with 1: bind EADDRINUSE[^\n]*\n$/);
  });
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
