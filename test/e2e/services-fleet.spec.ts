/** Back-end services of a fleet: whichever replica they ask, and whichever of them is on duty. */
import { eventually } from '../support/eventually';
import { RedisServer } from '../support/servers/redis';
import { ServiceServers } from '../support/service-servers';
import { ServicesRig, type QueueConsumer, type ServiceEvent } from '../support/services-rig';
import type { GatewayProcess } from '../support/gateway-process';

// Two gateways are started for each test, and a replica that has died is noticed by its silence.
jest.setTimeout(120_000);

let servers: ServiceServers;
let redis: RedisServer;
let rig: ServicesRig;
let replicas: GatewayProcess[];

beforeAll(async () => (servers = await ServiceServers.start()));
afterAll(() => servers.stop());

beforeEach(async () => {
  redis = await RedisServer.start();
  rig = await ServicesRig.start({
    servers,
    rabbit: true,
    postgres: true,
    account: true,
    exchange: { balances: { USDT: '1000000' } },
    env: { REDIS_URL: redis.url, HISTORY_SIZE: '16' },
  });
  replicas = [rig.gateway];
  replicas.push(await rig.startGateway());
});

afterEach(async () => {
  for (const { child } of replicas) child.kill('SIGCONT');
  await Promise.all(replicas.map((replica) => replica.stop()));
  await rig.stop();
  await redis.stop();
});

async function onDuty(replica: GatewayProcess): Promise<boolean> {
  const { body } = await replica.get('/health');
  const { details } = body as { details: { services: { on_duty: boolean } } };
  return details.services.on_duty;
}

/** Resolves with the one replica of these that is on duty. */
async function holder(among: readonly GatewayProcess[]): Promise<GatewayProcess> {
  let on: GatewayProcess[] = [];
  await eventually(async () => {
    const held = await Promise.all(among.map(onDuty));
    on = among.filter((_, i) => held[i]);
    return on.length === 1;
  });
  return on[0] as GatewayProcess;
}

function place(): string {
  const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', qty: '0.01', price: '1000' };
  return rig.exchange.account.create(order).orderId;
}

const has = (ids: readonly string[]) => (events: readonly ServiceEvent[]) => {
  const told = new Set(events.map(({ payload }) => payload.data?.['id']));
  return ids.every((id) => told.has(id));
};

/** Nobody told again what another one had told, nor that something may be missing. */
function toldOnce(consumer: QueueConsumer): void {
  const [, ...states] = consumer.once.map(({ payload: { data, type } }) => [data?.['id'] ?? type, data?.['status']].join(' '));
  expect(states).toEqual([...new Set(states)]);
  expect(states.filter((state) => state.startsWith('gap'))).toEqual([]);
}

