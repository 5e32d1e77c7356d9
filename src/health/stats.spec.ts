import { marketReport } from '../../test/support/market-report';
import { Stats, type StatsSources } from './stats';

const NOW = 1_700_000_000_000;

function statsOf(differences: Partial<StatsSources> = {}) {
  return new Stats({
    sessions: { active: 3, established: 8, deliveries: { sent: { ticker: 10, trade: 5, control: 2 } } },
    hub: { memberships: { ticker: 3, kline: 0, trade: 1 } },
    pubsub: { counts: () => ({ channels: 2 }) },
    upstream: {
      running: true,
      report: () => [
        marketReport({
          connected: true,
          wantedTopics: 3,
          subscribedTopics: 2,
          messagesReceived: 99,
          reconnects: 1,
          lastMessageAt: NOW - 250,
        }),
        marketReport({ market: 'spot', category: 'spot' }),
      ],
    },
    maxClients: 10_000,
    now: () => NOW,
    ...differences,
  }).read();
}

describe('Stats', () => {
  it('has the names and figures that existing monitors read', () => {
    expect(statsOf()).toEqual({
      connections: {
        active_connections: 3,
        total_connections_lifetime: 8,
        total_messages_sent: 17,
        avg_subscriptions_per_client: 1.33,
        max_limit: 10_000,
      },
      upstream: {
        running: true,
        clients: {
          linear: {
            connected: true,
            category: 'linear',
            subscribed_count: 2,
            messages_received: 99,
            reconnect_count: 1,
            last_message_ago: 0.25,
          },
          spot: {
            connected: false,
            category: 'spot',
            subscribed_count: 0,
            messages_received: 0,
            reconnect_count: 0,
            last_message_ago: null,
          },
        },
      },
      pubsub: { total_subscriptions: 4, active_channels: 2 },
    });
  });

  it('has an average of 0 while nobody is connected', () => {
    const sessions = { active: 0, established: 8, deliveries: { sent: {} } };
    expect(statsOf({ sessions, hub: { memberships: {} } }).connections.avg_subscriptions_per_client).toBe(0);
  });
});
