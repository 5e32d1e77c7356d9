import type { Joiner, Reading } from '../../load/clients';
import { mixedJoiners, symbolsOf } from '../audience';
import type { Measurement } from '../measurement';
import type { Window } from '../rig';
import { type Case, CPU, DELIVERED, GENERATOR, LOAD, MEMORY, P50, P95, P99, scaled, warmUpSeconds } from './case';

const CLIENTS = 1000;
const SYMBOLS = symbolsOf(100);
const STREAMS_EACH = 20;
/** 400 messages a second for each client, about 150 kB/s: what a client does not read soon fills its socket. */
const RATE = 2000;

export const slow: Case = {
  name: 'slow',
  about: `1000 clients listen to 20 of 100 tickers each, ${RATE} msg/s; then 10 % of them never read and 10 % read 10 kB/s. Figures of the healthy 80 %`,
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
    // Twice as long as other cases: memory must have the time to grow.
    const seconds = options.seconds * 2;
    const measured: Measurement[] = [];
    for (const [variant, seats] of [
      ['without slow ones', healthy],
      ['with slow ones', mixedIn],
    ] as const) {
      const { figures, notes } = await rig.with<Window>(target, { symbols: SYMBOLS, joiners: seats }, async (seated) => {
        await rig.warmUp(seated, RATE, warmUpSeconds(options));
        const half = await rig.window(seated, RATE, seconds / 2);
        const window = await rig.window(seated, RATE, seconds);
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
