import { ManualClock } from '../../test/support/manual-clock';
import { ModelStore } from '../../test/support/model-store';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import { Publisher } from '../pubsub/publisher';
import type { StreamStatus } from '../pubsub/status';
import { parseStreamName } from '../streams/arg';
import { EXCHANGE_MARKETS } from '../streams/stream';
import type { SymbolAnswer } from '../streams/symbol-directory';
import { Hub } from '../subscriptions/hub';
import { SubscribingServices } from './subscribing-services';

const DESK = { channel_type: 'ticker', requesting_service: 'desk', symbol: 'BTCUSDT' } as const;

function setUp({ account = true, answer = 'live' }: { account?: boolean; answer?: StreamStatus['state'] } = {}) {
  const pubsub = new InProcessPubSub(10);
  const clock = new ManualClock();
  const publisher = new Publisher(pubsub, 'mudrex', clock, 'test');
  const exchange = { answer };
  const demand: string[] = [];
  pubsub.onDemand((name, wanted) => {
    demand.push(`${wanted ? '+' : '-'}${name}`);
    const stream = parseStreamName(name);
    if (!stream) return;
    if (!wanted) {
      publisher.close(stream);
      return;
    }
    publisher.open(stream);
    publisher.status(stream, exchange.answer, exchange.answer === 'refused' ? 'symbol not exist' : '');
  });
  const store = new ModelStore();
  const symbols: { answer: SymbolAnswer } = { answer: { known: true } };
  let refreshed = 0;
  const subscribing = new SubscribingServices(
    { brand: 'mudrex', markets: new Set(EXCHANGE_MARKETS), timeoutMs: 3000, account },
    {
      store,
      hub: new Hub(pubsub),
      symbols: { look: () => symbols.answer },
      keeper: {
        refresh: () => {
          refreshed++;
          return Promise.resolve();
        },
      },
      clock,
    },
  );
  return { pubsub, clock, publisher, exchange, demand, store, symbols, subscribing, refreshed: () => refreshed };
}

