import type { Joins } from '../../load/clients';
import { mixedJoiners, symbolsOf } from '../audience';
import type { Measurement } from '../measurement';
import type { Options } from '../options';
import { openFileLimit, usageOf } from '../process-usage';
import type { Rig, Seated } from '../rig';
import { startGateway, type Target } from '../targets';
import { type Case, GENERATOR, JOIN_CPU, JOINS, LOAD, scaled, warmUpSeconds } from './case';

const STORM = 10_000;
const QUICK_STORM = 2000;
const LISTENERS = 1000;
const SYMBOLS = symbolsOf(200);
/** The storm's clients listen where nothing is published, so that the load stays what it is while they come. */
const LOUD = SYMBOLS.slice(0, 100);
const QUIET = SYMBOLS.slice(100);
const STREAMS_EACH = 20;
/** Clients of a storm do not wait for each other; more at once than this only waits in the kernel. */
const AT_ONCE = 256;
const OTHER_FILES = 200;
const LOAD_AIM = 0.8;
const LOADS = [250, 500, 1000, 2000, 4000, 8000];
/** Published beyond the storm's end, so that all of it falls into load. */
const MOST_STORM_SECONDS = 20;

export const storm: Case = {
  name: 'storm',
  about: `${STORM} clients (quick: ${QUICK_STORM}) join with 20 of 100 quiet tickers each: handshake, reply and 20 snapshots; while idle, and while 1000 listeners take what loads the gateway to 80 % of a core`,
  aim: 'at least 2500 joins/s idle, 1000 loaded; no error but an explicit 503',
  columns: [
    JOINS,
    JOIN_CPU,
    { title: 'joined', figure: 'joined', digits: 0 },
    { title: '503s', figure: 'refused', digits: 0 },
    { title: 'errors', figure: 'failed', digits: 0 },
    { title: 'msg/s', figure: 'rate', digits: 0 },
    LOAD,
    { title: 'p99 before ms', figure: 'p99Before', digits: 1 },
    { title: 'worst second ms', figure: 'p99', digits: 1 },
    GENERATOR,
  ],
  peers: false,
  async run(rig, target, options) {
    const measured: Measurement[] = [];
    const size = Math.min(scaled(options.quick ? QUICK_STORM : STORM, options), openFileLimit() - LISTENERS - OTHER_FILES);
    const listeners = mixedJoiners(scaled(LISTENERS, options), LOUD, STREAMS_EACH);
    const add = (variant: string, joins: Joins, figures: Record<string, number>, notes: readonly string[] = []) =>
      measured.push({
        case: 'storm',
        variant,
        target: target.name,
        figures: {
          ...figures,
          joined: joins.joined,
          refused: joins.refused,
          failed: joins.failed,
          joinsPerSecond: joins.joined / joins.seconds,
        },
        notes: [...notes, ...joins.reasons.map((reason) => `a join failed: ${reason}`)],
      });

    await rig.with(unhurried(target, options), { symbols: LOUD, quiet: QUIET, joiners: listeners }, async (seated) => {
      const { pid } = seated.target.server;
      const before = usageOf(pid).cpuSeconds;
      const joins = await burst(rig, seated, size);
      add('idle', joins, { cpuMicrosPerJoin: ((usageOf(pid).cpuSeconds - before) / joins.joined) * 1e6 });
    });
    await rig.with(target, { symbols: LOUD, quiet: QUIET, joiners: listeners }, async (seated) => {
      const rate = await loadingRate(rig, seated, options);
      const calm = await rig.window(seated, rate, options.seconds);
      const { joins, worstP99, crowdBusy, notes } = await underLoad(rig, seated, size, rate);
      add(
        'at 80 % load',
        joins,
        {
          rate,
          p99Before: calm.figures['p99'] ?? NaN,
          p99: worstP99,
          serverCpu: calm.figures['serverCpu'] ?? NaN,
          crowdBusy,
        },
        notes,
      );
    });
    return measured;
  },
};

/** The default of 2000 handshakes a second would be all that is measured. Under load it stays: it is what delivery is protected by. */
function unhurried(target: Target, { workers }: Options): Target {
  const extra = { WORKERS: String(workers), MAX_HANDSHAKES_PER_SECOND: '100000' };
  return { ...target, start: (feedPort) => startGateway(feedPort, extra) };
}

function burst(rig: Rig, { target }: Seated, size: number): Promise<Joins> {
  const joiners = mixedJoiners(size, QUIET, STREAMS_EACH, 3).map(({ streams }) => ({ streams: streams.map(target.argOf) }));
  const { port, dialect } = target;
  return rig.crowd.ask<Joins>({ open: { port, dialect, joiners, atOnce: AT_ONCE, sampled: 'nothing' } });
}

/** Publishes until the storm is over; listeners' latency meanwhile. */
async function underLoad(rig: Rig, seated: Seated, size: number, rate: number) {
  const slice = 1;
  const p99: number[] = [];
  const busy: number[] = [];
  const notes: string[] = [];
  const state = { over: false };
  const joining = burst(rig, seated, size).finally(() => (state.over = true));
  for (let second = 0; !state.over && second < MOST_STORM_SECONDS; second += slice) {
    const window = await rig.window(seated, rate, slice);
    p99.push(window.figures['p99'] ?? NaN);
    busy.push(window.figures['crowdBusy'] ?? NaN);
    notes.push(...window.notes);
  }
  const joins = await joining;
  return { joins, worstP99: Math.max(...p99), crowdBusy: Math.max(...busy), notes: [...new Set(notes)] };
}

/** The first rate that keeps the gateway busy for 80 % of a core, or the highest that was tried. */
async function loadingRate(rig: Rig, seated: Seated, options: Options): Promise<number> {
  await rig.warmUp(seated, LOADS[0] ?? 250, warmUpSeconds(options));
  for (const rate of LOADS) {
    const { figures } = await rig.window(seated, rate, Math.min(options.seconds, 1));
    if ((figures['serverCpu'] ?? 0) >= LOAD_AIM) return rate;
  }
  return LOADS.at(-1) ?? 0;
}
