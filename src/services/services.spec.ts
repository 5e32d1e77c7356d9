import { ManualClock } from '../../test/support/manual-clock';
import { ModelBroker } from '../../test/support/model-broker';
import { ModelDuty } from '../../test/support/model-duty';
import { FOLLOWED } from '../../test/support/model-services';
import { ModelStore } from '../../test/support/model-store';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import { Publisher } from '../pubsub/publisher';
import type { AccountOrder } from '../streams/account';
import { EXCHANGE_MARKETS, accountStream, streamOf } from '../streams/stream';
import type { AccountReport } from '../upstream/account/account-report';
import { Services } from './services';

const TICKER = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');

function setUp({ broker = true, account = true } = {}) {
  const clock = new ManualClock();
  const pubsub = new InProcessPubSub(100);
  const publisher = new Publisher(pubsub, 'mudrex', clock, 'test');
  publisher.open(TICKER);
  publisher.status(TICKER, 'live');
  publisher.open(accountStream('order'));
  const store = new ModelStore();
  const rabbit = new ModelBroker();
  const duty = new ModelDuty();
  const closed: string[] = [];
  const openers = {
    store: Object.assign(store, { stop: () => Promise.resolve(void closed.push('store')) }),
    rabbit: Object.assign(rabbit, { stop: () => Promise.resolve(void closed.push('broker')) }),
  };
  const report: AccountReport = { ...FOLLOWED, configured: account };
  const services = new Services(
    { brand: 'mudrex', markets: new Set(EXCHANGE_MARKETS), subscribeTimeoutMs: 3000, drainMs: 2000 },
    {
      pubsub,
      duty,
      store: openers.store,
      broker: broker ? openers.rabbit : undefined,
      account: {
        report: () => report,
        fingerprint: account ? 'account' : undefined,
        remember: () => undefined,
        syncBalances: () => Promise.resolve({ coins: [] }),
        wallet: () => Promise.reject(new Error('unused')),
      },
      symbols: { look: () => ({ known: true }), lists: () => [] },
      clock,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    },
  );
  const price = (value: string) => {
    const message = (type: 'update' | 'snapshot') => ({
      type,
      data: { symbol: 'BTCUSDT', price: value },
      timestamp: 1,
      received: clock.now(),
    });
    publisher.publish(TICKER, message('update'), () => message('snapshot'));
  };
  const order = (id: string) => {
    const data = { id, symbol: 'BTCUSDT', market: 'futures' } as AccountOrder;
    publisher.publish(accountStream('order'), { type: 'update', data, timestamp: 1, received: clock.now() }, () => undefined);
  };
  return { clock, pubsub, store, rabbit, duty, closed, services, price, order };
}

const DESK = { channel_type: 'ticker', requesting_service: 'desk', symbol: 'BTCUSDT' } as const;

describe('everything that serves services', () => {
  it('brings a subscription its events, its last event into the store and its place into the list of streams', async () => {
    const { services, price, rabbit, store, clock } = setUp();
    services.start();
    await settled();
    const { id } = await services.api.subscribe(DESK);
    price('7');
    expect(rabbit.of('desk')).toHaveLength(1);
    services.confirmed({ received: clock.now() - 30 });
    clock.advance(1000);
    await settled();
    expect(store.touched.get(id)).toBe(clock.now() - 1000);
    services.audiences.add(() => [{ stream: TICKER.name, subscribers: 4, seq: 1, receivedAt: 0 }]);
    await expect(services.api.streams()).resolves.toMatchObject({
      streams: [{ stream: 'mudrex.futures.ticker.BTCUSDT', subscribers: 5, seq: 1 }],
    });
    expect(services.report()).toMatchObject({ onDuty: true, subscriptions: 1, topics: 1, latency: { count: 1, sumMs: 30 } });
    expect([...services.report().events]).toEqual([['ticker', 1]]);
    await services.stop();
  });

  it('begins a subscription anew that was cancelled and made again at another replica between two looks', async () => {
    const { services, price, rabbit, store, clock } = setUp();
    services.start();
    await settled();
    price('7');
    const { id } = await services.api.subscribe(DESK);
    await store.subscriptions.cancel(id);
    await store.subscriptions.add({
      channelType: 'ticker',
      symbol: 'BTCUSDT',
      market: 'futures',
      topic: TICKER.name,
      requestingService: 'desk',
    });
    clock.advance(1000);
    await settled();
    expect(rabbit.of('desk').map(({ payload }) => (payload as { type: string }).type)).toEqual(['snapshot', 'snapshot']);
    await services.stop();
  });

  it('sends account events always, and with them names who asked', async () => {
    const { services, order, rabbit } = setUp();
    services.start();
    await settled();
    order('a');
    await settled();
    await services.api.subscribe({ channel_type: 'order', requesting_service: 'risk' });
    order('b');
    await settled();
    expect(rabbit.events.map(({ services: names }) => names)).toEqual([[], ['risk']]);
    await services.stop();
  });

  it('serves again as soon as the store is back, without waiting for the next second', async () => {
    const { services, store, order, rabbit } = setUp();
    store.available = false;
    services.start();
    await settled();
    order('a');
    await settled();
    expect(rabbit.events).toEqual([]);
    store.available = true;
    await settled();
    await settled();
    expect(rabbit.events).toHaveLength(1);
    await services.stop();
  });

  it('works without a broker and without an account', async () => {
    const { services, price, pubsub } = setUp({ broker: false, account: false });
    services.start();
    await settled();
    await services.api.subscribe(DESK);
    price('7');
    expect(services.report()).toMatchObject({ broker: undefined, account: undefined, accountEvents: undefined, topics: 1 });
    expect([...pubsub.wanted()]).toEqual([TICKER.name]);
    await services.stop();
  });

  it('ends in order: what is under way first, the database last, and nobody listens any more', async () => {
    const { services, order, rabbit, closed, pubsub, clock } = setUp();
    services.start();
    await settled();
    await services.api.subscribe(DESK);
    order('a');
    await services.stop();
    expect(rabbit.events).toHaveLength(1);
    expect(closed).toEqual(['broker', 'store']);
    clock.advance(5000);
    expect([pubsub.counts().listeners, clock.timers]).toEqual([0, 0]);
  });

  it('ends in time when the store does not answer', async () => {
    const { services, store, clock, closed } = setUp();
    services.start();
    await settled();
    store.hold = new Promise(() => undefined);
    await settled();
    const stopped = services.stop();
    await settled();
    clock.advance(2000);
    await stopped;
    expect(closed).toEqual(['broker', 'store']);
  });
});
