import type { MarketStatus } from '../pubsub/status';
import type { Market } from '../streams/stream';
import type { MarketReport } from '../upstream/report';
import { secondsSince } from './seconds-since';

/** How one market stands. `idle`: nobody wants anything of it, so nothing is connected and nothing is wrong. */
export interface MarketHealth {
  readonly status: 'up' | 'down';
  readonly state: 'idle' | 'connecting' | MarketStatus['state'];
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

export interface HealthReading {
  readonly redis: 'connected' | 'disconnected' | 'not configured';
  readonly pubsubListener: 'ok' | 'degraded';
  readonly connections: number;
  /** Every market that may be used, in our names. */
  readonly markets: Readonly<Record<string, MarketHealth>>;
  /** Absent while one process does everything. */
  readonly workers?: WorkersHealth;
}

export interface HealthSources {
  readonly sessions: { readonly active: number };
  readonly pubsub: { healthy(): boolean; marketStatus(market: Market): MarketStatus | undefined };
  readonly upstream: { report(): readonly MarketReport[] };
  readonly now: () => number;
}

/** What the health page knows. Looks only when asked. */
export class Health {
  constructor(private readonly sources: HealthSources) {}

  read(): HealthReading {
    const { sessions, pubsub, upstream } = this.sources;
    const now = this.sources.now();
    return {
      redis: 'not configured',
      pubsubListener: pubsub.healthy() ? 'ok' : 'degraded',
      connections: sessions.active,
      markets: Object.fromEntries(upstream.report().map((report) => [report.market, this.market(report, now)])),
    };
  }

  private market(report: MarketReport, now: number): MarketHealth {
    const status = this.sources.pubsub.marketStatus(report.market);
    const wanted = report.wantedTopics > 0;
    const state = !wanted ? 'idle' : status && status.state !== 'live' ? status.state : report.connected ? 'live' : 'connecting';
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
