import { collectDefaultMetrics, Registry } from 'prom-client';
import { clientMetrics, type ClientSources } from './client-metrics';
import { exchangeMetrics, type ExchangeSources } from './exchange-metrics';
import { fleetMetrics, type FleetSources } from './fleet-metrics';
import { servicesMetrics, type ServicesSources } from './services-metrics';
import { register } from './scraped-metric';

export type MetricsSources = ClientSources & Omit<ExchangeSources, 'deliveries'> & FleetSources & ServicesSources;

/** Everything Prometheus can read here, Node's own metrics included. Read when the page is asked for, never before. */
export function metricsPage(sources: MetricsSources): Registry {
  const registry = new Registry();
  const { deliveries } = sources.sessions;
  const metrics = [
    ...clientMetrics(sources),
    ...exchangeMetrics({ ...sources, deliveries }),
    ...fleetMetrics(sources),
    ...servicesMetrics(sources),
  ];
  for (const metric of metrics) register(registry, metric);
  collectDefaultMetrics({ register: registry });
  return registry;
}
