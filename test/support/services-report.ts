import { Latency } from '../../src/meters/latency';
import type { ServicesReport } from '../../src/services/services-report';

/** Of a gateway with nothing but a database, which is well, but for these parts. */
export function servicesReport(parts: Partial<ServicesReport> = {}): ServicesReport {
  return {
    onDuty: true,
    store: { kind: 'postgresql', available: true, since: 1, reason: '' },
    broker: undefined,
    account: undefined,
    accountEvents: undefined,
    subscriptions: 3,
    topics: 2,
    refused: 0,
    events: [],
    latency: new Latency(),
    ...parts,
  };
}
