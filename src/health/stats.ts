import type { MarketReport } from '../upstream/report';
import type { ReplicaReport } from '../pubsub/fleet/replica';
import type { WorkersHealth } from './health';
import { secondsSince } from './seconds-since';

export interface StatsSources {
  readonly sessions: {
    readonly active: number;
    readonly established: number;
    readonly deliveries: { readonly sent: Readonly<Record<string, number>> };
  };
  /** Subscriptions of clients, by kind. */
  readonly hub: { readonly memberships: Readonly<Record<string, number>> };
  readonly pubsub: { counts(): { readonly channels: number } };
  readonly upstream: { readonly running: boolean; report(): readonly MarketReport[] };
  /** Undefined without Redis. */
  readonly fleet?: { report(): FleetStats } | undefined;
  readonly maxClients: number;
  readonly now: () => number;
}

interface UpstreamClient {
  readonly connected: boolean;
  readonly category: string;
  readonly subscribed_count: number;
  readonly messages_received: number;
  readonly reconnect_count: number;
  /** Seconds; null before the first message. */
  readonly last_message_ago: number | null;
}

type FleetStats = Pick<ReplicaReport, 'mode' | 'since' | 'redis' | 'markets' | 'tail' | 'unpublished' | 'unreadable'>;

export interface StatsReading {
  readonly connections: {
    readonly active_connections: number;
    readonly total_connections_lifetime: number;
    /** Every frame written: data, replies and notices. */
    readonly total_messages_sent: number;
    readonly avg_subscriptions_per_client: number;
    readonly max_limit: number;
  };
  readonly upstream: { readonly running: boolean; readonly clients: Readonly<Record<string, UpstreamClient>> };
  readonly pubsub: { readonly total_subscriptions: number; readonly active_channels: number };
  /** Absent while one process does everything. */
  readonly workers?: WorkersHealth;
  /** Absent without Redis. */
  readonly fleet?: FleetStats;
}

/** The statistics page; its names are what existing monitors read. Counted when asked. */
export class Stats {
  constructor(private readonly sources: StatsSources) {}

  read(): StatsReading {
    const { sessions, hub, pubsub, upstream, maxClients } = this.sources;
    const fleet = this.sources.fleet?.report();
    const subscriptions = sum(hub.memberships);
    return {
      connections: {
        active_connections: sessions.active,
        total_connections_lifetime: sessions.established,
        total_messages_sent: sum(sessions.deliveries.sent),
        avg_subscriptions_per_client: sessions.active === 0 ? 0 : Math.round((subscriptions / sessions.active) * 100) / 100,
        max_limit: maxClients,
      },
      upstream: { running: upstream.running, clients: this.clients() },
      pubsub: { total_subscriptions: subscriptions, active_channels: pubsub.counts().channels },
      ...(fleet && { fleet: statsOf(fleet) }),
    };
  }

  /** By the exchange's name of the market, for every market that may be used. */
  private clients(): Record<string, UpstreamClient> {
    const now = this.sources.now();
    return Object.fromEntries(
      this.sources.upstream.report().map((report) => [
        report.category,
        {
          connected: report.connected,
          category: report.category,
          subscribed_count: report.subscribedTopics,
          messages_received: report.messagesReceived,
          reconnect_count: report.reconnects,
          last_message_ago: secondsSince(report.lastMessageAt, now),
        },
      ]),
    );
  }
}

/** No more of a replica than is documented. */
function statsOf({ mode, since, redis, markets, tail, unpublished, unreadable }: FleetStats): FleetStats {
  return { mode, since, redis, markets, tail: { ...tail }, unpublished, unreadable };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
