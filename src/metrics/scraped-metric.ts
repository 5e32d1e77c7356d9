import { Counter, Gauge, type Registry } from 'prom-client';
import { LatencyHistogram, type LabelledLatency } from './latency-histogram';

interface Reading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Named {
  readonly name: string;
  /** For people who see only the name. */
  readonly help: string;
  readonly labels: readonly string[];
  /** How several processes' readings become one; their sum by default. */
  readonly aggregator?: 'max';
}

/** A metric that costs nothing until the page is asked for: then it is read from what the program counts anyway. */
export type ScrapedMetric =
  | (Named & { readonly type: 'counter' | 'gauge'; readonly read: () => Iterable<Reading> })
  | (Named & { readonly type: 'histogram'; readonly read: () => Iterable<LabelledLatency> });

/** Puts a metric on the registry's page. */
export function register(registry: Registry, metric: ScrapedMetric): void {
  const { name, help, labels: labelNames, aggregator = 'sum' as const } = metric;
  const about = { name, help, labelNames, aggregator, registers: [registry] };
  switch (metric.type) {
    case 'counter':
      new Counter({
        ...about,
        collect() {
          this.reset();
          for (const { labels, value } of metric.read()) this.inc(labels, value);
        },
      });
      return;
    case 'gauge':
      new Gauge({
        ...about,
        collect() {
          this.reset();
          for (const { labels, value } of metric.read()) this.set(labels, value);
        },
      });
      return;
    case 'histogram':
      new LatencyHistogram(about, metric.read);
  }
}

/** One value without labels. */
export function only(value: number): Reading[] {
  return [{ labels: {}, value }];
}

/** One value per label. */
export function* each(label: string, counts: Iterable<readonly [string, number]>): Iterable<Reading> {
  for (const [name, value] of counts) yield { labels: { [label]: name }, value };
}
