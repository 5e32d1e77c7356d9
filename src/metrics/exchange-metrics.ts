import type { Latency } from '../meters/latency';
import type { MarketReport } from '../upstream/report';
import { each, only, type ScrapedMetric } from './scraped-metric';

type Counts = Iterable<readonly [label: string, count: number]>;

export interface ExchangeSources {
  readonly upstream: {
    report(): readonly MarketReport[];
    /** By `market.kind`. */
    readonly messages: { entries(): Counts };
    readonly badFrames: { entries(): Counts };
    /** By outcome; undefined where none are fetched. */
    readonly backfills: { entries(): Counts } | undefined;
    readonly latency: Latency;
  };
  readonly pubsub: { counts(): { readonly channels: number } };
  /** Of frames written to clients. */
  readonly deliveries: { readonly latency: Latency };
  readonly now: () => number;
}

/** The way from the exchange to where clients take over. */
export function exchangeMetrics({ upstream, pubsub, deliveries, now }: ExchangeSources): ScrapedMetric[] {
  const byMarket = (value: (report: MarketReport) => number | undefined) =>
    each(
      'market',
      upstream.report().flatMap((report): [string, number][] => {
        const reading = value(report);
        return reading === undefined ? [] : [[report.market, reading]];
      }),
    );
  return [
    {
      name: 'upstream_connected',
      type: 'gauge',
      labels: ['market'],
      help: '1 while all connections to the exchange that the wanted topics need are open; 0 also while nothing is wanted',
      read: () => byMarket(({ connected }) => Number(connected)),
    },
    {
      name: 'upstream_wanted_topics',
      type: 'gauge',
      labels: ['market'],
      help: 'Topics of the exchange that clients need now',
      read: () => byMarket(({ wantedTopics }) => wantedTopics),
    },
    {
      name: 'upstream_subscribed_topics',
      type: 'gauge',
      labels: ['market'],
      help: 'Topics that the exchange has accepted on the connections that are open now',
      read: () => byMarket(({ subscribedTopics }) => subscribedTopics),
    },
    {
      name: 'upstream_message_age_seconds',
      type: 'gauge',
      labels: ['market'],
      help: 'Seconds since the newest message of the exchange; absent before the first one and while nothing is wanted',
      read: () =>
        byMarket(({ wantedTopics, lastMessageAt }) =>
          wantedTopics === 0 || lastMessageAt === null ? undefined : Math.max(0, now() - lastMessageAt) / 1000,
        ),
    },
    {
      name: 'upstream_messages_total',
      type: 'counter',
      labels: ['market', 'kind'],
      help: 'Data messages of the exchange, by market and kind of stream',
      read: () => [...upstream.messages.entries()].map(([label, value]) => ({ labels: marketAndKind(label), value })),
    },
    {
      name: 'upstream_reconnects_total',
      type: 'counter',
      labels: ['market'],
      help: 'Connections to the exchange that were made again',
      read: () => byMarket(({ reconnects }) => reconnects),
    },
    {
      name: 'upstream_bad_frames_total',
      type: 'counter',
      labels: ['reason'],
      help: 'Messages of the exchange, or parts of them, that could not be used, by reason',
      read: () => each('reason', upstream.badFrames.entries()),
    },
    {
      name: 'upstream_backfills_total',
      type: 'counter',
      labels: ['outcome'],
      help: 'Fetches of candles missed during a disconnect, one per stream: filled, late, failed or skipped; all but filled may leave a hole',
      read: () => each('outcome', upstream.backfills?.entries() ?? []),
    },
    {
      name: 'pubsub_channels',
      type: 'gauge',
      aggregator: 'max',
      labels: [],
      help: 'Streams that somebody on this process listens to now',
      read: () => only(pubsub.counts().channels),
    },
    {
      name: 'websocket_message_latency_seconds',
      type: 'histogram',
      labels: ['stage'],
      help: "How long a message takes: from the exchange's clock to our reading, and from there to its first write to a client",
      read: () => [
        { labels: { stage: 'exchange_to_received' }, latency: upstream.latency },
        { labels: { stage: 'received_to_written' }, latency: deliveries.latency },
      ],
    },
  ];
}

function marketAndKind(label: string): { market: string; kind: string } {
  const [market = '', kind = ''] = label.split('.');
  return { market, kind };
}
