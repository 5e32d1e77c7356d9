import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { marketReport } from '../../test/support/market-report';
import { parsePage, valueOf } from '../../test/support/prometheus-page';
import { Counter } from '../meters/counter';
import { Latency } from '../meters/latency';
import { metricsPage, type MetricsSources } from './metrics-page';

const NOW = 1_700_000_000_000;

function counter(counts: Record<string, number>): Counter {
  const result = new Counter();
  for (const [label, count] of Object.entries(counts)) result.add(label, count);
  return result;
}

function latency(...observed: number[]): Latency {
  const result = new Latency();
  for (const ms of observed) result.observe(ms);
  return result;
}

/** A process in the middle of its work: every metric has something to show. */
function sources() {
  return {
    sessions: {
      active: 3,
      established: 10,
      closed: counter({ '1001': 4, '4008': 2, other: 1 }),
      deliveries: {
        sent: { ticker: 100, kline: 20, trade: 30, orderbook: 40, liquidation: 5, control: 7 },
        dropped: counter({ slow: 6 }),
        slow: { conflated: 50, gap: 3, resnapshot: 4, slow_closed: 2 },
        latency: latency(0.2, 0.5, 3, 20_000),
      },
      all: () => [{ queued: 100 }, { queued: 2_000 }, { queued: 0 }],
    },
    requests: {
      received: counter({ subscribe: 12, unknown: 2, invalid: 1 }),
      errors: counter({ UNKNOWN_OP: 2, PROTOCOL: 1 }),
      rateViolations: 9,
    },
    hub: { memberships: { ticker: 2, kline: 1, trade: 0, orderbook: 1, liquidation: 0 } },
    pubsub: { counts: () => ({ channels: 4 }) },
    upstream: {
      report: () => [
        marketReport({ connected: true, wantedTopics: 3, subscribedTopics: 2, lastMessageAt: NOW - 1500, reconnects: 2 }),
        marketReport({ market: 'spot', category: 'spot', lastMessageAt: NOW - 90_000 }),
      ],
      messages: counter({ 'futures.ticker': 50, 'futures.kline': 5, 'spot.trade': 8 }),
      badFrames: counter({ not_json: 1 }),
      backfills: counter({ filled: 3, late: 1 }),
      latency: latency(40),
    },
    fleet: {
      report: () => ({
        mode: 'shared' as const,
        since: NOW,
        reason: '',
        redis: true,
        markets: [
          { market: 'futures' as const, held: true, failovers: 2 },
          { market: 'spot' as const, held: false, failovers: 0 },
        ],
        tail: { holes: 1, duplicates: 2, repairs: 3, fetches: 4, gaps: 5 },
        unpublished: { refused: 6, unheld: 7 },
        unreadable: 8,
      }),
    },
    services: {
      report: () => ({
        onDuty: true,
        store: { kind: 'postgresql' as const, available: true, since: NOW, reason: '' },
        broker: {
          available: true,
          since: NOW,
          reason: '',
          blocked: false,
          queues: [
            {
              queue: 'ws-gateway.desk.trade',
              messages: 1500,
              capacityRatio: 0.015,
              publishRate: 12,
              consumeRate: 4,
              alarms: ['backlog_warning' as const, 'consumption_slow' as const],
            },
          ],
          waiting: 6,
          dropped: 7,
          confirmed: 90,
        },
        account: {
          configured: true,
          state: 'live' as const,
          reason: '',
          since: NOW,
          reconnects: 3,
          lastMessageAt: NOW,
          breaker: 'closed' as const,
          syncs: { ok: 2 },
          lastSyncAt: NOW,
          events: {},
          outdated: {},
          bad: {},
        },
        accountEvents: { active: true, queued: 1, kept: 2, delivered: 30, lost: 4, lostAt: NOW, unrecorded: 5 },
        subscriptions: 8,
        topics: 5,
        refused: 1,
        events: [['trade', 60]] as const,
        latency: latency(12, 80),
      }),
    },
    now: () => NOW,
  } satisfies MetricsSources;
}

