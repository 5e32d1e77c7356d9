import { setTimeout as pause } from 'node:timers/promises';
import { symbolsOf } from '../audience';
import { openFileLimit, usageOf } from '../process-usage';
import { type Case, JOIN_CPU, JOINS, kbPerConnection, PER_CONNECTION, scaled } from './case';

const CONNECTIONS = 15_000;
const QUICK_CONNECTIONS = 3000;
const SYMBOLS = symbolsOf(1);
/** Descriptors that a process needs besides its connections. */
const OTHER_FILES = 200;
/** Code runs hot and the heap finds its size before the count begins. */
const FIRST_CONNECTIONS = 200;
const SETTLE_MS = 3000;

export const idle: Case = {
  name: 'idle',
  about: `${CONNECTIONS} connections (quick: ${QUICK_CONNECTIONS}) with one subscription that nothing is published on; resident memory of the process, the kernel's socket buffers not counted`,
  aim: 'at most 12 kB each',
  columns: [
    { title: 'connections', figure: 'connections', digits: 0 },
    PER_CONNECTION,
    { title: 'RSS before MB', figure: 'rssBeforeMb', digits: 0 },
    { title: 'RSS after MB', figure: 'rssMb', digits: 0 },
    JOINS,
    JOIN_CPU,
  ],
  peers: true,
  async run(rig, target, options) {
    const wanted = scaled(options.quick ? QUICK_CONNECTIONS : CONNECTIONS, options);
    const connections = Math.min(wanted, openFileLimit() - OTHER_FILES);
    const notes = connections < wanted ? [`${connections} instead of ${wanted}: ulimit -n is too low`] : [];
    const joiner = { streams: SYMBOLS };
    const seats = { symbols: SYMBOLS, joiners: Array.from({ length: FIRST_CONNECTIONS }, () => joiner) };
    return rig.with(target, seats, async ({ target: running }) => {
      await pause(SETTLE_MS / 3);
      const before = usageOf(running.server.pid);
      const joiners = Array.from({ length: connections - FIRST_CONNECTIONS }, () => joiner);
      const { joins } = await rig.seat(running, { symbols: SYMBOLS, joiners });
      const { cpuSeconds } = usageOf(running.server.pid);
      await pause(options.quick ? SETTLE_MS / 3 : SETTLE_MS);
      const after = usageOf(running.server.pid).rssBytes;
      const figures = {
        connections,
        kbPerConnection: kbPerConnection(before.rssBytes, after, joiners.length),
        rssBeforeMb: before.rssBytes / 1024 ** 2,
        rssMb: after / 1024 ** 2,
        joinsPerSecond: joins.joined / joins.seconds,
        cpuMicrosPerJoin: ((cpuSeconds - before.cpuSeconds) / joins.joined) * 1e6,
      };
      return [{ case: 'idle', variant: 'quiet', target: target.name, figures, notes }];
    });
  },
};
