import { publication, snapshotAt } from '../../test/support/publications';
import { InProcessPubSub } from '../pubsub/in-process';
import type { MarketStatus, StreamStatus } from '../pubsub/status';
import { streamOf } from '../streams/stream';
import { Hub } from './hub';
import type { Sink } from './sink';

const BTC = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
const ETH = streamOf('futures', { kind: 'ticker' }, 'ETHUSDT');
const SPOT = streamOf('spot', { kind: 'trade' }, 'BTCUSDT');
const LIVE: StreamStatus = { state: 'live', reason: '', since: 1 };
const STALE: MarketStatus = { market: 'futures', state: 'stale', reason: 'upstream disconnected', since: 2 };

function setUp() {
  const pubsub = new InProcessPubSub(4);
  return { pubsub, hub: new Hub(pubsub) };
}

function sink(heard: string[]): Sink {
  return {
    deliver: ({ stream, seq, type }, live) => heard.push(`${stream} ${type} ${seq}${live ? '' : ' caught up'}`),
    streamStatus: (stream, { state }) => heard.push(`${stream} ${state}`),
    marketStatus: ({ market, state }) => heard.push(`${market} ${state}`),
  };
}

describe('Hub', () => {
  it('subscribes once per stream, whoever comes, and leaves with the last', async () => {
    const { pubsub, hub } = setUp();
    const first = hub.join(BTC, sink([]));
    const second = hub.join(BTC, sink([]));
    expect(pubsub.counts()).toEqual({ channels: 1, listeners: 1 });
    expect(hub.memberships.ticker).toBe(2);
    await first.recover();
    first.release();
    first.leave();
    first.leave();
    expect(hub.memberships.ticker).toBe(1);
    expect(pubsub.counts()).toEqual({ channels: 1, listeners: 1 });
    second.leave();
    expect(hub.channelCount).toBe(0);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });

  it('hears an answer that the exchange gives while it is asked', async () => {
    const { pubsub, hub } = setUp();
    pubsub.onDemand((stream) => {
      pubsub.open(stream, 'e');
      pubsub.setStreamStatus(stream, LIVE);
    });
    expect(await hub.join(BTC, sink([])).accepted()).toEqual(LIVE);
  });

  it('takes "pending" for no answer', async () => {
    const { pubsub, hub } = setUp();
    const answers: string[] = [];
    const membership = hub.join(BTC, sink([]));
    pubsub.open(BTC.name, 'e');
    pubsub.setStreamStatus(BTC.name, { ...LIVE, state: 'pending' });
    const answered = membership.accepted().then(({ state }) => answers.push(state));
    pubsub.setStreamStatus(BTC.name, { ...LIVE, state: 'pending' });
    pubsub.setStreamStatus(BTC.name, { ...LIVE, state: 'refused' });
    await answered;
    expect(answers).toEqual(['refused']);
  });

  it('delivers nothing before the release, and the snapshot first', async () => {
    const { pubsub, hub } = setUp();
    const heard: string[] = [];
    pubsub.open(BTC.name, 'e');
    const publish = (seq: number) => {
      const step = publication(BTC.name, 'e', seq);
      pubsub.publish(step, snapshotAt(step));
    };
    publish(1);
    const membership = hub.join(BTC, sink(heard));
    await membership.recover();
    publish(2);
    expect(heard).toEqual([]);
    membership.release();
    publish(3);
    membership.leave();
    publish(4);
    expect(heard).toEqual([
      'futures.ticker.BTCUSDT snapshot 1 caught up',
      'futures.ticker.BTCUSDT update 2',
      'futures.ticker.BTCUSDT update 3',
    ]);
    expect(membership.position()).toMatchObject({ epoch: 'e', seq: 3 });
  });

  it("tells a market's status once to each of its listeners and to nobody else", async () => {
    const { pubsub, hub } = setUp();
    const [both, spotOnly, joining]: [string[], string[], string[]] = [[], [], []];
    const listener = sink(both);
    const memberships = [hub.join(BTC, listener), hub.join(ETH, listener), hub.join(SPOT, sink(spotOnly))];
    for (const membership of memberships) {
      await membership.recover();
      membership.release();
    }
    hub.join(ETH, sink(joining));
    pubsub.setMarketStatus(STALE);
    expect(both).toEqual(['futures stale']);
    expect(spotOnly).toEqual([]);
    expect(joining).toEqual([]);
    expect(hub.marketStatus('futures')).toEqual(STALE);
  });

  it("tells a stream's status to its listeners", async () => {
    const { pubsub, hub } = setUp();
    const [btc, eth]: [string[], string[]] = [[], []];
    for (const membership of [hub.join(BTC, sink(btc)), hub.join(ETH, sink(eth))]) {
      await membership.recover();
      membership.release();
    }
    pubsub.open(BTC.name, 'e');
    pubsub.setStreamStatus(BTC.name, { ...LIVE, state: 'unavailable' });
    expect(btc).toEqual(['futures.ticker.BTCUSDT unavailable']);
    expect(eth).toEqual([]);
    expect(hub.streamStatus(BTC.name)).toEqual({ ...LIVE, state: 'unavailable' });
  });

  it('keeps nothing of a joiner that left while it asked where to begin', async () => {
    const { pubsub, hub } = setUp();
    const heard: string[] = [];
    const membership = hub.join(BTC, sink(heard));
    const asked = membership.recover();
    membership.leave();
    await asked;
    membership.release();
    pubsub.open(BTC.name, 'e');
    pubsub.publish(publication(BTC.name, 'e', 1), undefined);
    expect(heard).toEqual([]);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });
});
