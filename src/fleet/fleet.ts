import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../clock/clock';
import { freePort } from '../demo/port';
import { Program } from '../demo/program';
import { Balancer } from './balancer';
import { findRedis, HOW_TO_GET_REDIS } from './find-redis';
import { readFleetArguments, USAGE } from './fleet-arguments';
import { OwnRedis } from './own-redis';
import { replicaEnvironment } from './replica-environment';
import { Supervised } from './supervised';

const DEFAULT_PORT = 8000;
/** Longer than a slow machine needs to start so many Node processes. */
const START_LIMIT_MS = 90_000;
const PROBE_LIMIT_MS = 1000;

/** Wrong usage, as command-line programs report it. */
const EXIT_USAGE = 2;

interface Replica {
  readonly name: string;
  readonly port: number;
  /** Its first life: one that ends before it is ready would only end again. */
  readonly first: Program;
  /** From now on it is started again when it dies. */
  supervise(): Supervised<Program>;
}

/** What has been started, to be stopped in the opposite order. */
type Stops = (() => Promise<void>)[];

/** A reason why the fleet does not run, in words for whoever started it. */
class FleetError extends Error {}

/** A simulated exchange, Redis, replicas and a balancer, until `stopped`. */
async function fleet(replicaCount: number, stopped: Promise<'stopped'>, stops: Stops): Promise<void> {
  const port = Number(process.env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new FleetError('PORT must be a whole number from 0 to 65535.');
  if ((await freePort(port)) === undefined)
    throw new FleetError(`Port ${port} is taken. Choose another, such as: PORT=8100 npm run fleet -- --replicas ${replicaCount}`);
  console.log(`Starting a simulated exchange, Redis and ${replicaCount} replicas ...`);

  const exchange = Program.start('simulator/exchange.js', ['--port', '0'], {});
  stops.push(() => exchange.stop());
  const address = await Promise.race([exchange.line(/ws:\/\/127\.0\.0\.1:(\d+)/), stopped]);
  if (address === 'stopped') return;
  if (!address?.[1]) throw new FleetError(`The simulated exchange ended ${await exchange.ended}.`);

  const redis = await startRedis(stops);
  const env = replicaEnvironment({
    ENVIRONMENT: process.env['ENVIRONMENT'] ?? 'demo',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    BYBIT_WS_URL: `ws://127.0.0.1:${address[1]}`,
    BYBIT_REST_URL: `http://127.0.0.1:${address[1]}`,
    REDIS_URL: redis.url,
    REDIS_KEY_PREFIX: 'tapecast-fleet:',
    METRICS_PORT: '0',
    HOST: '127.0.0.1',
  });
  const replicas: Replica[] = [];
  for (let i = 1; i <= replicaCount; i++) replicas.push(await startReplica(`replica ${i}`, env, stops));
  const allReady = Promise.all(replicas.map(({ port: one }) => ready(one))).then(() => 'ready' as const);
  const failed = Promise.race(replicas.map(async ({ name, first }) => `${name} ended ${await first.ended} before it was ready.`));
  const outcome = await Promise.race([allReady, failed, stopped]);
  if (outcome === 'stopped') return;
  if (outcome !== 'ready') throw new FleetError(outcome);
  const supervised = replicas.map((replica) => replica.supervise());

  const balancer = await Balancer.start({
    port,
    backends: replicas.map((replica) => replica.port),
    probe: takesClients,
    clock: systemClock,
  });
  stops.push(() => balancer.stop());
  const named = replicas.map(({ port: one }, i) => ({ port: one, pid: supervised[i]?.now.pid ?? 0 }));
  printBanner(balancer.port, named, redis.pid, address[1]);
  await stopped;
}

/** The pid is 0 when the Redis is not ours. */
async function startRedis(stops: Stops): Promise<{ readonly url: string; readonly pid: number }> {
  const given = process.env['REDIS_URL'] ?? '';
  if (given !== '') return { url: given, pid: 0 };
  const file = findRedis(process.env['PATH'] ?? '');
  if (file === undefined) throw new FleetError(HOW_TO_GET_REDIS);
  const port = await anyPort();
  const start = (): Promise<OwnRedis> => OwnRedis.start(file, port);
  const first = await start();
  if (!first.ready) throw new FleetError(`${file} ended ${await first.ended}.`);
  const redis = new Supervised(first, { name: 'Redis', clock: systemClock, start, print: (line) => console.log(line) });
  stops.push(() => redis.stop());
  return { url: `redis://127.0.0.1:${port}`, pid: first.pid };
}

async function startReplica(name: string, env: Readonly<Record<string, string>>, stops: Stops): Promise<Replica> {
  const port = await anyPort();
  const start = (): Program => {
    const program = Program.start('main.js', [], { ...env, PORT: String(port) });
    program.pipe((line) => console.log(`${name}: ${line}`));
    return program;
  };
  const first = start();
  let life: { stop(): Promise<void> } = first;
  stops.push(() => life.stop());
  const supervise = (): Supervised<Program> => {
    const again = (): Promise<Program> => Promise.resolve(start());
    const supervised = new Supervised(first, { name, clock: systemClock, start: again, print: (line) => console.log(line) });
    life = supervised;
    return supervised;
  };
  return { name, port, first, supervise };
}

async function anyPort(): Promise<number> {
  return (await freePort(0)) ?? 0;
}

async function takesClients(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function ready(port: number): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  while (!(await takesClients(port))) {
    if (Date.now() > limit) throw new FleetError(`A replica was not ready after ${START_LIMIT_MS / 1000} s.`);
    await wait(50);
  }
}

interface Named {
  readonly port: number;
  readonly pid: number;
}

function printBanner(port: number, replicas: readonly Named[], redisPid: number, exchangePort: string): void {
  const url = port === DEFAULT_PORT ? '' : `--url ws://127.0.0.1:${port}/ws `;
  const lines = replicas.map(({ port: one, pid }, i) => `replica ${i + 1}   http://127.0.0.1:${one}/health   pid ${pid}`);
  console.log(`
  ${replicas.length} replicas of Tapecast are ready behind a balancer; one of them holds the connection to a simulated exchange.

    WebSocket   ws://127.0.0.1:${port}/ws
    ${lines.join('\n    ')}
    exchange    http://127.0.0.1:${exchangePort}/control

  Live prices: paste this into another terminal, in this folder
    npm run watch -- ${url}ticker:BTCUSDT trade:BTCUSDT

  The replica whose /health names markets in fleet.held is the holder: it has the connection to the exchange, once somebody wants data.

  Kill a part, and see there what clients see. It is started again 5 s later, and its new pid is printed here.
  While Redis is gone every replica goes on alone; they share again about 1.5 s after it is back.
    kill -9 ${replicas[0]?.pid ?? ''}${redisPid === 0 ? '' : `       the first replica\n    kill -9 ${redisPid}       Redis`}
    curl -X POST http://127.0.0.1:${exchangePort}/control/faults -d '{"fault":"drop"}'

  Ctrl-C stops everything.
`);
}

async function main(): Promise<number> {
  const stopped = new Promise<'stopped'>((resolve) => {
    process.on('SIGINT', () => resolve('stopped'));
    process.on('SIGTERM', () => resolve('stopped'));
  });
  const replicas = readFleetArguments(process.argv.slice(2));
  if (replicas === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (typeof replicas !== 'number') {
    console.error(`${replicas.error}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  const stops: Stops = [];
  try {
    await fleet(replicas, stopped, stops);
    return 0;
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
