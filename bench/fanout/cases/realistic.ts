import { setTimeout as pause } from 'node:timers/promises';
import { zipfPicker } from '../audience';
import { usageOf } from '../process-usage';
import { startExchange, startGateway } from '../targets';
import { type Case, BYTES, CPU, GENERATOR, LOAD, MEMORY, P50, P95, P99, scaled, warmUpSeconds } from './case';

const CLIENTS = 2000;
const SYMBOLS = 200;
/** A trading screen: a watch list, and the book and the tape of one symbol. */
const WATCHED = 10;

export const realistic: Case = {
  name: 'realistic',
  about: `2000 clients with a trading screen each: ${WATCHED} tickers, one order book of 50 levels and its trades, of ${SYMBOLS} symbols drawn by Zipf; the simulated exchange at its natural pace`,
  aim: 'p99 at most 25 ms',
  columns: [
    { title: 'deliveries/s', figure: 'perSecond', digits: 0 },
    CPU,
    LOAD,
    P50,
    P95,
    P99,
    { title: 'p99 since received', figure: 'p99SinceReceived', digits: 1 },
    { title: 'numbers missed', figure: 'missed', digits: 0 },
    { title: 'exchange %', figure: 'exchangeCpu', digits: 0, times: 100 },
    BYTES,
    MEMORY,
    GENERATOR,
  ],
  peers: false,
  async run(rig, target, options) {
    const exchange = await startExchange(SYMBOLS);
    const running = await startGateway(exchange.port, {});
    try {
      const symbols = await exchange.symbols();
      const pick = zipfPicker(symbols);
      const joiners = Array.from({ length: scaled(CLIENTS, options) }, () => {
        const watched = pick(WATCHED);
        const shown = watched[0] ?? '';
        return { streams: [...watched.map((symbol) => `ticker:${symbol}`), `orderbook:50:${shown}`, `trade:${shown}`] };
      });
      await rig.seat({ ...running, argOf: (arg) => arg }, { symbols: [], joiners, sampling: 'times' });
      await pause(warmUpSeconds(options) * 1000);
      await Promise.all([rig.crowd.ask<true>({ begin: true }), rig.probe.ask<true>({ begin: true })]);
      const [before, exchangeBefore] = [usageOf(running.server.pid), usageOf(exchange.server.pid)];
      const startedAt = performance.now();
      await pause(options.seconds * 1000);
      const [crowd, probe] = await Promise.all([rig.figures(rig.crowd), rig.figures(rig.probe)]);
      const took = (performance.now() - startedAt) / 1000;
      const [after, exchangeAfter] = [usageOf(running.server.pid), usageOf(exchange.server.pid)];
      const received = crowd.frames + probe.frames;
      const { p50, p95, p99, max } = probe.latency;
      const figures = {
        received,
        perSecond: received / took,
        cpuMicros: ((after.cpuSeconds - before.cpuSeconds) / received) * 1e6,
        serverCpu: (after.cpuSeconds - before.cpuSeconds) / took,
        exchangeCpu: (exchangeAfter.cpuSeconds - exchangeBefore.cpuSeconds) / took,
        p50,
        p95,
        p99,
        max,
        p99SinceReceived: probe.sinceReceived.p99,
        missed: probe.missed,
        bytesPerMessage: (crowd.bytes + probe.bytes) / received,
        rssMb: after.rssBytes / 1024 ** 2,
        crowdBusy: crowd.busy,
        probeBusy: probe.busy,
        notices: crowd.notices + probe.notices,
      };
      const notes = [
        'latency is from the exchange’s millisecond time stamp, which its simulation sets up to 4 ms before it sends',
      ];
      return [{ case: 'realistic', variant: `${SYMBOLS} symbols`, target: target.name, figures, notes }];
    } finally {
      await rig.clear();
      running.stop();
      exchange.server.stop();
    }
  },
};