it('one replica sends each event once, whichever of them took the subscription', async () => {
  const duty = await holder(replicas);
  const other = replicas.find((replica) => replica !== duty);
  rig.gateway = other ?? duty;
  await rig.subscribe('desk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
  const desk = await rig.consumer('ws-gateway.desk.kline');
  for (let i = 0; i < 20; i++) rig.exchange.stir('linear', 'kline.1.BTCUSDT');
  await desk.until((events) => (events.at(-1)?.payload.seq ?? 0) >= 20);
  const ids = desk.events.map(({ event_id }) => event_id);
  expect(ids).toEqual([...new Set(ids)]);
  expect(rig.exchange.connections.filter(({ endpoint }) => endpoint === 'private')).toHaveLength(1);
  await desk.close();
});

it('every replica fetches the balances, and all of them answer what was recorded', async () => {
  const duty = await holder(replicas);
  await rig.exchange.whenConnected('private');
  for (const replica of replicas) {
    rig.gateway = replica;
    const answer = await rig.callUntil(200, 'POST', '/balances/sync');
    expect(answer['updated_coins']).toContain('USDT');
  }
  rig.gateway = duty;
  const { balances } = await rig.callUntil(200, 'GET', '/balances?coin=USDT');
  expect(balances).toMatchObject([{ coin: 'USDT', wallet_balance: '1000000' }]);
});

it('another replica takes over from one that is killed, and no event of the account is missing', async () => {
  await rig.subscribe('desk', { channel_type: 'order' });
  await rig.subscribe('desk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
  const orders = await rig.consumer('ws-gateway.desk.order');
  const klines = await rig.consumer('ws-gateway.desk.kline');
  const duty = await holder(replicas);
  await rig.exchange.whenConnected('private');
  const placed = [place(), place()];
  await orders.until(has(placed));
  const other = replicas.find((replica) => replica !== duty) ?? duty;
  duty.child.kill('SIGKILL');
  replicas = [other];
  rig.gateway = other;
  placed.push(place(), place());
  await holder([other]);
  placed.push(place());
  await orders.until(has(placed));
  const seen = klines.events.length;
  await rig.exchange.whenSubscribed('linear', 'kline.1.BTCUSDT');
  rig.exchange.stir('linear', 'kline.1.BTCUSDT');
  await klines.until((events) => events.length > seen);
  await rig.healthUntil(({ status }) => status === 200);
  toldOnce(orders);
  await Promise.all([orders.close(), klines.close()]);
});

it('another replica takes over from one that shuts down, with the same ids for what is sent again', async () => {
  await rig.subscribe('desk', { channel_type: 'order' });
  const orders = await rig.consumer('ws-gateway.desk.order');
  const duty = await holder(replicas);
  await rig.exchange.whenConnected('private');
  const placed = [place()];
  await orders.until(has(placed));
  const other = replicas.find((replica) => replica !== duty) ?? duty;
  const stopped = duty.stop();
  placed.push(place());
  rig.gateway = other;
  replicas = [other];
  expect(await stopped).toBe(0);
  await holder([other]);
  placed.push(place());
  await orders.until(has(placed));
  await rig.healthUntil(({ status }) => status === 200);
  toldOnce(orders);
  const bodies = new Map<string, string>();
  for (const event of orders.events) {
    expect(bodies.get(event.event_id) ?? JSON.stringify(event)).toBe(JSON.stringify(event));
    bodies.set(event.event_id, JSON.stringify(event));
  }
  // The stream is gone on with, not ended: otherwise what Redis has of it would be lost to the next one.
  expect(new Set(orders.events.map(({ payload }) => payload.epoch)).size).toBe(1);
  await orders.close();
});

it('another replica takes over from one that is frozen, and tells all that happened before it was on duty', async () => {
  await rig.subscribe('desk', { channel_type: 'order' });
  await rig.subscribe('desk', { channel_type: 'balance' });
  const [orders, balances] = await Promise.all([rig.consumer('ws-gateway.desk.order'), rig.consumer('ws-gateway.desk.balance')]);
  const duty = await holder(replicas);
  await rig.exchange.whenConnected('private');
  const placed = [place()];
  await orders.until(has(placed));
  const other = replicas.find((replica) => replica !== duty) ?? duty;
  duty.child.kill('SIGSTOP');
  // More than the history has, before the other one may so much as begin.
  for (let i = 0; i < 200; i++) placed.push(place());
  rig.exchange.account.transfer('USDT', '7');
  rig.gateway = other;
  await holder([other]);
  placed.push(place());
  await orders.until(has(placed));
  await balances.until((events) => JSON.stringify(events).includes('"1000007"'));
  duty.child.kill('SIGCONT');
  placed.push(place());
  await orders.until(has(placed));
  await holder(replicas);
  toldOnce(orders);
  // Without a hole, and no notice in the place of one.
  const seqs = orders.once.map(({ event_id }) => Number(event_id.split(':').at(-1)));
  expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  expect(orders.events.filter(({ payload }) => JSON.stringify(payload).includes('history_exceeded'))).toEqual([]);
  expect(other.log.filter(({ msg }) => msg === "services' subscriptions are served here")).toHaveLength(1);
  await Promise.all([orders.close(), balances.close()]);
});
