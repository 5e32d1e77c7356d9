import { setTimeout as wait } from 'node:timers/promises';
import { RedisServer } from '../../support/servers/redis';
import { TcpProxy } from '../../support/tcp-proxy';
import { ExchangeListener } from './exchange-listener';
import { Part } from './part';
import { quietPort } from './quiet-port';

export interface TestFleetOptions {
  readonly replicas: number;
  /** Without it every replica is alone. */
  readonly redis: boolean;
  readonly seed: number;
  /** Frames per second of the exchange over all topics; 0: each topic's own pace. */
  readonly rate: number;
  /** The exchange's topics that the reference listens to. */
  readonly topics: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A replica, and the two ways that it has to the rest of the world, each of which can be cut. */
export interface Replica {
  readonly part: Part;
  readonly port: number;
  readonly url: string;
  readonly toExchange: TcpProxy;
  readonly toRedis: TcpProxy | undefined;
}

const LOOK_EVERY_MS = 20;
const HEALTH_LIMIT_MS = 2000;

/** Trouble is noticed within seconds, so that a whole matrix fits into half an hour. */
const QUICK = {
  BYBIT_PING_INTERVAL: '1',
  BYBIT_PING_TIMEOUT: '2',
  UPSTREAM_SILENCE_TIMEOUT: '3',
  BYBIT_MARKETS: 'linear',
};

/** The simulated exchange, Redis and replicas as processes of their own, with a network between them that can be made to fail. */
export class TestFleet {
  private constructor(
    private readonly options: TestFleetOptions,
    readonly exchange: Part,
    readonly exchangePort: number,
    readonly redis: RedisServer | undefined,
    readonly replicas: readonly Replica[],
    readonly truth: ExchangeListener,
  ) {
    process.once('exit', this.end);
  }

  /** Parts of our own end with this process by themselves. */
  private readonly end = (): void => void this.redis?.process.kill();

  static async start(options: TestFleetOptions): Promise<TestFleet> {
    const exchangePort = await quietPort();
    const ports = await Promise.all(Array.from({ length: options.replicas }, quietPort));
    const exchange = await Part.start({
      name: 'exchange',
      file: 'simulator/exchange.js',
      args: exchangeArgs(exchangePort, options, 0),
      ready: /simulated exchange ready/,
    });
    const truth = new ExchangeListener(`ws://127.0.0.1:${exchangePort}`, options.topics);
    await truth.start();
    const redis = options.redis ? await RedisServer.start() : undefined;
    const replicas: Replica[] = [];
    const fleet = new TestFleet(options, exchange, exchangePort, redis, replicas, truth);
    try {
      const started = ports.map((port, i) => startReplica(`replica ${i + 1}`, port, exchangePort, redis, options));
      for (const one of await Promise.allSettled(started)) {
        if (one.status === 'rejected') throw one.reason;
        replicas.push(one.value);
      }
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.replicas.map(({ url }) => url);
  }

  /** The replicas that are connected to the exchange: one, when all is well. */
  get holders(): Replica[] {
    return this.replicas.filter(({ toExchange }) => toExchange.connections > 0);
  }

  /** With another market than before, as a real exchange would have moved on. */
  async startExchangeAgain(life: number): Promise<void> {
    await this.exchange.startAgain(exchangeArgs(this.exchangePort, this.options, life));
  }

  /** What a replica says of itself; undefined when it does not answer. */
  async ask(replica: Replica, path: '/health' | '/stats' | '/ready'): Promise<{ status: number; body: unknown } | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${replica.port}${path}`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
      return { status: answer.status, body: await answer.json() };
    } catch {
      return undefined;
    }
  }

  /** Ends everything; returns what the replicas ended with. */
  async stop(): Promise<(number | null)[]> {
    this.truth.stop();
    const codes = await Promise.all(this.replicas.map(({ part }) => part.leave()));
    await Promise.all(this.replicas.map(({ toExchange }) => toExchange.stop()));
    for (const { toRedis } of this.replicas) await toRedis?.stop();
    await this.exchange.leave();
    await this.redis?.stop();
    process.off('exit', this.end);
    return codes;
  }
}

/** Resolves with how long it took; rejects when it has not come true in time. */
export async function within(limitMs: number, what: string, look: () => boolean | Promise<boolean>): Promise<number> {
  const start = performance.now();
  while (!(await look())) {
    if (performance.now() - start > limitMs) throw new Error(`after ${limitMs / 1000} s still not: ${what}`);
    await wait(LOOK_EVERY_MS);
  }
  return performance.now() - start;
}

function exchangeArgs(port: number, { seed, rate }: TestFleetOptions, life: number): string[] {
  return ['--port', String(port), '--seed', String((seed + life * 1000) % 4_294_967_295), '--rate', String(rate)];
}

async function startReplica(
  name: string,
  port: number,
  exchangePort: number,
  redis: RedisServer | undefined,
  options: TestFleetOptions,
): Promise<Replica> {
  const toExchange = await TcpProxy.start(exchangePort);
  const toRedis = redis && (await TcpProxy.start(redis.process.port));
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: '0',
    LOG_JSON: 'true',
    BYBIT_WS_URL: `ws://127.0.0.1:${toExchange.port}`,
    BYBIT_REST_URL: `http://127.0.0.1:${exchangePort}`,
    ...(toRedis && { REDIS_URL: `redis://127.0.0.1:${toRedis.port}` }),
    ...QUICK,
    ...options.env,
  };
  const part = await Part.start({ name, file: 'main.js', env, ready: /tapecast takes clients/ });
  return { part, port, url: `ws://127.0.0.1:${port}/ws`, toExchange, toRedis };
}
