import { type Findings, runBenchmark } from './fanout/benchmark';
import type { Case } from './fanout/cases/case';
import { CASES } from './fanout/cases/cases';
import type { RoundMeasurement } from './fanout/measurement';
import { readOptions, USAGE, type Options } from './fanout/options';
import { summariesOf, tableOf } from './fanout/report';
import { Rig } from './fanout/rig';
import { gatewayWith, PEERS, type Target } from './fanout/targets';

/** Peers that can run here; says of the others how to get them. */
function peersFor({ peers }: Options): Target[] {
  const wanted = PEERS.filter(({ name }) => !peers || peers.some((text) => name.toLowerCase().includes(text.toLowerCase())));
  return wanted.filter((peer) => {
    const missing = peer.missing();
    if (missing !== undefined) console.log(`without ${peer.name}: ${missing}`);
    return missing === undefined;
  });
}

/** Rounds take turns over the targets, each round beginning with another one: a slow moment of the machine meets all alike. */
async function measureCase(one: Case, rig: Rig, peers: readonly Target[], options: Options): Promise<RoundMeasurement[]> {
  const targets = [gatewayWith(options.workers), ...(one.peers ? peers : [])];
  const measured: RoundMeasurement[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < targets.length; turn++) {
      const target = targets[(round + turn) % targets.length];
      if (!target) continue;
      process.stderr.write(`${one.name}, round ${round + 1} of ${options.rounds}: ${target.name}\n`);
      try {
        measured.push(...(await one.run(rig, target, options)).map((result) => ({ ...result, round })));
      } catch (error) {
        // A peer that falls over is a result too; the others go on.
        const notes = [`failed: ${error instanceof Error ? error.message : String(error)}`];
        measured.push({ case: one.name, variant: 'failed', target: target.name, figures: {}, notes, round });
      }
    }
  }
  return measured;
}

async function measure(options: Options): Promise<Findings> {
  const peers = peersFor(options);
  const measurements: RoundMeasurement[] = [];
  const rig = new Rig(options.size);
  try {
    for (const one of CASES) {
      if (options.only.length > 0 && !options.only.includes(one.name)) continue;
      const missing = one.missing?.();
      if (missing !== undefined) {
        console.log(`\n${one.name}: not measured: ${missing}`);
        continue;
      }
      measurements.push(...(await measureCase(one, rig, peers, options)));
      console.log(tableOf(one, summariesOf(measurements)));
    }
  } finally {
    rig.stop();
  }
  return { figures: { summaries: summariesOf(measurements), measurements } };
}

runBenchmark({ usage: USAGE, fileName: 'latest.json', readOptions, measure });
