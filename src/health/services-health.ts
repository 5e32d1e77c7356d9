import type { QueueAlarm, QueueReport } from '../amqp/broker';
import type { ServicesReport } from '../services/services-report';

/** After a loss somebody should look, even when the queue has room again. */
const LOSS_TOLD_MS = 300_000;

interface PartHealth {
  readonly status: 'up' | 'down';
  /** When that began, ms since 1970. */
  readonly since: number;
  /** Why it is down. */
  readonly reason?: string;
}

/** How what serves back-end services stands. Parts that are not configured are absent. */
export interface ServicesHealth {
  readonly status: 'up' | 'down';
  /** Whether this replica forwards events; in a fleet exactly one does. */
  readonly on_duty: boolean;
  readonly subscriptions: number;
  readonly store: PartHealth & { readonly kind: string };
  readonly broker?: PartHealth & {
    readonly blocked: boolean;
    /** Market events that wait for it, and those that were dropped because too many did. */
    readonly waiting: number;
    readonly dropped: number;
    /** Only those with something to look at. None of it is down for that: what nobody reads fills, and drops its oldest, by design. */
    readonly queues: readonly QueueHealth[];
  };
  readonly account?: PartHealth & { readonly state: string };
  readonly account_events?: {
    readonly status: 'up' | 'down';
    /** In memory. */
    readonly queued: number;
    /** In the database, for the broker; null when not known. */
    readonly kept: number | null;
    readonly lost: number;
    readonly unrecorded: number;
    readonly reason?: string;
  };
}

interface QueueHealth {
  readonly queue: string;
  readonly messages: number;
  readonly capacity_ratio: number;
  readonly alarms: readonly QueueAlarm[];
}

/** @param now ms since 1970 */
export function servicesHealth(report: ServicesReport, now: number): ServicesHealth {
  const { store, broker, account, accountEvents } = report;
  const parts = {
    store: { ...part(store.available, store), kind: store.kind },
    ...(broker && { broker: brokerHealth(broker) }),
    ...(account && {
      account: { ...part(account.state !== 'stale' && account.state !== 'refused', account), state: account.state },
    }),
    ...(accountEvents && { account_events: accountEventsHealth(accountEvents, now) }),
  };
  const down = Object.values(parts).some(({ status }) => status === 'down');
  return { status: down ? 'down' : 'up', on_duty: report.onDuty, subscriptions: report.subscriptions, ...parts };
}

function part(up: boolean, { since, reason }: { readonly since: number; readonly reason: string }): PartHealth {
  return { status: up ? 'up' : 'down', since, ...(!up && { reason }) };
}

function brokerHealth(broker: NonNullable<ServicesReport['broker']>): NonNullable<ServicesHealth['broker']> {
  const { available, blocked, waiting, dropped } = broker;
  const queues = broker.queues.filter(({ alarms }) => alarms.length > 0);
  return {
    ...part(available, broker),
    blocked,
    waiting,
    dropped,
    queues: queues.map(queueHealth),
  };
}

function queueHealth({ queue, messages, capacityRatio, alarms }: QueueReport): QueueHealth {
  return { queue, messages, capacity_ratio: capacityRatio, alarms };
}

function accountEventsHealth(
  { queued, kept, lost, lostAt, unrecorded }: NonNullable<ServicesReport['accountEvents']>,
  now: number,
): NonNullable<ServicesHealth['account_events']> {
  const figures = { queued, kept, lost, unrecorded };
  if (lostAt === null || now - lostAt > LOSS_TOLD_MS) return { status: 'up', ...figures };
  const reason = 'events of the account were lost: neither the database nor the broker could take them';
  return { status: 'down', ...figures, reason };
}
