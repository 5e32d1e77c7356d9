/** Connections at a steady rate: each subscribes, reads for a second and leaves. */
import { Client } from './client.js';
import { settings, summaryTrendStats, thresholds } from './options.js';

const set = settings(__ENV, { connections: 200, duration: '30s', rate: 50 });

export const options = {
  scenarios: {
    connect: {
      executor: 'constant-arrival-rate',
      rate: set.rate,
      timeUnit: '1s',
      duration: `${set.duration}ms`,
      preAllocatedVUs: set.connections,
      maxVUs: set.connections,
      gracefulStop: '15s',
    },
  },
  // Beginnings that could not be made because TAPECAST_CONNECTIONS were waiting already are failures too.
  thresholds: thresholds({ tapecast_ready: ['p(95)<1000'], dropped_iterations: ['count==0'] }),
  summaryTrendStats,
};

export default async function () {
  await new Client(set).stay({ args: set.symbols.map((symbol) => `ticker:${symbol}`), ms: 1000 });
}
