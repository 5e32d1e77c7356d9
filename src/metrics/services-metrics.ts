import type { QueueReport } from '../amqp/broker';
import type { ServicesReport } from '../services/services-report';
import { each, only, type ScrapedMetric } from './scraped-metric';

export interface ServicesSources {
  /** Undefined where nothing serves back-end services. */
  readonly services?: { report(): ServicesReport } | undefined;
}

/** What serves back-end services; without any, only names. */
export function servicesMetrics({ services }: ServicesSources): ScrapedMetric[] {
  const of = <T>(read: (report: ServicesReport) => Iterable<T>): Iterable<T> => (services ? read(services.report()) : []);
  const ofBroker = (read: (broker: NonNullable<ServicesReport['broker']>) => number) =>
    of(({ broker }) => (broker ? only(read(broker)) : []));
  const ofAccount = (read: (events: NonNullable<ServicesReport['accountEvents']>) => number | null) =>
    of(({ accountEvents }) => {
      const value = accountEvents && read(accountEvents);
      return value === undefined || value === null ? [] : only(value);
    });
  const ofQueues = (read: (queue: QueueReport) => number) =>
    of(({ broker }) =>
      each(
        'queue',
        (broker?.queues ?? []).map((queue) => [queue.queue, read(queue)] as const),
      ),
    );
  return [
    {
      name: 'services_on_duty',
      type: 'gauge',
      labels: [],
      help: '1 while this replica sends services their events; exactly one of a fleet does',
      read: () => of(({ onDuty }) => only(Number(onDuty))),
    },
    {
      name: 'services_subscriptions',
      type: 'gauge',
      labels: [],
      help: 'Active subscriptions of back-end services; 0 on a replica that is not on duty',
      read: () => of(({ subscriptions }) => only(subscriptions)),
    },
    {
      name: 'services_topics',
      type: 'gauge',
      labels: [],
      help: 'Topics of market data that are listened to for back-end services',
      read: () => of(({ topics }) => only(topics)),
    },
    {
      name: 'services_topics_refused',
      type: 'gauge',
      labels: [],
      help: 'Topics among them that the exchange does not serve; the log names them',
      read: () => of(({ refused }) => only(refused)),
    },
    {
      name: 'services_events_total',
      type: 'counter',
      labels: ['event_type'],
      help: 'Market events handed to the broker',
      read: () => of(({ events }) => each('event_type', events)),
    },
    {
      name: 'services_event_latency_seconds',
      type: 'histogram',
      labels: [],
      help: "From reading the exchange's message to the broker's confirmation of its event",
      read: () => of(({ broker, latency }) => (broker ? [{ labels: {}, latency }] : [])),
    },
    {
      name: 'broker_connected',
      type: 'gauge',
      labels: [],
      help: '1 while RabbitMQ takes events; absent where none is configured',
      read: () => ofBroker(({ available }) => Number(available)),
    },
    {
      name: 'broker_blocked',
      type: 'gauge',
      labels: [],
      help: '1 while RabbitMQ takes no messages for want of memory or disk',
      read: () => ofBroker(({ blocked }) => Number(blocked)),
    },
    {
      name: 'broker_events_confirmed_total',
      type: 'counter',
      labels: [],
      help: 'Events that RabbitMQ has confirmed, those sent again included',
      read: () => ofBroker(({ confirmed }) => confirmed),
    },
    {
      name: 'broker_events_waiting',
      type: 'gauge',
      labels: [],
      help: 'Market events that wait for RabbitMQ in memory',
      read: () => ofBroker(({ waiting }) => waiting),
    },
    {
      name: 'broker_events_dropped_total',
      type: 'counter',
      labels: [],
      help: 'Market events that were dropped because too many waited for RabbitMQ',
      read: () => ofBroker(({ dropped }) => dropped),
    },
    {
      name: 'queue_messages',
      type: 'gauge',
      labels: ['queue'],
      help: 'Messages that wait in the queue',
      read: () => ofQueues(({ messages }) => messages),
    },
    {
      name: 'queue_capacity_ratio',
      type: 'gauge',
      labels: ['queue'],
      help: 'Messages that wait in the queue, divided by the number from which the oldest are dropped',
      read: () => ofQueues(({ capacityRatio }) => capacityRatio),
    },
    {
      name: 'queue_publish_rate',
      type: 'gauge',
      labels: ['queue'],
      help: 'Events per second that came into the queue, over 300 s',
      read: () => ofQueues(({ publishRate }) => publishRate),
    },
    {
      name: 'queue_consume_rate',
      type: 'gauge',
      labels: ['queue'],
      help: 'Events per second that left the queue, over 300 s',
      read: () => ofQueues(({ consumeRate }) => consumeRate),
    },
    {
      name: 'queue_alarm',
      type: 'gauge',
      labels: ['queue', 'alarm'],
      help: '1 while something is wrong with the queue: backlog_warning, backlog_critical, capacity_warning, capacity_critical, consumption_slow, other_arguments',
      read: () =>
        of(({ broker }) =>
          (broker?.queues ?? []).flatMap(({ queue, alarms }) => alarms.map((alarm) => ({ labels: { queue, alarm }, value: 1 }))),
        ),
    },
    {
      name: 'store_available',
      type: 'gauge',
      labels: [],
      help: '1 while the database can be asked',
      read: () => of(({ store }) => only(Number(store.available))),
    },
    {
      name: 'account_state',
      type: 'gauge',
      labels: ['state'],
      help: 'State of the account: off (followed by another replica), connecting, live, stale or refused; 1 for the one it is in. Absent without an account',
      read: () => of(({ account }) => (account ? [{ labels: { state: account.state }, value: 1 }] : [])),
    },
    {
      name: 'account_reconnects_total',
      type: 'counter',
      labels: [],
      help: "Connections to the account's WebSocket that were made again",
      read: () => of(({ account }) => (account ? only(account.reconnects) : [])),
    },
    {
      name: 'account_syncs_total',
      type: 'counter',
      labels: ['outcome'],
      help: 'Comparisons of the account with what the exchange answers: ok, partial or failed',
      read: () => of(({ account }) => each('outcome', Object.entries(account?.syncs ?? {}))),
    },
    {
      name: 'account_events_queued',
      type: 'gauge',
      labels: [],
      help: 'Account events in memory, on their way to the database and to RabbitMQ',
      read: () => ofAccount(({ queued }) => queued),
    },
    {
      name: 'account_events_kept',
      type: 'gauge',
      labels: [],
      help: 'Account events that the database keeps until RabbitMQ has them, as last counted',
      read: () => ofAccount(({ kept }) => kept),
    },
    {
      name: 'account_events_delivered_total',
      type: 'counter',
      labels: [],
      help: 'Account events that RabbitMQ has confirmed, those sent again included',
      read: () => ofAccount(({ delivered }) => delivered),
    },
    {
      name: 'account_events_lost_total',
      type: 'counter',
      labels: [],
      help: 'Account events that neither the database nor RabbitMQ could take before memory was full',
      read: () => ofAccount(({ lost }) => lost),
    },
    {
      name: 'account_events_unrecorded_total',
      type: 'counter',
      labels: [],
      help: 'Account events that the database never had; a balance among them is missing in the history',
      read: () => ofAccount(({ unrecorded }) => unrecorded),
    },
  ];
}
