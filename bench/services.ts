/**
 * What serving back-end services costs WebSocket clients, how long their events and answers take, and how soon everything is back: over a
 * real process, PostgreSQL and RabbitMQ, each of which is frozen and killed meanwhile. Ends with 1 when a promise was not kept.
 */
import { type Findings, runBenchmark } from './fanout/benchmark';
import type { RoundMeasurement } from './fanout/measurement';
import { summariesOf, tableOf } from './fanout/report';
import { CALLS, DELIVERY, EVENTS } from './services/cases';
import { COMING_BACK, ComingBack } from './services/coming-back';
import { Cores } from './services/cores';
import { Delivery } from './services/delivery';
import { Deployment } from './services/deployment';
import { type Options, type Part, readOptions, USAGE } from './services/options';

async function measure({ only, rounds, seconds, rate, apart }: Options): Promise<Findings> {
  const wanted = (part: Part) => only.length === 0 || only.includes(part);
  const cores = apart ? Cores.divide() : undefined;
  if (cores) console.log(`the gateway has core ${cores.own} for itself`);
  const deployment = await Deployment.start(rate, cores);
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
  if (problems.length === 0) console.log('\nevery promise was kept: the account complete and in order, the health page true');
  return { figures: { measurements }, problems };
}

runBenchmark({ usage: USAGE, fileName: 'services.json', readOptions, measure });
