import { collectDefaultMetrics, Registry } from 'prom-client';
import { clientMetrics, type ClientSources } from './client-metrics';
import { exchangeMetrics, type ExchangeSources } from './exchange-metrics';
import { register } from './scraped-metric';

export type MetricsSources = ClientSources & Omit<ExchangeSources, 'deliveries'>;

/** Everything Prometheus can read here, Node's own metrics included. Read when the page is asked for, never before. */
export function metricsPage(sources: MetricsSources): Registry {
  const registry = new Registry();
  const { deliveries } = sources.sessions;
  for (const metric of [...clientMetrics(sources), ...exchangeMetrics({ ...sources, deliveries })]) register(registry, metric);
  collectDefaultMetrics({ register: registry });
  return registry;
}
