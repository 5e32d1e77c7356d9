import type { ReplicaReport } from '../pubsub/fleet/replica';
import { each, only, type ScrapedMetric } from './scraped-metric';

export interface FleetSources {
  /** Undefined without Redis. */
  readonly fleet?: { report(): ReplicaReport } | undefined;
}

/** This replica's place in its fleet; without one, only names. */
export function fleetMetrics({ fleet }: FleetSources): ScrapedMetric[] {
  const of = <T>(read: (report: ReplicaReport) => Iterable<T>): Iterable<T> => (fleet ? read(fleet.report()) : []);
  return [
    {
      name: 'fleet_mode',
      type: 'gauge',
      labels: [],
      help: '1 while this replica shares the upstream of its fleet, 0 while Redis is lost and it has one of its own; absent without Redis',
      read: () => of(({ mode }) => only(mode === 'shared' ? 1 : 0)),
    },
    {
      name: 'fleet_lease_held',
      type: 'gauge',
      labels: ['market'],
      help: '1 while the upstream of the market runs on this replica for the whole fleet',
      read: () =>
        of(({ markets }) =>
          each(
            'market',
            markets.map(({ market, held }) => [market, Number(held)] as const),
          ),
        ),
    },
    {
      name: 'fleet_failovers_total',
      type: 'counter',
      labels: ['market'],
      help: 'Times that this replica went on with streams of the market that were published before, by another replica or over a broken way',
      read: () =>
        of(({ markets }) =>
          each(
            'market',
            markets.map(({ market, failovers }) => [market, failovers] as const),
          ),
        ),
    },
    {
      name: 'fleet_tail_events_total',
      type: 'counter',
      labels: ['event'],
      help:
        'What happened on the way from other replicas: messages missing (holes) or come twice (duplicates), places looked up again ' +
        '(repairs), questions to Redis (fetches), breaks that clients of log streams had to be told (gaps)',
      read: () => of(({ tail }) => each('event', Object.entries(tail))),
    },
    {
      name: 'fleet_unpublished_total',
      type: 'counter',
      labels: ['reason'],
      help: 'Messages of our upstream that were not published: Redis did not take them (refused), or another replica had the market (unheld)',
      read: () => of(({ unpublished }) => each('reason', Object.entries(unpublished))),
    },
    {
      name: 'fleet_unreadable_total',
      type: 'counter',
      labels: [],
      help: 'Messages from Redis that no replica of this version wrote',
      read: () => of(({ unreadable }) => only(unreadable)),
    },
  ];
}
