import type { MarketReport } from '../../src/upstream/report';

/** A market that nobody has asked for yet, except for what the test says. */
export function marketReport(differences: Partial<MarketReport> = {}): MarketReport {
  return {
    market: 'futures',
    category: 'linear',
    connected: false,
    connections: 0,
    wantedTopics: 0,
    subscribedTopics: 0,
    messagesReceived: 0,
    reconnects: 0,
    lastMessageAt: null,
    silenceDeadlineMs: 30_000,
    breaker: 'closed',
    ...differences,
  };
}
