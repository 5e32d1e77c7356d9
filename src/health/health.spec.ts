import { marketReport } from '../../test/support/market-report';
import type { MarketStatus } from '../pubsub/status';
import type { MarketReport } from '../upstream/report';
import { Health } from './health';

const NOW = 1_700_000_000_000;

function healthOf(report: Partial<MarketReport>, status?: MarketStatus['state'], reason = '') {
  const health = new Health({
    sessions: { active: 2 },
    pubsub: {
      healthy: () => true,
      marketStatus: (market) => status && { market, state: status, reason, since: NOW },
    },
    upstream: { report: () => [marketReport(report)] },
    now: () => NOW,
  });
  return health.read().markets['futures'];
}

const WANTED = { wantedTopics: 3, subscribedTopics: 3 };

describe('the health of a market', () => {
  it('is up and idle while nothing of it is wanted', () => {
    expect(healthOf({})).toEqual({
      status: 'up',
      state: 'idle',
      connected: false,
      last_message_age_seconds: null,
      wanted_topics: 0,
      subscribed_topics: 0,
    });
  });

  it('is up and live while connected, with the age of the last message', () => {
    expect(healthOf({ ...WANTED, connected: true, lastMessageAt: NOW - 1234 }, 'live')).toEqual({
      status: 'up',
      state: 'live',
      connected: true,
      last_message_age_seconds: 1.234,
      wanted_topics: 3,
      subscribed_topics: 3,
    });
  });

  it.each([
    ['is down while stale, for the reason that clients were told', {}, 'stale', 'stale', 'upstream disconnected'],
    ['is down while stale although connected', { connected: true }, 'stale', 'stale', 'upstream disconnected'],
  ] as const)('%s', (_title, report, status, state, reason) => {
    expect(healthOf({ ...WANTED, ...report }, status, 'upstream disconnected')).toMatchObject({ status: 'down', state, reason });
  });

  it('is up while its first connection is being opened: one that takes long is told as stale', () => {
    expect(healthOf(WANTED)).toMatchObject({ status: 'up', state: 'connecting' });
  });

  it('is up while resyncing on an open connection', () => {
    expect(healthOf({ ...WANTED, connected: true }, 'resyncing', 'upstream connected again')).toMatchObject({
      status: 'up',
      state: 'resyncing',
    });
  });

  it('is up and idle when it was stale and nobody wants it any more', () => {
    expect(healthOf({}, 'stale', 'upstream disconnected')).toMatchObject({ status: 'up', state: 'idle' });
  });

  it('never has a message from the future', () => {
    expect(healthOf({ ...WANTED, connected: true, lastMessageAt: NOW + 5 })).toMatchObject({ last_message_age_seconds: 0 });
  });
});

describe('the health of a replica', () => {
  function replicaHealth(mode: 'shared' | 'alone', redis: boolean, status?: MarketStatus['state']) {
    return new Health({
      sessions: { active: 2 },
      pubsub: {
        healthy: () => redis,
        marketStatus: (market) => status && { market, state: status, reason: 'upstream disconnected', since: NOW },
      },
      upstream: {
        report: () => [marketReport({ ...WANTED, connected: true }), marketReport({ market: 'spot', category: 'spot' })],
      },
      fleet: {
        report: () => ({
          mode,
          since: NOW - 5,
          reason: mode === 'alone' ? 'Redis is out of reach' : '',
          redis,
          markets: [
            { market: 'futures', held: true, failovers: 1 },
            { market: 'spot', held: false, failovers: 0 },
          ],
        }),
      },
      now: () => NOW,
    }).read();
  }

  it('names the markets that run here, and those that run elsewhere as such', () => {
    const { redis, fleet, markets } = replicaHealth('shared', true);
    expect({ redis, fleet }).toEqual({ redis: 'connected', fleet: { mode: 'shared', since: NOW - 5, held: ['futures'] } });
    expect([markets['futures']?.state, markets['spot']?.state]).toEqual(['live', 'elsewhere']);
  });

  it("is that of the market's replica where that says that it is stale", () => {
    const { markets } = replicaHealth('shared', true, 'stale');
    expect(markets['spot']).toMatchObject({ status: 'down', state: 'stale', reason: 'upstream disconnected' });
  });

  it('says why it is alone, and has its own upstream for every market then', () => {
    const { redis, pubsubListener, fleet, markets } = replicaHealth('alone', false);
    expect({ redis, pubsubListener }).toEqual({ redis: 'disconnected', pubsubListener: 'degraded' });
    expect(fleet).toMatchObject({ mode: 'alone', reason: 'Redis is out of reach' });
    expect(markets['spot']?.state).toBe('idle');
  });
});