// Node's own metrics leave listeners behind that cannot be removed, so all tests read one page.
const process_ = sources();
const registry = metricsPage(process_);

async function page() {
  return parsePage(await registry.metrics());
}

describe('the metrics page', () => {
  it.each([
    ['websocket_connections_active', {}, 3],
    ['websocket_connections_established_total', {}, 10],
    ['websocket_connections_closed_total', { code: '1001' }, 4],
    ['websocket_connections_closed_total', { code: 'other' }, 1],
    ['websocket_messages_sent_total', { kind: 'ticker' }, 100],
    ['websocket_messages_sent_total', { kind: 'control' }, 7],
    ['websocket_messages_received_total', { op: 'subscribe' }, 12],
    ['websocket_messages_received_total', { op: 'invalid' }, 1],
    ['websocket_messages_dropped_total', { reason: 'slow' }, 6],
    ['websocket_slow_clients_total', { outcome: 'conflated' }, 50],
    ['websocket_slow_clients_total', { outcome: 'slow_closed' }, 2],
    ['websocket_queue_bytes', {}, 2100],
    ['websocket_queue_bytes_max', {}, 2000],
    ['websocket_errors_total', { code: 'UNKNOWN_OP' }, 2],
    ['websocket_rate_limit_violations_total', {}, 9],
    ['websocket_subscriptions', { kind: 'ticker' }, 2],
    ['upstream_connected', { market: 'futures' }, 1],
    ['upstream_connected', { market: 'spot' }, 0],
    ['upstream_wanted_topics', { market: 'futures' }, 3],
    ['upstream_subscribed_topics', { market: 'futures' }, 2],
    ['upstream_message_age_seconds', { market: 'futures' }, 1.5],
    ['upstream_messages_total', { market: 'futures', kind: 'ticker' }, 50],
    ['upstream_messages_total', { market: 'spot', kind: 'trade' }, 8],
    ['upstream_reconnects_total', { market: 'futures' }, 2],
    ['upstream_bad_frames_total', { reason: 'not_json' }, 1],
    ['upstream_backfills_total', { outcome: 'filled' }, 3],
    ['pubsub_channels', {}, 4],
    ['services_on_duty', {}, 1],
    ['services_subscriptions', {}, 8],
    ['services_topics', {}, 5],
    ['services_topics_refused', {}, 1],
    ['services_events_total', { event_type: 'trade' }, 60],
    ['services_event_latency_seconds_count', {}, 2],
    ['broker_connected', {}, 1],
    ['broker_blocked', {}, 0],
    ['broker_events_confirmed_total', {}, 90],
    ['broker_events_waiting', {}, 6],
    ['broker_events_dropped_total', {}, 7],
    ['queue_messages', { queue: 'ws-gateway.desk.trade' }, 1500],
    ['queue_capacity_ratio', { queue: 'ws-gateway.desk.trade' }, 0.015],
    ['queue_publish_rate', { queue: 'ws-gateway.desk.trade' }, 12],
    ['queue_consume_rate', { queue: 'ws-gateway.desk.trade' }, 4],
    ['queue_alarm', { queue: 'ws-gateway.desk.trade', alarm: 'consumption_slow' }, 1],
    ['store_available', {}, 1],
    ['account_state', { state: 'live' }, 1],
    ['account_reconnects_total', {}, 3],
    ['account_syncs_total', { outcome: 'ok' }, 2],
    ['account_events_queued', {}, 1],
    ['account_events_kept', {}, 2],
    ['account_events_delivered_total', {}, 30],
    ['account_events_lost_total', {}, 4],
    ['account_events_unrecorded_total', {}, 5],
    ['fleet_mode', {}, 1],
    ['fleet_lease_held', { market: 'futures' }, 1],
    ['fleet_lease_held', { market: 'spot' }, 0],
    ['fleet_failovers_total', { market: 'futures' }, 2],
    ['fleet_tail_events_total', { event: 'holes' }, 1],
    ['fleet_tail_events_total', { event: 'gaps' }, 5],
    ['fleet_unpublished_total', { reason: 'refused' }, 6],
    ['fleet_unpublished_total', { reason: 'unheld' }, 7],
    ['fleet_unreadable_total', {}, 8],
  ])('shows %s %j as %d', async (name, labels: Record<string, string>, value) => {
    expect(valueOf(await page(), name, labels)).toBe(value);
  });

  it('shows latencies as a cumulative histogram in seconds, by stage', async () => {
    const read = await page();
    const bucket = (le: string) =>
      valueOf(read, 'websocket_message_latency_seconds_bucket', { stage: 'received_to_written', le });
    expect(['0.0005', '0.001', '0.005', '10', '+Inf'].map(bucket)).toEqual([2, 2, 3, 3, 4]);
    expect(valueOf(read, 'websocket_message_latency_seconds_count', { stage: 'received_to_written' })).toBe(4);
    expect(valueOf(read, 'websocket_message_latency_seconds_sum', { stage: 'received_to_written' })).toBeCloseTo(20.0037);
    expect(valueOf(read, 'websocket_message_latency_seconds_count', { stage: 'exchange_to_received' })).toBe(1);
  });

  it('gives no message age for a market of which nothing is wanted', async () => {
    expect(valueOf(await page(), 'upstream_message_age_seconds', { market: 'spot' })).toBeUndefined();
  });

  it('shows a close code of ours, an operation and a reason for drops before the first one', async () => {
    const read = await page();
    expect(valueOf(read, 'websocket_connections_closed_total', { code: '4029' })).toBe(0);
    expect(valueOf(read, 'websocket_messages_received_total', { op: 'list' })).toBe(0);
    expect(valueOf(read, 'websocket_messages_dropped_total', { reason: 'closed' })).toBe(0);
  });

  it('reads the counts anew at each scrape and adds nothing of its own', async () => {
    const before = valueOf(await page(), 'websocket_messages_dropped_total', { reason: 'slow' });
    const again = valueOf(await page(), 'websocket_messages_dropped_total', { reason: 'slow' });
    process_.sessions.deliveries.dropped.add('slow', 5);
    const after = valueOf(await page(), 'websocket_messages_dropped_total', { reason: 'slow' });
    expect([before, again, after]).toEqual([6, 6, 11]);
  });

  it("has Node's own metrics", async () => {
    const names = [...(await page()).keys()];
    expect(names).toEqual(
      expect.arrayContaining(['nodejs_eventloop_lag_seconds', 'nodejs_gc_duration_seconds', 'process_cpu_seconds_total']),
    );
  });

  it('explains every metric', async () => {
    for (const [name, { help }] of await page()) expect([name, help.length > 10]).toEqual([name, true]);
  });
});

describe('docs/metrics.md', () => {
  const documented = new Map(
    readFileSync(resolve(__dirname, '../../docs/metrics.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
      .map(([, name = '', type, labels = '', meaning]) => [
        name,
        { type, labels: labels.split(/, */).filter(Boolean).sort(), meaning },
      ]),
  );

  it("lists exactly the metrics of the page that are not Node's own", async () => {
    const ours = [...(await page()).keys()].filter((name) => !/^(nodejs|process)_/.test(name));
    expect([...documented.keys()].sort()).toEqual(ours.sort());
  });

  it('gives each its type, its labels and its words', async () => {
    for (const [name, { help, type, samples }] of await page()) {
      if (/^(nodejs|process)_/.test(name)) continue;
      const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => label !== 'le'));
      expect([name, documented.get(name)]).toEqual([name, { type, labels: [...labels].sort(), meaning: help }]);
    }
  });
});
