import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../../../src/simulator/random';
import { areToldLive } from '../checker/statuses';
import { type Verdict, verdictOf } from '../checker/verdict';
import { argsOf, Crowd, type LoadShape, topicsOf } from './load';
import { TestFleet, within } from './test-fleet';

export interface StormOptions {
  readonly seed: number;
  readonly clients: number;
  /** Frames per second of the exchange. */
  readonly rate: number;
  readonly lastsMs: number;
  /** Connections broken per second. */
  readonly kicksPerSecond: number;
}

export interface StormResult {
  readonly kicks: number;
  readonly numbered: number;
  /** Streams resumed to the letter, and those that began anew with a notice or a snapshot. */
  readonly recovered: number;
  readonly notRecovered: number;
  readonly verdict: Verdict;
}

const REPLICAS = 3;
const KICK_EVERY_MS = 100;
const LIMIT_MS = 30_000;

/** Trades and books of five symbols; every client has one symbol's trades and book. */
function shapeOf({ rate, clients }: StormOptions): LoadShape {
  const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT'];
  return { rate, symbols, clients: clients / REPLICAS, streams: 2, depths: [50] };
}

/** Breaks connections of a crowd at random while messages come, and judges what everybody heard after resuming elsewhere. */
export async function recoveryStorm(options: StormOptions): Promise<StormResult> {
  const shape = shapeOf(options);
  const isBusy = (name: string): boolean => /trade|orderbook/i.test(name);
  const random = seededRandom(options.seed);
  const topics = topicsOf(shape).filter(isBusy);
  const fleet = await TestFleet.start({ replicas: REPLICAS, redis: true, seed: options.seed, rate: options.rate, topics });
  const crowd = new Crowd(fleet.urls, argsOf(shape).filter(isBusy), random);
  let kicks = 0;
  try {
    crowd.join(options.clients, shape.streams);
    await within(LIMIT_MS, 'every client has data', () => crowd.heardSince(0, shape.streams));
    const end = performance.now() + options.lastsMs;
    let owed = 0;
    while (performance.now() < end) {
      await wait(KICK_EVERY_MS);
      for (owed += (options.kicksPerSecond * KICK_EVERY_MS) / 1000; owed >= 1; owed--) {
        crowd.clients[Math.floor(random() * crowd.clients.length)]?.kick();
        kicks++;
      }
    }
    const after = performance.now();
    await within(LIMIT_MS, 'every client has data again', () => crowd.heardSince(after + 500, shape.streams));
    await within(LIMIT_MS, 'every client is told that all is well', () => areToldLive(crowd.clients));
    crowd.stop();
    const verdict = verdictOf(crowd.clients, fleet.truth.reference);
    const replies = crowd.clients.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        entry.kind === 'frame' && entry.frame.op === 'subscribe' ? (entry.frame['streams'] as { recovered?: boolean }[]) : [],
      ),
    );
    return {
      kicks,
      numbered: verdict.looked.frames,
      recovered: replies.filter(({ recovered }) => recovered === true).length,
      notRecovered: replies.filter(({ recovered }) => recovered === false).length,
      verdict,
    };
  } finally {
    crowd.stop();
    await fleet.stop();
  }
}
