import { Histogram, type HistogramConfiguration } from 'prom-client';
import { LATENCY_BOUNDS_MS, type Latency } from '../meters/latency';

export interface LabelledLatency {
  readonly labels: Readonly<Record<string, string>>;
  readonly latency: Latency;
}

type Page = Awaited<ReturnType<Histogram['get']>>;

const BUCKETS = LATENCY_BOUNDS_MS.map((ms) => ms / 1000);

/** Shows latency meters, in seconds. The library's own histogram can only be observed into, which costs per message. */
export class LatencyHistogram extends Histogram {
  /** Never observed into: for what a page has beside its values. */
  private readonly blank: Histogram;

  constructor(
    about: Pick<HistogramConfiguration<string>, 'name' | 'help' | 'labelNames' | 'registers'>,
    private readonly read: () => Iterable<LabelledLatency>,
  ) {
    super({ ...about, buckets: BUCKETS });
    this.blank = new Histogram({ ...about, registers: [] });
  }

  override get(): Promise<Page> {
    return this.getForPromString();
  }

  /** What the registry asks for when it writes its text. */
  async getForPromString(): Promise<Page> {
    const page = await this.blank.get();
    return { ...page, values: [...this.read()].flatMap((labelled) => valuesOf(page.name, labelled)) };
  }
}

function valuesOf(name: string, { labels, latency }: LabelledLatency): Page['values'] {
  let upTo = 0;
  const buckets = latency.buckets.map((count, i) => ({
    metricName: `${name}_bucket`,
    labels: { le: BUCKETS[i] ?? '+Inf', ...labels },
    value: (upTo += count),
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: latency.sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: latency.count },
  ];
}
