import { CloseCode } from '../gateway/close-code';
import type { SlowOutcome } from '../gateway/deliveries';
import type { Latency } from '../meters/latency';
import { each, only, type ScrapedMetric } from './scraped-metric';

type Counts = Iterable<readonly [label: string, count: number]>;

export interface ClientSources {
  readonly sessions: {
    readonly active: number;
    readonly established: number;
    readonly closed: { entries(): Counts };
    readonly deliveries: {
      readonly sent: Readonly<Record<string, number>>;
      readonly dropped: { entries(): Counts };
      readonly slow: Readonly<Record<SlowOutcome, number>>;
      readonly latency: Latency;
    };
    all(): Iterable<{ readonly queued: number }>;
  };
  readonly requests: {
    readonly received: { entries(): Counts };
    readonly errors: { entries(): Counts };
    readonly rateViolations: number;
  };
  readonly hub: { readonly memberships: Readonly<Record<string, number>> };
}

/** Clients, and what goes to them and comes from them. */
export function clientMetrics({ sessions, requests, hub }: ClientSources): ScrapedMetric[] {
  const { deliveries } = sessions;
  return [
    {
      name: 'websocket_connections_active',
      type: 'gauge',
      labels: [],
      help: 'Clients connected now',
      read: () => only(sessions.active),
    },
    {
      name: 'websocket_connections_established_total',
      type: 'counter',
      labels: [],
      help: 'Clients that have connected since the start',
      read: () => only(sessions.established),
    },
    {
      name: 'websocket_connections_closed_total',
      type: 'counter',
      labels: ['code'],
      help: 'Clients that have gone, by WebSocket close code; codes that nobody knows are "other"',
      read: () => each('code', startingAtZero(Object.values(CloseCode), sessions.closed.entries())),
    },
    {
      name: 'websocket_messages_sent_total',
      type: 'counter',
      labels: ['kind'],
      help: 'Messages written to clients, by kind of stream; "control" are replies, errors and notices',
      read: () => each('kind', Object.entries(deliveries.sent)),
    },
    {
      name: 'websocket_messages_received_total',
      type: 'counter',
      labels: ['op'],
      help: 'Messages read from clients, by operation; "unknown" has no such operation, "invalid" cannot be read',
      read: () => each('op', startingAtZero(['subscribe', 'unsubscribe', 'ping', 'list'], requests.received.entries())),
    },
    {
      name: 'websocket_messages_dropped_total',
      type: 'counter',
      labels: ['reason'],
      help: 'Messages that waited for a client and were never written: it was too slow, or it was closed first',
      read: () => each('reason', startingAtZero(['slow', 'closed'], deliveries.dropped.entries())),
    },
    {
      name: 'websocket_slow_clients_total',
      type: 'counter',
      labels: ['outcome'],
      help:
        'What slowness cost clients: states replaced by newer ones before they were sent (conflated), runs of entries lost (gap), ' +
        'order books begun anew (resnapshot), connections closed with 4008 (slow_closed)',
      read: () => each('outcome', Object.entries(deliveries.slow)),
    },
    {
      name: 'websocket_queue_bytes',
      type: 'gauge',
      labels: [],
      help: 'Bytes that wait for clients now, of all clients together',
      read: () => only(queued(sessions.all()).sum),
    },
    {
      name: 'websocket_queue_bytes_max',
      type: 'gauge',
      aggregator: 'max',
      labels: [],
      help: 'Bytes that wait now for the client with the longest queue',
      read: () => only(queued(sessions.all()).max),
    },
    {
      name: 'websocket_errors_total',
      type: 'counter',
      labels: ['code'],
      help: 'Error replies to clients, by code; "PROTOCOL" are breaches of the WebSocket protocol',
      read: () => each('code', startingAtZero(['INTERNAL_ERROR'], requests.errors.entries())),
    },
    {
      name: 'websocket_rate_limit_violations_total',
      type: 'counter',
      labels: [],
      help: 'Messages of clients that were refused because they came too fast',
      read: () => only(requests.rateViolations),
    },
    {
      name: 'websocket_subscriptions',
      type: 'gauge',
      labels: ['kind'],
      help: 'Subscriptions of clients now, by kind of stream',
      read: () => each('kind', Object.entries(hub.memberships)),
    },
  ];
}

/** So that the first one counted already shows as growth. */
function startingAtZero(labels: readonly (string | number)[], counts: Counts): Counts {
  return new Map([...labels.map((label) => [String(label), 0] as const), ...counts]);
}

function queued(sessions: Iterable<{ readonly queued: number }>): { sum: number; max: number } {
  let sum = 0;
  let max = 0;
  for (const { queued } of sessions) {
    sum += queued;
    if (queued > max) max = queued;
  }
  return { sum, max };
}
