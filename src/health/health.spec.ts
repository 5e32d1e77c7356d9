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
