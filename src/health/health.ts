import type { MarketStatus } from '../pubsub/status';
import type { Market } from '../streams/stream';
import type { MarketReport } from '../upstream/report';
import type { ReplicaReport } from '../pubsub/fleet/replica';
import type { ServicesReport } from '../services/services-report';
import { secondsSince } from './seconds-since';
import { servicesHealth, type ServicesHealth } from './services-health';

/**
 * How one market stands. `idle`: nobody wants anything of it, so nothing is connected and nothing is wrong. `elsewhere`: its upstream
 * runs on another replica.
 */
export interface MarketHealth {
  readonly status: 'up' | 'down';
  readonly state: 'idle' | 'connecting' | 'elsewhere' | MarketStatus['state'];
  readonly connected: boolean;
  /** Null before the first message. */
  readonly last_message_age_seconds: number | null;
  readonly wanted_topics: number;
  readonly subscribed_topics: number;
  /** Why it is down. */
  readonly reason?: string;
}

/** Of several gateway processes on one port. */
export interface WorkersHealth {
  readonly running: number;
  /** Numbers of those that did not answer in time; what they count is missing. */
  readonly silent: readonly number[];
}

/** Of a replica in a fleet. */
export interface FleetHealth {
  /** `alone`: Redis is lost, so this replica has an upstream of its own. */
  readonly mode: 'shared' | 'alone';
  /** When that began, ms since 1970. */
  readonly since: number;
  /** Markets whose upstream runs here for the whole fleet. */
  readonly held: readonly Market[];
  /** Why it is alone. */
  readonly reason?: string;
}

export interface HealthReading {
  readonly redis: 'connected' | 'disconnected' | 'not configured';
  readonly pubsubListener: 'ok' | 'degraded';
  readonly connections: number;
  /** Every market that may be used, in our names. */
  readonly markets: Readonly<Record<string, MarketHealth>>;
  /** Absent while one process does everything. */
  readonly workers?: WorkersHealth;
  /** Absent without Redis. */
  readonly fleet?: FleetHealth;
  /** Absent where nothing serves back-end services. */
  readonly services?: ServicesHealth;
}

export interface HealthSources {
  readonly sessions: { readonly active: number };
  readonly pubsub: { healthy(): boolean; marketStatus(market: Market): MarketStatus | undefined };
  readonly upstream: { report(): readonly MarketReport[] };
  /** Undefined without Redis. */
  readonly fleet?: { report(): Pick<ReplicaReport, 'mode' | 'since' | 'reason' | 'redis' | 'markets'> } | undefined;
  /** Undefined where nothing serves back-end services. */
  readonly services?: { report(): ServicesReport } | undefined;
  readonly now: () => number;
}

/** What the health page knows. Looks only when asked. */
export class Health {
  constructor(private readonly sources: HealthSources) {}

  read(): HealthReading {
    const { sessions, pubsub, upstream } = this.sources;
    const now = this.sources.now();
    const fleet = this.sources.fleet?.report();
    const services = this.sources.services?.report();
    const elsewhere = new Set(
      fleet?.mode === 'shared' ? fleet.markets.filter(({ held }) => !held).map(({ market }) => market) : [],
    );
    return {
      redis: fleet ? (fleet.redis ? 'connected' : 'disconnected') : 'not configured',
      pubsubListener: pubsub.healthy() ? 'ok' : 'degraded',
      connections: sessions.active,
      markets: Object.fromEntries(
        upstream.report().map((report) => [report.market, this.market(report, now, elsewhere.has(report.market))]),
      ),
      ...(fleet && { fleet: fleetHealth(fleet) }),
      ...(services && { services: servicesHealth(services, now) }),
    };
  }

  private market(report: MarketReport, now: number, elsewhere: boolean): MarketHealth {
    const status = this.sources.pubsub.marketStatus(report.market);
    const wanted = report.wantedTopics > 0;
    const own = !wanted ? 'idle' : report.connected ? 'live' : 'connecting';
    // Of a market that runs elsewhere we know what its replica says.
    const told = wanted || elsewhere ? status?.state : undefined;
    const state = told !== undefined && told !== 'live' ? told : elsewhere ? 'elsewhere' : own;
    // A connection that takes long to open is told as stale by the upstream itself; until then nothing is wrong.
    const down = state === 'stale';
    return {
      status: down ? 'down' : 'up',
      state,
      connected: report.connected,
      last_message_age_seconds: secondsSince(report.lastMessageAt, now),
      wanted_topics: report.wantedTopics,
      subscribed_topics: report.subscribedTopics,
      ...(down && { reason: status?.reason ?? '' }),
    };
  }
}

function fleetHealth({
  mode,
  since,
  reason,
  markets,
}: Pick<ReplicaReport, 'mode' | 'since' | 'reason' | 'markets'>): FleetHealth {
  const held = markets.filter((market) => market.held).map(({ market }) => market);
  return { mode, since, held, ...(mode === 'alone' && { reason }) };
}
