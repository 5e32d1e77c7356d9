import { ManualClock } from '../../test/support/manual-clock';
import { ModelBroker } from '../../test/support/model-broker';
import { ModelDuty } from '../../test/support/model-duty';
import { ModelStore } from '../../test/support/model-store';
import { settled } from '../../test/support/settled';
import type { ChannelType } from '../streams/event-type';
import type { Market } from '../streams/stream';
import { Keeper } from './keeper';

function setUp(held = true) {
  const store = new ModelStore();
  const broker = new ModelBroker();
  const duty = new ModelDuty(held);
  const clock = new ManualClock();
  const log: string[] = [];
  const wants: string[][] = [];
  let stopped = 0;
  const keeper = new Keeper({
    store: store.subscriptions,
    forwarder: {
      want: (topics) => wants.push([...topics].map(([topic, { services }]) => `${topic} ${[...services.keys()].join()}`)),
      stop: () => stopped++,
    },
    broker,
    duty,
    clock,
    log: { info: () => undefined, warn: () => undefined, error: (_, text) => log.push(text) },
  });
  const add = (requestingService: string, channelType: ChannelType, topic: string, market: Market = 'futures') =>
    store.subscriptions.add({ channelType, symbol: market === 'account' ? null : 'BTCUSDT', market, topic, requestingService });
  return { store, broker, duty, clock, log, wants, keeper, add, stopped: () => stopped };
}

describe('what services have subscribed to', () => {
  it('is served from the start, each topic once for all services, funding from its ticker', async () => {
    const { keeper, add, wants, broker } = setUp();
    await add('desk', 'ticker', 'futures.ticker.BTCUSDT');
    await add('risk', 'ticker', 'futures.ticker.BTCUSDT');
    await add('risk', 'funding', 'futures.funding.BTCUSDT');
    await add('risk', 'order', 'account.order', 'account');
    keeper.start();
    await settled();
    expect(wants.at(-1)).toEqual(['futures.ticker.BTCUSDT desk,risk', 'futures.funding.BTCUSDT risk']);
    expect(keeper.wanted.topics.get('futures.funding.BTCUSDT')?.stream.name).toBe('futures.ticker.BTCUSDT');
    expect([...(keeper.wanted.account.get('account.order')?.keys() ?? [])]).toEqual(['risk']);
    expect([...broker.wanted].map(([service, types]) => [service, [...types]])).toEqual([
      ['desk', ['ticker']],
      ['risk', ['ticker', 'funding', 'order']],
    ]);
    keeper.stop();
  });

  it('is read again each second, for another replica may have changed it, and at once when asked', async () => {
    const { keeper, add, wants, clock } = setUp();
    keeper.start();
    await settled();
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    clock.advance(1000);
    await settled();
    expect(wants.at(-1)).toEqual(['futures.trade.BTCUSDT desk']);
    await add('risk', 'trades', 'futures.trade.BTCUSDT');
    await keeper.refresh();
    expect(wants.at(-1)).toEqual(['futures.trade.BTCUSDT desk,risk']);
    keeper.stop();
    expect(clock.timers).toBe(0);
  });

  it('is read in full only when it has changed', async () => {
    const { keeper, add, store, clock, wants } = setUp();
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    keeper.start();
    for (let second = 0; second < 5; second++) {
      await settled();
      clock.advance(1000);
    }
    expect([store.reads, wants.length]).toEqual([1, 1]);
    await store.subscriptions.cancelAllOf('desk');
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    clock.advance(1000);
    await settled();
    expect([store.reads, wants.length]).toEqual([2, 2]);
    keeper.stop();
  });

  it('is served when refresh resolves, even if a read was under way that is too old', async () => {
    const { keeper, add, wants, store } = setUp();
    let answer: () => void = () => undefined;
    store.hold = new Promise((resolve) => (answer = resolve));
    keeper.start();
    const old = keeper.refresh();
    store.hold = undefined;
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    const refreshed = keeper.refresh();
    answer();
    await Promise.all([old, refreshed]);
    expect(wants.at(-1)).toEqual(['futures.trade.BTCUSDT desk']);
    keeper.stop();
  });

  it('goes on as it was while the store is away', async () => {
    const { keeper, add, wants, store, clock } = setUp();
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    keeper.start();
    await settled();
    store.available = false;
    clock.advance(5000);
    await settled();
    expect([wants.length, keeper.loaded, keeper.wanted.topics.size]).toEqual([1, true, 1]);
    keeper.stop();
  });

  it('is served by the replica on duty alone', async () => {
    const { keeper, add, wants, duty, stopped, clock } = setUp(false);
    await add('desk', 'trades', 'futures.trade.BTCUSDT');
    keeper.start();
    clock.advance(5000);
    await keeper.refresh();
    expect(wants).toEqual([]);
    let loaded = 0;
    keeper.onLoaded(() => loaded++);
    duty.held = true;
    await settled();
    expect([wants.length, loaded, keeper.loaded]).toEqual([1, 1, true]);
    duty.held = false;
    expect([stopped(), keeper.loaded, clock.timers]).toEqual([1, false, 0]);
    duty.held = true;
    await settled();
    expect([wants.length, loaded]).toEqual([2, 2]);
    keeper.stop();
  });

  it('is served but for what names no stream, which is logged once', async () => {
    const { keeper, add, wants, log, clock } = setUp();
    await add('desk', 'trades', 'futures.tape.BTCUSDT');
    await add('desk', 'ticker', 'futures.ticker.BTCUSDT');
    keeper.start();
    await settled();
    clock.advance(3000);
    await settled();
    expect(wants.at(-1)).toEqual(['futures.ticker.BTCUSDT desk']);
    expect(log).toEqual(['subscriptions name streams that this version does not know']);
    keeper.stop();
  });
});
