import { AggregatorRegistry, Registry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import { Deliveries } from '../gateway/deliveries';
import { Counter } from '../meters/counter';
import type { ExchangeSources } from '../metrics/exchange-metrics';
import type { FleetSources } from '../metrics/fleet-metrics';
import { metricsPage } from '../metrics/metrics-page';
import type { ServicesSources } from '../metrics/services-metrics';
import { register } from '../metrics/scraped-metric';
import type { Answers } from './crew';
import { ANSWER_MS } from './crew-pages';

/** One process's metrics, as they travel. */
export type ProcessMetrics = MetricObjectWithValues<MetricValue<string>>[];

export interface CrewMetricsSources extends Omit<ExchangeSources, 'deliveries'>, FleetSources, ServicesSources {
  readonly crew: {
    readonly running: number;
    readonly silenced: number;
    askAll<Answer>(what: string, withinMs: number): Promise<Answers<Answer>>;
  };
  /** Feeds the workers. */
  readonly host: { readonly dropped: number };
}

const NO_CLIENTS = {
  sessions: { active: 0, established: 0, closed: new Counter(), deliveries: new Deliveries(), all: () => [] },
  requests: { received: new Counter(), errors: new Counter(), rateViolations: 0 },
  hub: { memberships: {} },
};

/** The metrics of all processes as one page: counts and histograms added up, gauges too unless their largest reading is what counts. */
export class CrewMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  private readonly own: Registry;
  private silent: readonly number[] = [];

  constructor(private readonly sources: CrewMetricsSources) {
    this.own = metricsPage({ ...NO_CLIENTS, ...sources });
    register(this.own, {
      name: 'workers_running',
      type: 'gauge',
      labels: [],
      help: 'Processes that take clients',
      read: () => [{ labels: {}, value: sources.crew.running }],
    });
    register(this.own, {
      name: 'worker_silent',
      type: 'gauge',
      labels: ['worker'],
      help: '1 for a worker that did not say in time what it counts: it is missing in all other figures',
      read: () => this.silent.map((number) => ({ labels: { worker: String(number) }, value: 1 })),
    });
    register(this.own, {
      name: 'workers_silenced_total',
      type: 'counter',
      labels: [],
      help: 'Workers that did not answer for 10 s and were killed',
      read: () => [{ labels: {}, value: sources.crew.silenced }],
    });
    register(this.own, {
      name: 'worker_frames_dropped_total',
      type: 'counter',
      labels: [],
      help: 'Frames that workers lost because they were too far behind; each was told, and caught up',
      read: () => [{ labels: {}, value: sources.host.dropped }],
    });
  }

  async metrics(): Promise<string> {
    const { answers, silent } = await this.sources.crew.askAll<ProcessMetrics>('metrics', ANSWER_MS);
    this.silent = silent;
    const own = await this.own.getMetricsAsJSON();
    return AggregatorRegistry.aggregate([own, ...answers]).metrics();
  }
}
