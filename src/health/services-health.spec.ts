import { servicesReport } from '../../test/support/services-report';
import type { BrokerReport, QueueAlarm } from '../amqp/broker';
import type { AccountReport, AccountState } from '../upstream/account/account-report';
import { servicesHealth } from './services-health';

const NOW = 1_000_000;

function broker(parts: Partial<BrokerReport> = {}): BrokerReport {
  return { available: true, since: 2, reason: '', blocked: false, queues: [], waiting: 0, dropped: 0, confirmed: 9, ...parts };
}

function queue(...alarms: QueueAlarm[]) {
  return { queue: 'ws-gateway.desk.trade', messages: 5, capacityRatio: 0.5, publishRate: 1, consumeRate: 1, alarms };
}

function account(state: AccountState): AccountReport {
  return {
    configured: true,
    state,
    reason: 'why',
    since: 3,
    reconnects: 0,
    lastMessageAt: null,
    breaker: 'closed',
    syncs: {},
    lastSyncAt: null,
    events: {},
    outdated: {},
    bad: {},
  };
}

const EVENTS = { active: true, queued: 1, kept: 2, delivered: 3, lost: 0, lostAt: null, unrecorded: 0 };

describe('the health of what serves services', () => {
  it('has only what is configured', () => {
    expect(servicesHealth(servicesReport(), NOW)).toEqual({
      status: 'up',
      on_duty: true,
      subscriptions: 3,
      store: { status: 'up', since: 1, kind: 'postgresql' },
    });
  });

  it('is down with the database, and says why', () => {
    const store = { kind: 'postgresql', available: false, since: 1, reason: 'it refuses connections' } as const;
    expect(servicesHealth(servicesReport({ store }), NOW)).toMatchObject({
      status: 'down',
      store: { status: 'down', reason: 'it refuses connections' },
    });
  });

  it('is down with the broker, and while that is blocked', () => {
    const away = broker({ available: false, blocked: true, reason: 'low on memory', waiting: 7 });
    expect(servicesHealth(servicesReport({ broker: away }), NOW)).toMatchObject({
      status: 'down',
      broker: { status: 'down', reason: 'low on memory', blocked: true, waiting: 7 },
    });
  });

  it.each<QueueAlarm>([
    'backlog_warning',
    'capacity_warning',
    'consumption_slow',
    'backlog_critical',
    'capacity_critical',
    'other_arguments',
  ])('names a queue with %s, and is up: its reader is not the broker', (alarm) => {
    const health = servicesHealth(servicesReport({ broker: broker({ queues: [queue(alarm), queue()] }) }), NOW);
    expect([health.status, health.broker?.status, health.broker?.reason]).toEqual(['up', 'up', undefined]);
    expect(health.broker?.queues).toEqual([
      { queue: 'ws-gateway.desk.trade', messages: 5, capacity_ratio: 0.5, alarms: [alarm] },
    ]);
  });

  it.each<[AccountState, 'up' | 'down']>([
    ['off', 'up'],
    ['connecting', 'up'],
    ['live', 'up'],
    ['stale', 'down'],
    ['refused', 'down'],
  ])('of an account that is %s is %s', (state, status) => {
    const health = servicesHealth(servicesReport({ account: account(state) }), NOW);
    expect([health.status, health.account?.state, health.account?.reason]).toEqual([
      status,
      state,
      status === 'down' ? 'why' : undefined,
    ]);
  });

  it('is down for five minutes after account events were lost', () => {
    const lost = { ...EVENTS, lost: 4, lostAt: NOW };
    expect(servicesHealth(servicesReport({ accountEvents: EVENTS }), NOW).status).toBe('up');
    expect(servicesHealth(servicesReport({ accountEvents: lost }), NOW + 300_000)).toMatchObject({
      status: 'down',
      account_events: { status: 'down', lost: 4, queued: 1, kept: 2 },
    });
    expect(servicesHealth(servicesReport({ accountEvents: lost }), NOW + 300_001)).toMatchObject({
      status: 'up',
      account_events: { status: 'up', lost: 4 },
    });
  });
});
