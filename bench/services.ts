/**
 * What serving back-end services costs WebSocket clients, how long their events and answers take, and how soon everything is back: over a
 * real process, PostgreSQL and RabbitMQ, each of which is frozen and killed meanwhile. Ends with 1 when a promise was not kept.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { machine } from './fanout/machine';
import type { RoundMeasurement } from './fanout/measurement';
import { summariesOf, tableOf } from './fanout/report';
import { ROOT } from './fanout/targets';
import { CALLS, DELIVERY, EVENTS, RATE } from './services/cases';
import { COMING_BACK, ComingBack } from './services/coming-back';
import { Delivery } from './services/delivery';
import { Deployment } from './services/deployment';
import { type Options, type Part, readOptions, USAGE } from './services/options';

/** Wrong usage, as command-line programs report it. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

interface Result {
  readonly measurements: readonly RoundMeasurement[];
  readonly problems: readonly string[];
}

async function measure({ only, rounds, seconds }: Options): Promise<Result> {
  const wanted = (part: Part) => only.length === 0 || only.includes(part);
  const deployment = await Deployment.start(RATE);
  const delivery = new Delivery(deployment, seconds);
  const measurements: RoundMeasurement[] = [];
  const problems: string[] = [];
  const show = (...shown: Parameters<typeof tableOf>[0][]) => {
    const summaries = summariesOf(measurements);
    for (const one of shown) console.log(tableOf(one, summaries));
  };
  try {
    await delivery.start();
    await delivery.warmUp();
    for (let round = 0; wanted('phases') && round < rounds; round++) {
      const { measurements: some, problems: wrong } = await delivery.round(round);
      measurements.push(...some.map((one) => ({ ...one, round })));
      problems.push(...wrong);
    }
    if (wanted('phases')) show(DELIVERY, EVENTS, CALLS);
    const comingBack = new ComingBack(deployment);
    for (let round = 0; wanted('coming-back') && round < rounds; round++) {
      const { measurements: some, problems: wrong } = await comingBack.round();
      measurements.push(...some.map((one) => ({ ...one, round })));
      await delivery.complete('coming back');
      problems.push(...wrong, ...delivery.takeProblems());
    }
    if (wanted('coming-back')) show(COMING_BACK);
  } finally {
    delivery.stop();
    await deployment.stop();
  }
  return { measurements, problems };
}

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const here = machine();
  console.log(here.text);
  const { measurements, problems } = await measure(options);
  const file = resolve(options.json ?? join(ROOT, 'bench/results/services.json'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ machine: here, options, measurements, problems }, null, 1));
  console.log(`\neverything: ${file}`);
  if (problems.length === 0) console.log('every promise was kept: the account complete and in order, the health page true');
  for (const problem of problems) console.error(`! ${problem}`);
  return problems.length === 0 ? 0 : EXIT_FAILED;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(EXIT_INTERRUPTED));
main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(EXIT_FAILED);
  },
);
