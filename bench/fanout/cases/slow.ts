import type { Joiner, Joins, Reading } from '../../load/clients';
import { mixedJoiners, symbolsOf } from '../audience';
import { Insides, type Memory } from '../insides';
import type { Measurement } from '../measurement';
import type { Options } from '../options';
import type { Rig, Window } from '../rig';
import { freePort, startGateway, type Target } from '../targets';
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
const HOT_SECONDS = 3;
/** For the memory: so many stall all at once, and as many others go on reading. */
const STALLING = 200;
const STALL_TIMEOUT_SECONDS = 1;
/** Until a stalled client's closing handshake is given up, and some more. */
const CLOSED_AFTER_SECONDS = STALL_TIMEOUT_SECONDS + 6;
const LOOK_EVERY_MS = 200;
const JOIN_AT_ONCE = 32;
const MB = 1024 * 1024;

export const slow: Case = {
  name: 'slow',
  about: `1000 clients listen to 20 of 100 tickers each, ${RATE} msg/s; also when 10 % of them never read and 10 % read 10 kB/s, sockets filled. Figures of the healthy 80 %. Then what ${STALLING} clients that stall take, beside ${STALLING} that read, and what is left of it when they were closed: MB in use after a collection`,
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
    { title: 'MB before', figure: 'beforeMb', digits: 1 },
    { title: 'most', figure: 'mostMb', digits: 1 },
    { title: 'after', figure: 'afterMb', digits: 1 },
    { title: 'RSS before', figure: 'beforeRssMb', digits: 0 },
    { title: 'most', figure: 'mostRssMb', digits: 0 },
    { title: 'after', figure: 'afterRssMb', digits: 0 },
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
    measured.push(await memoryGivenBack(rig, target, options));
    return measured;
  },
};

/** In use: heap and what is held outside of it. */
function usedMb({ heapUsed, external }: Memory): number {
  return (heapUsed + external) / MB;
}

async function memoryGivenBack(rig: Rig, target: Target, options: Options): Promise<Measurement> {
  const inspectPort = await freePort();
  const env = { FANOUT_CALLBACK_TIMEOUT: String(STALL_TIMEOUT_SECONDS) };
  const inspected: Target = {
    ...target,
    start: (feedPort) => startGateway(feedPort, env, [`--inspect=127.0.0.1:${inspectPort}`]),
  };
  const readers = mixedJoiners(scaled(STALLING, options), SYMBOLS, STREAMS_EACH);
  const stalling = mixedJoiners(scaled(STALLING, options), SYMBOLS, STREAMS_EACH, 8);
  return rig.with<Measurement>(inspected, { symbols: SYMBOLS, joiners: readers }, async (seated) => {
    const { server, port, dialect, argOf, slowClosed } = seated.target;
    const insides = await Insides.of(server.pid, inspectPort);
    await rig.warmUp(seated, FILL_RATE, HOT_SECONDS);
    const before = await insides.memoryInUse();
    const joiners = stalling.map(({ streams }): Joiner => ({ streams: streams.map(argOf), reading: 'never' }));
    await rig.crowd.ask<Joins>({ open: { port, dialect, joiners, atOnce: JOIN_AT_ONCE, sampled: 'nothing' } });
    let most = before;
    const looks = setInterval(() => {
      void insides.memory().then((memory) => {
        most = {
          rss: Math.max(most.rss, memory.rss),
          heapUsed: Math.max(most.heapUsed, memory.heapUsed),
          external: Math.max(most.external, memory.external),
        };
      });
    }, LOOK_EVERY_MS);
    // Filled, stalled, closed: all while the others are served.
    const { figures, notes } = await rig.window(seated, FILL_RATE, FILL_SECONDS + CLOSED_AFTER_SECONDS);
    clearInterval(looks);
    const after = await insides.memoryInUse();
    insides.close();
    const memories = {
      beforeMb: usedMb(before),
      mostMb: usedMb(most),
      afterMb: usedMb(after),
      beforeRssMb: before.rss / MB,
      mostRssMb: most.rss / MB,
      afterRssMb: after.rss / MB,
    };
    return {
      case: 'slow',
      variant: `${stalling.length} stall`,
      target: target.name,
      figures: { ...figures, slowClosed: slowClosed(), ...memories },
      notes,
    };
  });
}

/** Every tenth never reads, every tenth reads little. */
function readingOf(index: number): Reading {
  if (index % 10 === 3) return 'never';
  return index % 10 === 7 ? 'slow' : 'all';
}
