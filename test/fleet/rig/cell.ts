import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '../../../src/simulator/random';
import type { Entry } from '../checker/client-log';
import { type Verdict, verdictOf } from '../checker/verdict';
import { type FaultName, inject, type Target } from './faults';
import type { FleetClient } from './fleet-client';
import { argsOf, Crowd, type Load, SHAPES, topicsOf } from './load';
import { TestFleet, within } from './test-fleet';

export interface CellName {
  readonly target: Target;
  readonly fault: FaultName;
  readonly load: Load;
}

/** What came of one cell. Times in ms from the fault. */
export interface CellResult extends CellName {
  /** When the first client was told, or lost its connection; undefined when none was. */
  readonly detected: number | undefined;
  /** The longest that any client had no data, of those on the replica that was hit and of the others. */
  readonly silent: { readonly hit: number | undefined; readonly others: number | undefined };
  /** Gap notices that clients got from then on. */
  readonly gapsDeclared: number;
  /** From the end of the fault until the fleet had one connection to the exchange; undefined when it had not in time. */
  readonly oneUpstream: number | undefined;
  readonly verdict: Verdict;
  /** Anything else that is wrong, in words. */
  readonly problems: readonly string[];
  readonly logs: readonly FleetClient[];
  readonly output: Readonly<Record<string, readonly string[]>>;
}

const REPLICAS = 3;
const START_LIMIT_MS = 20_000;
const SETTLE_MS = 1000;
/** A fleet must be whole again by then. */
const HEAL_LIMIT_MS = 10_000;
const AFTERWARDS_MS = 1500;
/** Clients that come at the very moment, in `snapshot`. */
const SUDDEN_CLIENTS = 30;

/** Starts a fleet, breaks one thing, waits until all is well, and judges what the clients heard. At most about 45 s. */
export async function runCell(name: CellName, seed: number, redis = true): Promise<CellResult> {
  const shape = SHAPES[name.load];
  const fleet = await TestFleet.start({ replicas: REPLICAS, redis, seed, rate: shape.rate, topics: topicsOf(shape) });
  const crowd = new Crowd(fleet.urls, argsOf(shape), seededRandom(seed));
  const problems: string[] = [];
  const complain = (error: unknown): undefined => void problems.push(error instanceof Error ? error.message : String(error));
  try {
    crowd.join(REPLICAS * shape.clients, shape.streams);
    // Candles may not move for a while.
    const busy = Math.min(shape.streams, argsOf(shape).length) - 2;
    await within(START_LIMIT_MS, 'every client has data', () => crowd.heardSince(0, busy));
    const oneHolder = () => !redis || fleet.holders.length === 1;
    await within(START_LIMIT_MS, 'one upstream', oneHolder).catch(complain);
    await wait(SETTLE_MS);
    if (name.load === 'snapshot') crowd.join(SUDDEN_CLIENTS, shape.streams);
    const from = performance.now();
    const { hit, over } = inject(fleet, name.target, name.fault, 1);
    const hitClients = new Set(hit ? crowd.at(fleet.replicas.indexOf(hit)) : []);
    await over;
    const healed = performance.now();
    const oneUpstream = await within(HEAL_LIMIT_MS, 'one upstream again', oneHolder).catch(complain);
    await within(HEAL_LIMIT_MS, 'every client has fresh data again', () => crowd.heardSince(healed + 500, busy)).catch(complain);
    await wait(AFTERWARDS_MS);
    const until = performance.now();
    await within(HEAL_LIMIT_MS, 'every replica is healthy', async () => (await unwell(fleet)).length === 0).catch(
      async (error: unknown) => {
        complain(error);
        problems.push(...(await unwell(fleet)));
      },
    );
    crowd.stop();
    const logs = crowd.clients;
    const longest = (which: readonly FleetClient[]) =>
      which.length === 0 ? undefined : Math.max(...which.map(({ entries }) => longestSilence(entries, from, until)));
    const rejected = logs.reduce((total, client) => total + client.rejected, 0);
    if (rejected > 0) problems.push(`${rejected} subscriptions were rejected`);
    return {
      ...name,
      detected: firstSign(logs, from),
      silent: {
        hit: longest([...hitClients]),
        others: longest(logs.filter((client) => !hitClients.has(client))),
      },
      gapsDeclared: logs.flatMap(({ entries }) => entries.filter((entry) => entry.at >= from && isGap(entry))).length,
      oneUpstream,
      // They read at once all that comes.
      verdict: verdictOf(logs, fleet.truth.reference, () => true),
      problems,
      logs,
      output: Object.fromEntries(fleet.replicas.map(({ part }) => [part.name, part.output])),
    };
  } finally {
    crowd.stop();
    const codes = await fleet.stop();
    if (codes.some((code) => code !== 0)) complain(`replicas ended with ${codes.join(', ')}`);
  }
}

/** What replicas say that are not well. */
async function unwell(fleet: TestFleet): Promise<string[]> {
  const answers = await Promise.all(fleet.replicas.map((replica) => fleet.ask(replica, '/health')));
  return answers.flatMap((answer, i) =>
    answer?.status === 200 ? [] : [`replica ${i + 1}: ${answer ? JSON.stringify(answer.body) : 'no answer'}`],
  );
}

/** When the first client was told that something is wrong, or noticed by its connection. */
function firstSign(clients: readonly FleetClient[], from: number): number | undefined {
  const signs = clients.flatMap(({ entries }) =>
    entries.filter((entry) => entry.at >= from && isSign(entry)).map(({ at }) => at),
  );
  return signs.length === 0 ? undefined : Math.min(...signs) - from;
}

function isGap(entry: Entry): boolean {
  return entry.kind === 'frame' && entry.frame.op === 'gap';
}

function isSign(entry: Entry): boolean {
  if (entry.kind !== 'frame') return entry.kind === 'closed';
  const { op, state } = entry.frame;
  return op === 'gap' || (op === 'status' && state !== 'live');
}

function longestSilence(entries: readonly Entry[], from: number, until: number): number {
  let last: number | undefined;
  let longest = 0;
  for (const entry of entries) {
    if (entry.kind !== 'frame' || entry.frame.op !== undefined) continue;
    if (last !== undefined && entry.at > from) longest = Math.max(longest, entry.at - Math.max(last, from));
    last = entry.at;
  }
  return last === undefined ? until - from : Math.max(longest, until - Math.max(last, from));
}
