/**
 * Back-end services as they are served by a real process, with a real database and broker: what goes wrong in other gateways of this
 * kind, each as a test.
 */
import { eventually } from '../support/eventually';
import { RabbitUser } from '../support/rabbit-side';
import { ServiceServers } from '../support/service-servers';
import { ServicesRig, type RigOptions } from '../support/services-rig';
import { TestClient } from '../support/test-client';

jest.setTimeout(90_000);

let servers: ServiceServers;
let rig: ServicesRig;

beforeAll(async () => (servers = await ServiceServers.start()));
afterAll(() => servers.stop());

async function start(options: RigOptions = {}): Promise<void> {
  rig = await ServicesRig.start({ servers, ...options });
}

afterEach(() => rig.stop());

const TICKER = { channel_type: 'ticker', symbol: 'BTCUSDT' };

describe('a subscription of a service', () => {
  it('asks the exchange, brings events to its own queue, and lets the exchange go when it is cancelled', async () => {
    await start({ rabbit: true, postgres: true });
    const id = await rig.subscribe('desk', TICKER);
    await rig.exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    const desk = await rig.consumer('ws-gateway.desk.ticker');
    await desk.until((events) => events.length > 0);
    expect(desk.events[0]).toMatchObject({
      event_type: 'ticker',
      topic: 'futures.ticker.BTCUSDT',
      payload: { type: 'snapshot', data: { symbol: 'BTCUSDT' } },
    });
    const seen = desk.events.length;
    rig.exchange.stir('linear', 'tickers.BTCUSDT');
    await desk.until((events) => events.length > seen);
    const { body: streams } = await rig.call('GET', '/streams');
    expect(streams).toMatchObject({ streams: [{ stream: 'mudrex.futures.ticker.BTCUSDT', subscribers: 1 }], total: 1 });
    // One that stays on the connection: without any it would be cut in the end, and look as if the exchange had been told.
    await rig.subscribe('desk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
    const connection = await rig.exchange.whenSubscribed('linear', 'kline.1.BTCUSDT');
    expect(await rig.call('DELETE', `/subscriptions/${id}`)).toMatchObject({ status: 200, body: { subscription_id: id } });
    await rig.exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT');
    expect([connection.isOpen, ...connection.topics]).toEqual([true, 'kline.1.BTCUSDT']);
    expect(await rig.call('DELETE', `/subscriptions/${id}`)).toMatchObject({ status: 404 });
    await desk.close();
  });

  it('is live again at the exchange after a kill of the gateway', async () => {
    await start({ rabbit: true, postgres: true });
    await rig.subscribe('desk', TICKER);
    await rig.subscribe('desk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
    rig.gateway.child.kill('SIGKILL');
    await rig.exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT');
    await rig.startGateway();
    await rig.exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    await rig.exchange.whenSubscribed('linear', 'kline.1.BTCUSDT');
  });

  it('of whatever service and market is live again after a restart, and after the exchange has cut every connection', async () => {
    await start({ rabbit: true, postgres: true });
    const wanted = [
      ['desk', TICKER, 'linear', 'tickers.BTCUSDT'],
      ['risk', { channel_type: 'orderbook', symbol: 'ETHUSDT' }, 'linear', 'orderbook.50.ETHUSDT'],
      ['risk', { channel_type: 'funding', symbol: 'SOLUSDT' }, 'linear', 'tickers.SOLUSDT'],
      ['desk', { channel_type: 'trades', symbol: 'BTCUSDT', market: 'spot' }, 'spot', 'publicTrade.BTCUSDT'],
      ['web', { channel_type: 'kline', symbol: 'BTCUSD', market: 'inverse', interval: '1m' }, 'inverse', 'kline.1.BTCUSD'],
    ] as const;
    for (const [service, fields] of wanted) await rig.subscribe(service, fields);
    const allLive = async () => {
      for (const [, , endpoint, topic] of wanted) await rig.exchange.whenSubscribed(endpoint, topic);
      for (;;) {
        const { subscriptions } = await rig.callUntil(200, 'GET', '/subscriptions?is_active=true');
        const states = (subscriptions as { state: string }[]).map(({ state }) => state);
        if (states.length === wanted.length && states.every((state) => state === 'live')) return;
      }
    };
    await allLive();
    await rig.gateway.stop();
    for (const [, , endpoint, topic] of wanted) await rig.exchange.whenUnsubscribed(endpoint, topic);
    await rig.startGateway();
    await allLive();
    expect(rig.exchange.faults.drop()).toBe(3);
    await allLive();
  });

  it('leaves the others alone: two services of the same topic both get every event, and another interval is not mixed in', async () => {
    await start({ rabbit: true, postgres: true });
    await rig.subscribe('desk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
    await rig.subscribe('risk', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1m' });
    await rig.subscribe('slow', { channel_type: 'kline', symbol: 'BTCUSDT', interval: '1h' });
    const queues = ['ws-gateway.desk.kline', 'ws-gateway.risk.kline', 'ws-gateway.slow.kline', 'ws-gateway.kline'];
    const [desk, risk, slow, all] = await Promise.all(queues.map((queue) => rig.consumer(queue)));
    if (!desk || !risk || !slow || !all) throw new Error('a consumer is missing');
    for (let i = 0; i < 20; i++) {
      rig.exchange.stir('linear', 'kline.1.BTCUSDT');
      rig.exchange.stir('linear', 'kline.60.BTCUSDT');
    }
    const last = (events: readonly { payload: { seq: number } }[]) => events.at(-1)?.payload.seq ?? 0;
    await Promise.all([desk, risk, slow].map((consumer) => consumer.until((events) => last(events) >= 20)));
    const topics = (consumer: typeof desk) => [...new Set(consumer.events.map(({ topic }) => topic))];
    expect([topics(desk), topics(risk), topics(slow)]).toEqual([
      ['futures.kline.1m.BTCUSDT'],
      ['futures.kline.1m.BTCUSDT'],
      ['futures.kline.1h.BTCUSDT'],
    ]);
    for (const { events } of [desk, risk, slow]) {
      const seqs = events.map(({ payload }) => payload.seq);
      expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    }
    await Promise.all([desk, risk, slow, all].map((consumer) => consumer.close()));
  });

  it('is served although a queue of another type is there with other arguments, which the health names', async () => {
    await start({ rabbit: true, postgres: true });
    const user = await RabbitUser.connect(rig.rabbit?.url ?? '');
    await user.declares('ws-gateway.desk.ticker', { durable: true, arguments: { 'x-max-length': 5 } });
    await rig.subscribe('desk', TICKER);
    await rig.subscribe('desk', { channel_type: 'trades', symbol: 'BTCUSDT' });
    await rig.gateway.logged(({ msg, queue }) => msg === 'queue_other_arguments' && queue === 'ws-gateway.desk.ticker');
    const desk = await rig.consumer('ws-gateway.desk.trade');
    rig.exchange.stir('linear', 'publicTrade.BTCUSDT');
    await desk.until((events) => events.length > 0);
    await rig.healthUntil(({ services }) => JSON.stringify(services['broker']).includes('other_arguments'));
    expect((await rig.health()).services['broker']).toMatchObject({
      status: 'up',
      queues: [{ queue: 'ws-gateway.desk.ticker', alarms: ['other_arguments'] }],
    });
    await desk.close();
    await user.close();
  });
});

describe('the account', () => {
  it('has one-way positions and coins that are owed like any other, in queues and in the database', async () => {
    await start({ rabbit: true, postgres: true, account: true });
    const [positions, balances] = await Promise.all([rig.consumer('ws-gateway.position'), rig.consumer('ws-gateway.balance')]);
    await rig.healthUntil(({ services }) => services['account']?.['state'] === 'live');
    rig.exchange.account.create({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.01' });
    await positions.until((events) => events.some(({ payload }) => payload.data?.['side'] === 'long'));
    expect(positions.events.at(-1)?.payload.data).toMatchObject({ symbol: 'BTCUSDT', positionIndex: 0, size: '0.01' });
    rig.exchange.account.borrow('ETH', '0.5');
    await balances.until((events) => JSON.stringify(events.at(-1)?.payload.data).includes('"walletBalance":"-2"'));
    let newest: { wallet_balance: string; trace_id: string } | undefined;
    await eventually(async () => {
      const { body } = await rig.call('GET', '/balances?coin=ETH');
      [newest] = body['balances'] as { wallet_balance: string; trace_id: string }[];
      return Number(newest?.wallet_balance) === -2;
    });
    expect(balances.events.map(({ trace_id }) => trace_id)).toContain(newest?.trace_id);
    await Promise.all([positions.close(), balances.close()]);
  });

  it('is never told to WebSocket clients', async () => {
    await start({ postgres: true, account: true });
    const client = await TestClient.connect(rig.gateway.url);
    for (const arg of ['account.order', 'mudrex.account.order', 'account/order', 'order']) {
      const reply = await client.request({ op: 'subscribe', args: [arg] });
      expect(reply).toMatchObject({ rejected: [{ arg }] });
    }
    client.ws.terminate();
  });
});

describe('without what is not configured', () => {
  it('nothing is opened, and the interface says why it is closed', async () => {
    await start({ env: { API_KEYS: '' } });
    expect(await rig.call('GET', '/subscriptions')).toMatchObject({ status: 503, body: { code: 'API_DISABLED' } });
    const { status, body } = await rig.gateway.get('/health');
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('details.services');
  });

  it('a broker and an account are absent in the health, and subscriptions are kept', async () => {
    await start();
    const id = await rig.subscribe('desk', TICKER);
    expect((await rig.call('GET', `/subscriptions/${id}`)).body).toMatchObject({ id, is_active: true });
    const { status, services } = await rig.health();
    expect(status).toBe(200);
    expect(Object.keys(services).sort()).toEqual(['on_duty', 'status', 'store', 'subscriptions']);
    expect(await rig.call('POST', '/balances/sync')).toMatchObject({ status: 503, body: { code: 'ACCOUNT_NOT_CONFIGURED' } });
  });

  it('works in several processes on one port', async () => {
    await start({ postgres: true, env: { WORKERS: '2' } });
    const id = await rig.subscribe('desk', TICKER);
    await rig.exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    expect(await rig.call('POST', '/subscriptions', { requesting_service: 'desk', ...TICKER })).toMatchObject({
      status: 409,
      body: { code: 'SUBSCRIPTION_EXISTS' },
    });
    expect((await rig.health()).services['store']).toMatchObject({ status: 'up', kind: 'postgresql' });
    expect((await rig.call('GET', '/streams')).body).toMatchObject({ streams: [{ subscribers: 1 }] });
    expect(await rig.call('DELETE', `/subscriptions/${id}`)).toMatchObject({ status: 200 });
    await rig.exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT');
  });
});