describe("a service's subscription", () => {
  it('is stored and served when the exchange takes it', async () => {
    const { subscribing, demand, store, refreshed, clock } = setUp();
    const view = await subscribing.subscribe(DESK);
    expect(view).toEqual({
      id: store.rows[0]?.id,
      channel_type: 'ticker',
      symbol: 'BTCUSDT',
      market: 'futures',
      topic: 'futures.ticker.BTCUSDT',
      requesting_service: 'desk',
      is_active: true,
      state: 'live',
      state_reason: null,
      created_at: new Date(store.rows[0]?.createdAt ?? 0).toISOString(),
      updated_at: new Date(store.rows[0]?.updatedAt ?? 0).toISOString(),
      last_event_at: null,
    });
    expect(refreshed()).toBe(1);
    // Until whoever is on duty has noticed, it is held here.
    expect(demand).toEqual(['+futures.ticker.BTCUSDT']);
    clock.advance(3000);
    expect(demand).toEqual(['+futures.ticker.BTCUSDT', '-futures.ticker.BTCUSDT']);
  });

  it("is not stored when the exchange refuses it, and the exchange's reason is told", async () => {
    const { subscribing, store } = setUp({ answer: 'refused' });
    await expect(subscribing.subscribe(DESK)).rejects.toMatchObject({
      code: 'EXCHANGE_REJECTED',
      status: 502,
      message: 'The exchange refused futures.ticker.BTCUSDT: symbol not exist',
      details: { topic: 'futures.ticker.BTCUSDT', reason: 'symbol not exist' },
    });
    expect(store.rows).toEqual([]);
  });

  it('waits for an answer that comes late, and is taken without one when the time is up', async () => {
    const { subscribing, store, clock, publisher, exchange } = setUp({ answer: 'pending' });
    const late = subscribing.subscribe(DESK);
    await settled();
    expect(store.rows).toEqual([]);
    publisher.status(parseStreamName('futures.ticker.BTCUSDT') as never, 'live');
    await late;
    exchange.answer = 'pending';
    const never = subscribing.subscribe({ ...DESK, symbol: 'ETHUSDT' });
    await settled();
    clock.advance(3000);
    await never;
    expect(store.rows.map(({ topic }) => topic)).toEqual(['futures.ticker.BTCUSDT', 'futures.ticker.ETHUSDT']);
    clock.advance(3000);
    expect(clock.timers).toBe(0);
  });

  it('that was taken without an answer shows when it is refused after all', async () => {
    const { subscribing, clock, publisher, store } = setUp({ answer: 'pending' });
    const taken = subscribing.subscribe(DESK);
    await settled();
    clock.advance(3000);
    expect(await taken).toMatchObject({ is_active: true, state: 'pending', state_reason: null });
    publisher.status(parseStreamName('futures.ticker.BTCUSDT') as never, 'refused', 'symbol not exist');
    const refused = { is_active: true, state: 'refused', state_reason: 'symbol not exist' };
    expect(await subscribing.find(store.rows[0]?.id ?? '')).toMatchObject(refused);
    expect((await subscribing.list({ limit: 10, offset: 0 })).subscriptions).toMatchObject([refused]);
    clock.advance(3000);
    // Nobody listens any more, so nobody knows.
    expect(await subscribing.find(store.rows[0]?.id ?? '')).toMatchObject({ state: null, state_reason: null });
  });

  it('is had once per service and topic', async () => {
    const { subscribing } = setUp();
    await subscribing.subscribe(DESK);
    await expect(subscribing.subscribe({ ...DESK, topic: 'ticker:BTCUSDT' })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_EXISTS',
      status: 409,
    });
    await subscribing.subscribe({ ...DESK, requesting_service: 'risk' });
    await subscribing.subscribe({ ...DESK, channel_type: 'funding' });
  });

  it('needs a symbol that trades, and is told the nearest', async () => {
    const { subscribing, symbols, demand } = setUp();
    symbols.answer = { known: false, nearest: ['BTCUSDT'] };
    await expect(subscribing.subscribe({ ...DESK, symbol: 'BTCUSD' })).rejects.toMatchObject({
      code: 'INVALID_SYMBOL',
      message: 'Unknown symbol on futures: BTCUSD. Did you mean BTCUSDT?',
      details: { nearest: ['BTCUSDT'] },
    });
    expect(demand).toEqual([]);
  });

  it('is refused without asking the exchange while the store is away', async () => {
    const { subscribing, store, demand } = setUp();
    store.available = false;
    const unavailable = { code: 'STORE_UNAVAILABLE', status: 503 };
    await expect(subscribing.subscribe(DESK)).rejects.toMatchObject(unavailable);
    await expect(subscribing.list({ limit: 10, offset: 0 })).rejects.toMatchObject(unavailable);
    await expect(subscribing.find('x')).rejects.toMatchObject(unavailable);
    await expect(subscribing.cancel('x')).rejects.toMatchObject(unavailable);
    await expect(subscribing.cancelAllOf('x')).rejects.toMatchObject(unavailable);
    expect(demand).toEqual([]);
  });

  it('to account events is taken when there is an account, and asks nothing of the exchange', async () => {
    const { subscribing, demand } = setUp();
    const order = { channel_type: 'order', requesting_service: 'desk' } as const;
    await expect(subscribing.subscribe(order)).resolves.toMatchObject({
      symbol: null,
      market: 'account',
      topic: 'account.order',
    });
    expect(demand).toEqual([]);
    await expect(setUp({ account: false }).subscribing.subscribe(order)).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_CONFIGURED',
    });
  });

  it('ends once', async () => {
    const { subscribing, refreshed } = setUp();
    const { id } = await subscribing.subscribe(DESK);
    await expect(subscribing.cancel(id)).resolves.toMatchObject({ subscription_id: id });
    expect(refreshed()).toBe(2);
    await expect(subscribing.cancel(id)).rejects.toMatchObject({ code: 'SUBSCRIPTION_NOT_FOUND', status: 404 });
    await expect(subscribing.find(id)).resolves.toMatchObject({ id, is_active: false });
    await expect(subscribing.find('other')).rejects.toMatchObject({ code: 'SUBSCRIPTION_NOT_FOUND' });
  });

  it('ends with all others of its service', async () => {
    const { subscribing } = setUp();
    await subscribing.subscribe(DESK);
    await subscribing.subscribe({ ...DESK, channel_type: 'trades' });
    await subscribing.subscribe({ ...DESK, requesting_service: 'risk' });
    await expect(subscribing.cancelAllOf('desk')).resolves.toMatchObject({ cancelled_count: 2 });
    const { subscriptions, total } = await subscribing.list({ is_active: true, limit: 10, offset: 0 });
    expect([subscriptions.map(({ requesting_service }) => requesting_service), total]).toEqual([['risk'], 1]);
    await expect(subscribing.cancelAllOf('desk')).resolves.toMatchObject({ cancelled_count: 0 });
  });
});
