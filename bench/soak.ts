/**
 * A soak: clients connect, subscribe, stall and vanish for minutes against a real gateway and the simulated exchange; then memory, handles and
 * descriptors of the gateway must be what they were after the warm-up. Ends with 1 when they are not.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seeded } from './frames';
import { Insides, type Memory } from './fanout/insides';
import { freePort, startExchange, startGateway, type RunningTarget } from './fanout/targets';
import { Visitors } from './load/visitors';

const USAGE = `Churn soak: clients come, stall and vanish, and everything must be given back.

  npm run soak -- [--minutes N] [--clients N] [--seed N]

  --minutes N   default 10, after a warm-up of a sixth of it, at least 30 s
  --clients N   at any moment, default 300
  --seed N      default 1`;

const EXIT_USAGE = 2;
/** The warm-up goes on until so many have joined for each who is there at any moment: on a busy machine that takes longer. */
const WARM_JOINS = 8;
const LONGEST_WARM_UP_SECONDS = 300;
const SYMBOLS = 60;
const MB = 1024 * 1024;
const REPORT_EVERY_MS = 15_000;
const STALL_TIMEOUT_SECONDS = 3;
/** Small, so that quiet streams have theirs full within the warm-up. */
const HISTORY_SIZE = 16;
/** A stalled client's time-out, its closing handshake, and the linger of the streams that nobody wants any more. */
const QUIET_LIMIT_MS = 60_000;
/** What may be more than after the warm-up: code goes on being compiled, and maps do not shrink. */
const MORE_IN_USE_MB = 8;
const MORE_RSS_SHARE = 0.25;
const MORE_HANDLES = 3;

/** The gateway with nobody connected. */
interface Quiet {
  readonly memory: Memory;
  readonly resources: ReadonlyMap<string, number>;
  readonly descriptors: number;
}

interface Stats {
  readonly connections: { readonly active_connections: number };
}

async function activeConnections({ port }: RunningTarget): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`, { headers: { connection: 'close' } });
  return ((await response.json()) as Stats).connections.active_connections;
}

/** Waits until the last client is gone and the streams are let go, then collects. */
async function quiet(gateway: RunningTarget, insides: Insides): Promise<Quiet> {
  const until = performance.now() + QUIET_LIMIT_MS;
  while ((await activeConnections(gateway)) > 0) {
    if (performance.now() > until)
      throw new Error(`connections are still there ${QUIET_LIMIT_MS / 1000} s after the last client left`);
    await pause(500);
  }
  // Streams linger for those who come back, then sockets to the exchange follow.
  await pause(15_000);
  const memory = await insides.memoryInUse();
  return { memory, resources: await insides.resources(), descriptors: insides.descriptors() };
}

function inUse({ heapUsed, external }: Memory): number {
  return (heapUsed + external) / MB;
}

function shown({ memory, resources, descriptors }: Quiet): string {
  const handles = [...resources].map(([name, count]) => `${count} ${name}`).join(', ');
  return `${inUse(memory).toFixed(1)} MB in use, RSS ${(memory.rss / MB).toFixed(0)} MB, ${descriptors} descriptors; ${handles}`;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** What is more than it may be. */
function growth(before: Quiet, after: Quiet): string[] {
  const problems: string[] = [];
  const used = inUse(after.memory) - inUse(before.memory);
  if (used > MORE_IN_USE_MB) problems.push(`${used.toFixed(1)} MB more in use (bound ${MORE_IN_USE_MB})`);
  const rss = after.memory.rss / before.memory.rss - 1;
  if (rss > MORE_RSS_SHARE) problems.push(`resident memory ${(rss * 100).toFixed(0)} % larger (bound ${MORE_RSS_SHARE * 100} %)`);
  const handles = sum(after.resources) - sum(before.resources);
  if (handles > MORE_HANDLES) problems.push(`${handles} more handles (bound ${MORE_HANDLES})`);
  const descriptors = after.descriptors - before.descriptors;
  if (descriptors > MORE_HANDLES) problems.push(`${descriptors} more descriptors (bound ${MORE_HANDLES})`);
  return problems;
}

async function churn(visitors: Visitors, insides: Insides, gateway: RunningTarget, seconds: number, joins = 0): Promise<void> {
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / 1000;
  visitors.start();
  while (passed() < seconds || visitors.joined < joins) {
    if (passed() > seconds + LONGEST_WARM_UP_SECONDS)
      throw new Error(`only ${visitors.joined} clients joined in ${passed().toFixed(0)} s`);
    await pause(REPORT_EVERY_MS);
    const memory = await insides.memoryInUse();
    const size = `${inUse(memory).toFixed(1)} MB in use, RSS ${(memory.rss / MB).toFixed(0)} MB, ${insides.descriptors()} descriptors`;
    console.log(`${visitors.told()}, ${gateway.slowClosed()} closed as too slow; ${size}`);
    if (!gateway.server.alive) throw new Error(`the gateway died: ${gateway.server.complaints}`);
  }
  visitors.stop();
}

async function soak(minutes: number, clients: number, seed: number): Promise<boolean> {
  const exchange = await startExchange(SYMBOLS);
  const inspectPort = await freePort();
  const env = {
    FANOUT_CALLBACK_TIMEOUT: String(STALL_TIMEOUT_SECONDS),
    CLIENT_QUEUE_BYTES: '262144',
    HISTORY_SIZE: String(HISTORY_SIZE),
  };
  const gateway = await startGateway(exchange.port, env, [`--inspect=127.0.0.1:${inspectPort}`]);
  const insides = await Insides.of(gateway.server.pid, inspectPort);
  try {
    const visitors = new Visitors(gateway.port, await exchange.symbols(), clients, seeded(seed));
    const warmUp = Math.max(30, minutes * 10);
    console.log(`${minutes} minutes, ${clients} clients at any moment, seed ${seed}; warm-up ${warmUp.toFixed(0)} s`);
    await churn(visitors, insides, gateway, warmUp, clients * WARM_JOINS);
    const before = await quiet(gateway, insides);
    console.log(`after the warm-up: ${shown(before)}`);
    await churn(visitors, insides, gateway, minutes * 60);
    const after = await quiet(gateway, insides);
    console.log(`at the end:        ${shown(after)}`);
    const problems = growth(before, after);
    if (visitors.joined === 0 || gateway.slowClosed() === 0)
      problems.push('nothing was soaked: no client came in, or none was too slow');
    console.log(
      problems.length === 0 ? 'everything was given back' : problems.map((problem) => `NOT given back: ${problem}`).join('\n'),
    );
    return problems.length === 0;
  } finally {
    insides.close();
    gateway.stop();
    exchange.server.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      clients: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const [minutes, clients, seed] = [Number(values.minutes), Number(values.clients), Number(values.seed)];
  if (values.help || !(minutes > 0 && clients >= 1 && Number.isInteger(clients) && Number.isFinite(seed))) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : EXIT_USAGE;
    return;
  }
  process.exitCode = (await soak(minutes, clients, seed)) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
