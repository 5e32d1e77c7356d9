import { settled } from '../../test/support/settled';
import type { Market } from '../streams/stream';
import { InProcessPubSub } from './in-process';
import { LocalWire } from './local-wire';
import type { MarketStatus } from './status';
import { Tailing } from './tailing';

const NOW = 50;

function status(state: MarketStatus['state'], market: Market = 'futures'): MarketStatus {
  return { market, state, reason: '', since: 1 };
}

async function setUp() {
  const pubsub = new InProcessPubSub(4);
  const wire = new LocalWire(pubsub);
  const tailing = new Tailing(wire, 'mudrex', { now: () => NOW });
  const told: string[] = [];
  tailing.onMarketStatus(({ market, state, since }) => told.push(`${market} ${state} ${since}`));
  tailing.start();
  await settled();
  return { pubsub, wire, tailing, told };
}

describe('the status of a market', () => {
  it('is live from now on when it was not, and the wire of the moment has nothing to say of it', async () => {
    const { wire, tailing, told } = await setUp();
    const own = new InProcessPubSub(4);
    tailing.use(new LocalWire(own), true);
    own.setMarketStatus(status('stale'));
    own.setMarketStatus(status('resyncing', 'spot'));
    await settled();
    tailing.use(wire, true);
    await settled();
    expect(told).toEqual(['futures stale 1', 'spot resyncing 1', `futures live ${NOW}`, `spot live ${NOW}`]);
    expect(tailing.marketStatus('futures')).toBeUndefined();
  });

  it('is told again after that when it turns bad', async () => {
    const { pubsub, wire, tailing, told } = await setUp();
    const own = new InProcessPubSub(4);
    tailing.use(new LocalWire(own), true);
    own.setMarketStatus(status('stale'));
    await settled();
    tailing.use(wire, true);
    await settled();
    pubsub.setMarketStatus(status('stale'));
    expect(told).toEqual(['futures stale 1', `futures live ${NOW}`, 'futures stale 1']);
  });

  it('is no news when it is live and nothing else was said of it, but is known', async () => {
    const { pubsub, wire, tailing, told } = await setUp();
    pubsub.setMarketStatus(status('live'));
    tailing.use(new LocalWire(new InProcessPubSub(4)), true);
    await settled();
    tailing.use(wire, true);
    await settled();
    expect(tailing.marketStatus('futures')).toEqual(status('live'));
    expect(told).toEqual([]);
  });
});
