import type { Joins } from '../../load/clients';
import { mixedJoiners, symbolsOf } from '../audience';
import { OURS, type Measurement } from '../measurement';
import type { Options } from '../options';
import type { Rig, Seated } from '../rig';
import { type Case, BYTES, CPU, DELIVERED, GENERATOR, JOINS, LOAD, P50, P95, P99, scaled, warmUpSeconds } from './case';

const CLIENTS = 1000;
const SYMBOLS = symbolsOf(100);
const STREAMS_EACH = 20;
const JOIN_AT_ONCE = 32;
/** At more than that peers only pile up messages, which tells nothing new. */
const MOST_PEER_RATE = 2000;

export const mixed: Case = {
  name: 'mixed',
  about: '1000 clients listen to 20 of 100 tickers each; joins/s: a further window in which new clients join and leave',
  aim: 'all delivered; at most 1.5 µs at 2000, 0.8 at 5000, 0.6 at 8000; p99 at most 10 ms at 500, 50 ms above; at least 1000 joins/s; 5x the best Node peer, 15x FastAPI',
  columns: [
    CPU,
    LOAD,
    P50,
    P95,
    P99,
    JOINS,
    { title: 'p99 joining', figure: 'p99WhileJoining', digits: 1 },
    DELIVERED,
    BYTES,
    GENERATOR,
  ],
  peers: true,
  async run(rig, target, options) {
    const joiners = mixedJoiners(scaled(CLIENTS, options), SYMBOLS, STREAMS_EACH);
    const ours = target.name === OURS;
    const peerRates = options.quick ? [MOST_PEER_RATE] : [500, MOST_PEER_RATE];
    const rates = ours ? [500, 2000, 5000, 8000] : peerRates;
    return rig.with(target, { symbols: SYMBOLS, joiners }, async (seated) => {
      const measured: Measurement[] = [];
      await rig.warmUp(seated, 500, warmUpSeconds(options));
      for (const rate of rates) {
        const { figures, notes } = await rig.window(seated, rate, options.seconds);
        const all = figures['delivered'] === 1;
        // Who is behind already need not be asked to take more clients.
        const joining = all ? await whileJoining(rig, seated, rate, options) : undefined;
        measured.push({
          case: 'mixed',
          variant: `${rate} msg/s`,
          target: target.name,
          figures: { ...figures, ...joining?.figures },
          notes: [...notes, ...(joining?.notes ?? [])],
        });
        if (!all) break;
      }
      return measured;
    });
  },
};

async function whileJoining(rig: Rig, seated: Seated, rate: number, options: Options) {
  const { port, dialect } = seated.target;
  const seconds = Math.min(options.seconds, 3);
  const joiners = mixedJoiners(200, SYMBOLS, STREAMS_EACH, 99).map(({ streams }) => ({
    streams: streams.map(seated.target.argOf),
  }));
  const churn = { port, dialect, joiners, atOnce: JOIN_AT_ONCE, seconds };
  const [window, joins] = await Promise.all([rig.window(seated, rate, seconds), rig.crowd.ask<Joins>({ churn })]);
  return {
    figures: { joinsPerSecond: joins.joined / joins.seconds, p99WhileJoining: window.figures['p99'] ?? NaN },
    notes: [
      ...window.notes.map((note) => `while joining: ${note}`),
      ...(joins.failed + joins.refused > 0
        ? [`while joining: ${joins.failed} failed, ${joins.refused} refused: ${joins.reasons.join('; ')}`]
        : []),
    ],
  };
}
