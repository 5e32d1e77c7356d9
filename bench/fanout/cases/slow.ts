import type { Joiner, Reading } from '../../load/clients';
import { mixedJoiners, symbolsOf } from '../audience';
import type { Measurement } from '../measurement';
import type { Window } from '../rig';
import { type Case, CPU, DELIVERED, GENERATOR, LOAD, MEMORY, P50, P95, P99, scaled } from './case';

const CLIENTS = 1000;
const SYMBOLS = symbolsOf(100);
const STREAMS_EACH = 20;
const RATE = 2000;
/**
 * The kernel takes some 4 MB for a client that does not read before the gateway notices anything. So sockets are filled first, at
 * about 600 kB/s for each client, and what is measured is the time after that.
 */
const FILL_RATE = 8000;
const FILL_SECONDS = 8;

export const slow: Case = {
  name: 'slow',
  about: `1000 clients listen to 20 of 100 tickers each, ${RATE} msg/s; also when 10 % of them never read and 10 % read 10 kB/s, sockets filled. Figures of the healthy 80 %`,
  aim: 'p99 of the healthy within 10 % of the run without slow ones; memory flat',
  columns: [
    P50,
    P95,
    P99,
    { title: 'p99 vs. without', figure: 'p99Ratio', digits: 2 },
    CPU,
    LOAD,
    DELIVERED,
    MEMORY,
    { title: 'MB grown', figure: 'grownMb', digits: 1 },
    { title: 'closed 4008', figure: 'slowClosed', digits: 0 },
    GENERATOR,
  ],
  peers: false,
  async run(rig, target, options) {
    const joiners = mixedJoiners(scaled(CLIENTS, options), SYMBOLS, STREAMS_EACH);
    // Without: the same number of healthy clients, and nobody else.
    const healthy = joiners.filter((_, i) => readingOf(i) === 'all');
    const mixedIn = joiners.map((joiner, i): Joiner => ({ ...joiner, reading: readingOf(i) }));
    const measured: Measurement[] = [];
    for (const [variant, seats] of [
      ['without slow ones', healthy],
      ['with slow ones', mixedIn],
    ] as const) {
      const { figures, notes } = await rig.with<Window>(target, { symbols: SYMBOLS, joiners: seats }, async (seated) => {
        await rig.warmUp(seated, FILL_RATE, FILL_SECONDS);
        const half = await rig.window(seated, RATE, options.seconds);
        const window = await rig.window(seated, RATE, options.seconds);
        const grownMb = (window.figures['rssMb'] ?? NaN) - (half.figures['rssMb'] ?? NaN);
        return { ...window, figures: { ...window.figures, grownMb, slowClosed: seated.target.slowClosed() } };
      });
      const without = measured[0]?.figures['p99'];
      const p99Ratio = without === undefined ? {} : { p99Ratio: (figures['p99'] ?? NaN) / without };
      measured.push({ case: 'slow', variant, target: target.name, figures: { ...figures, ...p99Ratio }, notes });
    }
    return measured;
  },
};

/** Every tenth never reads, every tenth reads little. */
function readingOf(index: number): Reading {
  if (index % 10 === 3) return 'never';
  return index % 10 === 7 ? 'slow' : 'all';
}
