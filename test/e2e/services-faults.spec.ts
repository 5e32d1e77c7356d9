/**
 * Each part that serves back-end services is killed, frozen and started again while the account and the market are busy. In the end every
 * event of the account has come, in order; clients of WebSocket never notice; and the health tells the truth at each step.
 */
import { once } from 'node:events';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { parsePage, valueOf } from '../support/prometheus-page';
import { ServiceServers } from '../support/service-servers';
import { ServicesRig, type QueueConsumer, type ServiceEvent } from '../support/services-rig';
import { TestClient } from '../support/test-client';

// Servers are killed and started again in each test, and a frozen one is noticed by its silence.
jest.setTimeout(120_000);

let servers: ServiceServers;
let rig: ServicesRig;
let orders: QueueConsumer;
let balances: QueueConsumer;
let client: TestClient;
let placed: string[];
let wallet: number;

beforeAll(async () => (servers = await ServiceServers.start()));
afterAll(() => servers.stop());

beforeEach(async () => {
  rig = await ServicesRig.start({
    servers,
    rabbit: true,
    postgres: true,
    account: true,
    exchange: { balances: { USDT: '1000000' } },
  });
  placed = [];
  wallet = 0;
  await rig.subscribe('desk', { channel_type: 'order' });
  [orders, balances] = await Promise.all([rig.consumer('ws-gateway.desk.order'), rig.consumer('ws-gateway.balance')]);
  await rig.healthUntil(({ services }) => services['account']?.['state'] === 'live');
  client = await TestClient.connect(rig.gateway.url);
  await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
});

afterEach(async () => {
  client.ws.terminate();
  // A consumer of a frozen broker could not leave.
  await rig.rabbit?.process.resume();
  await Promise.all([orders.close(), balances.close()]);
  await rig.stop();
});

/** The account places an order that rests, and moves money. */
function busy(times = 5): void {
  for (let i = 0; i < times; i++) {
    const { orderId } = rig.exchange.account.create({
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Buy',
      orderType: 'Limit',
      qty: '0.01',
      price: '1000',
    });
    placed.push(orderId);
    rig.exchange.account.transfer('USDT', '1');
    wallet++;
  }
}

/** Market data reaches the WebSocket client now. */
async function marketFlows(): Promise<void> {
  client.frames.length = 0;
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await client.nextWhere(({ stream }) => stream === 'mudrex.futures.ticker.BTCUSDT');
}

/** An order that is filled at once. */
function fill(): string {
  const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.01' };
  return rig.exchange.account.create(order).orderId;
}

/** Resolves when the database has every event, and knows until when all was told. */
async function allKept(): Promise<void> {
  await rig.healthUntil(({ services }) => services['account_events']?.['queued'] === 0);
  const database = new Client({ connectionString: rig.postgres?.url });
  await database.connect();
  try {
    while ((await database.query('select told_until from account_progress')).rowCount === 0);
  } finally {
    await database.end();
  }
}

const idOf = (event: ServiceEvent): unknown => event.payload.data?.['id'];

/** Every order that was placed has been told to the service; first tellings come in the order of the stream. */
async function complete(): Promise<void> {
  await orders.until((events) => {
    const told = new Set(events.map(idOf));
    return placed.every((id) => told.has(id));
  });
  const byEpoch = new Map<string, number[]>();
  for (const { payload, event_id } of orders.once)
    byEpoch.set(payload.epoch, [...(byEpoch.get(payload.epoch) ?? []), Number(event_id.split(':').at(-1))]);
  for (const seqs of byEpoch.values()) expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  const bodies = new Map<string, string>();
  for (const event of orders.events) {
    const body = JSON.stringify(event);
    expect(bodies.get(event.event_id) ?? body).toBe(body);
    bodies.set(event.event_id, body);
  }
}

/** The newest balance is in the database. */
async function recorded(): Promise<void> {
  const expected = String(1_000_000 + wallet);
  await balances.until((events) => JSON.stringify(events.at(-1)?.payload.data).includes(expected));
  await eventually(async () => JSON.stringify((await rig.call('GET', '/balances?coin=USDT')).body).includes(expected));
}

const isDown = (part: string) => (health: Awaited<ReturnType<ServicesRig['health']>>) =>
  health.status === 503 && health.down.includes('services') && health.services[part]?.['status'] === 'down';
const isUp = (health: Awaited<ReturnType<ServicesRig['health']>>) => health.status === 200;

