import { findRedis, HOW_TO_GET_REDIS } from '../src/fleet/find-redis';
import { type Findings, runBenchmark } from './fanout/benchmark';
import type { RoundMeasurement } from './fanout/measurement';
import { summariesOf, tableOf } from './fanout/report';
import { Rig } from './fanout/rig';
import { startRedis } from './fanout/targets';
import { Hop, HOP } from './fleet/hop';
import { type Options, type Part, PARTS, readOptions, USAGE } from './fleet/options';
import { RedisMeter } from './fleet/redis-meter';
import { Replicas, REPLICAS } from './fleet/replicas';

const MOST_REPLICAS = 3;
const MOST_ROUNDS_OF_MANY = 3;

interface Result {
  readonly part: Part;
  readonly measurements: readonly RoundMeasurement[];
  /** For people. */
  readonly lines: readonly string[];
}

interface Redis {
  readonly url: string;
  readonly pid: number;
  readonly meter: RedisMeter;
}

async function measureHop({ url, pid, meter }: Redis, options: Options, wanted: (part: Part) => boolean): Promise<Result[]> {
  const hop = new Hop(url, pid, meter, options.hopSeconds);
  const results: Result[] = [];
  try {
    await hop.start();
    const measurements: RoundMeasurement[] = [];
    for (let round = 0; wanted('hop') && round < options.hopRounds; round++) {
      measurements.push(...(await hop.round(round)).map((one) => ({ ...one, round })));
    }
    // With one listener still.
    if (wanted('limit')) {
      const { measured, why } = await hop.limit();
      const steps = measured.map((one) => ({ ...one, round: 0 }));
      const about = `how many messages one Redis takes. ${why}`;
      results.push({ part: 'limit', measurements: steps, lines: [tableOf({ ...HOP, about }, summariesOf(steps))] });
    }
    if (wanted('hop')) {
      measurements.push(
        ...(await hop.manyListeners(Math.min(options.hopRounds, MOST_ROUNDS_OF_MANY))).map((one, round) => ({ ...one, round })),
      );
      results.unshift({ part: 'hop', measurements, lines: [tableOf(HOP, summariesOf(measurements))] });
    }
  } finally {
    hop.stop();
  }
  return results;
}

async function measureReplicas({ url, meter }: Redis, options: Options, wanted: (part: Part) => boolean): Promise<Result[]> {
  const rig = new Rig('small');
  const replicas = new Replicas(rig, url, meter, options.seconds);
  const results: Result[] = [];
  try {
    if (wanted('replicas')) {
      const measurements: RoundMeasurement[] = [];
      for (let round = 0; round < options.replicaRounds; round++) {
        measurements.push(...(await replicas.round(round)).map((one) => ({ ...one, round })));
      }
      results.push({ part: 'replicas', measurements, lines: [tableOf(REPLICAS, summariesOf(measurements))] });
    }
    if (wanted('exchange')) {
      const lines: string[] = ['\nexchange: connections when clients of every replica want two markets'];
      for (let count = 1; count <= MOST_REPLICAS; count++) {
        const { exchange, redis } = await replicas.atTheExchange(count);
        lines.push(`  ${count} replicas: ${exchange} at the exchange, ${redis} at Redis`);
      }
      results.push({ part: 'exchange', measurements: [], lines });
    }
  } finally {
    rig.stop();
  }
  return results;
}

async function measure(options: Options): Promise<Findings> {
  const file = process.env['BENCH_REDIS'] ?? findRedis(process.env['PATH'] ?? '');
  if (file === undefined) throw new Error(HOW_TO_GET_REDIS);
  const wanted = (part: Part) => options.only.length === 0 || options.only.includes(part);
  const { port, server } = await startRedis(file);
  const meter = new RedisMeter(port);
  const redis: Redis = { url: `redis://127.0.0.1:${port}`, pid: server.pid, meter };
  const results: Result[] = [];
  const show = (some: Result[]): void => {
    for (const { lines } of some) for (const line of lines) console.log(line);
    results.push(...some);
  };
  try {
    if (wanted('hop') || wanted('limit')) show(await measureHop(redis, options, wanted));
    if (wanted('replicas') || wanted('exchange')) show(await measureReplicas(redis, options, wanted));
  } finally {
    meter.stop();
    server.stop();
  }
  return { figures: { results: PARTS.flatMap((part) => results.filter((result) => result.part === part)) } };
}

runBenchmark({ usage: USAGE, fileName: 'fleet.json', readOptions, measure });