describe('the database', () => {
  it('is killed: everything flows on, the interface says so, and what was missed is recorded', async () => {
    busy();
    await complete();
    await rig.postgres?.process.kill();
    busy();
    await rig.healthUntil(isDown('store'));
    await complete();
    await marketFlows();
    expect(await rig.call('GET', '/subscriptions')).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
    expect(
      await rig.call('POST', '/subscriptions', { requesting_service: 'x', channel_type: 'ticker', symbol: 'BTCUSDT' }),
    ).toMatchObject({ status: 503, body: { code: 'STORE_UNAVAILABLE' } });
    await rig.postgres?.process.restart();
    await rig.healthUntil(isUp);
    busy();
    await complete();
    await recorded();
  });

  it('freezes: nothing waits for it', async () => {
    await rig.postgres?.process.pause();
    busy();
    await complete();
    await marketFlows();
    await rig.healthUntil(isDown('store'));
    await rig.postgres?.process.resume();
    await rig.healthUntil(isUp);
    await recorded();
  });
});

describe('the broker', () => {
  it('is killed: account events wait in the database and come in order, and clients never notice', async () => {
    busy();
    await complete();
    await rig.rabbit?.process.kill();
    busy(20);
    await rig.healthUntil(isDown('broker'));
    await marketFlows();
    await rig.healthUntil(({ services }) => Number(services['account_events']?.['kept']) > 0);
    await rig.rabbit?.process.restart();
    await complete();
    await recorded();
    await rig.healthUntil(isUp);
  });

  it('freezes: it is noticed, nothing else stops, and nothing is lost', async () => {
    await rig.rabbit?.process.pause();
    busy();
    await marketFlows();
    await rig.healthUntil(isDown('broker'));
    await rig.rabbit?.process.resume();
    await complete();
    await rig.healthUntil(isUp);
  });
});

describe('database and broker together', () => {
  it('are killed: account events wait in memory, and come when either is back', async () => {
    await Promise.all([rig.postgres?.process.kill(), rig.rabbit?.process.kill()]);
    busy(10);
    await rig.healthUntil((health) => isDown('store')(health) && isDown('broker')(health));
    await marketFlows();
    await rig.rabbit?.process.restart();
    await complete();
    await rig.postgres?.process.restart();
    await rig.healthUntil(isUp);
    await recorded();
    const page = parsePage(await rig.gateway.metrics());
    expect(valueOf(page, 'account_events_lost_total', {})).toBe(0);
  });
});

describe('the exchange', () => {
  it('cuts the account off: what was missed meanwhile is found and told', async () => {
    rig.exchange.faults.drop({ endpoint: 'private' });
    rig.exchange.account.quietly(() => busy(3));
    await complete();
    await rig.healthUntil(isUp);
    await marketFlows();
  });
});

describe('the gateway', () => {
  it('is killed while the broker is away: what was kept is delivered by the next one, before what is new', async () => {
    await rig.rabbit?.process.kill();
    busy(10);
    await rig.healthUntil(({ services }) => Number(services['account_events']?.['kept']) >= 10);
    rig.gateway.child.kill('SIGKILL');
    await rig.rabbit?.process.restart();
    await rig.startGateway();
    busy();
    await complete();
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends by %s: the next one tells what happened meanwhile, and nothing that was told before, nor a gap',
    async (signal) => {
      const executions = await rig.consumer('ws-gateway.execution');
      try {
        const filled = [fill(), fill()];
        busy();
        await complete();
        await executions.until((events) => events.length > filled.length);
        await allKept();
        rig.gateway.child.kill(signal);
        await once(rig.gateway.child, 'exit');

        filled.push(fill(), fill());
        busy();
        await rig.startGateway();
        await complete();
        filled.push(fill());
        await executions.until((events) => events.some((event) => event.payload.data?.['orderId'] === filled.at(-1)));
        // In the beginning nobody knew the account; since then all of it was known.
        expect(executions.once.map(({ payload }) => payload.data?.['orderId'] ?? payload.type)).toEqual(['gap', ...filled]);
        const states = orders.once.map(({ payload: { data, type } }) => [data?.['id'] ?? type, data?.['status']].join(' '));
        expect(states).toEqual([...new Set(states)]);
        const [first] = orders.once;
        const later = orders.once.filter(({ payload: { epoch } }) => epoch !== first?.payload.epoch);
        expect(new Set(later.map(({ payload: { type } }) => type))).toEqual(new Set(['update']));
      } finally {
        await executions.close();
      }
    },
  );
});
