import { mixedJoiners, symbolsOf } from '../fanout/audience';
import { CPU, DELIVERED, GENERATOR, LOAD, P50, P95, P99, type Column } from '../fanout/cases/case';
import { OURS, type Measurement } from '../fanout/measurement';
import type { Rig, Seated } from '../fanout/rig';
import { startExchange, startGateway, type RunningTarget } from '../fanout/targets';
import type { RedisMeter } from './redis-meter';

const CLIENTS = 1000;
const SYMBOLS = symbolsOf(100);
const STREAMS_EACH = 20;
const RATES = [2000, 5000];
const WARM_UP_RATE = 5000;
const WARM_UP_SECONDS = 2;
/** So that all write equally often: left alone, processes with time to spare flush more often, which saves latency for CPU. */
const FLUSH_MS = '20';

export const REPLICAS = {
  name: 'replicas',
  about: `${CLIENTS} clients listen to 20 of 100 tickers each, spread evenly over replicas; CPU is that of all replicas, Redis apart. gain: what as many free cores would carry, against one process without Redis`,
  aim: 'deliveries/s of 2 replicas as near as can be to twice those of 1',
  columns: [
    CPU,
    { title: 'gain', figure: 'gain', digits: 2 },
    LOAD,
    { title: 'Redis µs/msg', figure: 'redisMicros', digits: 1 },
    { title: 'Redis %', figure: 'redisCpu', digits: 0, times: 100 },
    P50,
    P95,
    P99,
    DELIVERED,
    { title: 'RSS MB', figure: 'rssMb', digits: 0 },
    GENERATOR,
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;

interface Setup {
  readonly name: string;
  readonly replicas: number;
  readonly redis: boolean;
}

const SETUPS: readonly Setup[] = [
  { name: OURS, replicas: 1, redis: false },
  { name: '1 replica, Redis', replicas: 1, redis: true },
  { name: '2 replicas, Redis', replicas: 2, redis: true },
];

/** Clients on replicas. */
export class Replicas {
  private fleets = 0;

  constructor(
    private readonly rig: Rig,
    private readonly url: string,
    private readonly meter: RedisMeter,
    private readonly seconds: number,
  ) {}

  /** Each setup once, another one first in each round. */
  async round(number: number): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    for (let turn = 0; turn < SETUPS.length; turn++) {
      const setup = SETUPS[(number + turn) % SETUPS.length];
      if (setup) measured.push(...(await this.measure(setup)));
    }
    return withGain(measured);
  }

  /** How many connections the exchange sees when clients of every replica want two of its markets. */
  async atTheExchange(replicas: number): Promise<{ exchange: number; redis: number }> {
    const exchange = await startExchange(5);
    const running: RunningTarget[] = [];
    try {
      const env = { ...this.fleetEnv(), BYBIT_MARKETS: 'linear,spot' };
      for (let i = 0; i < replicas; i++) running.push(await startGateway(exchange.port, env));
      const symbols = await exchange.symbols();
      const streams = symbols.slice(0, 2).flatMap((symbol) => [`ticker:${symbol}`, `spot/ticker:${symbol}`]);
      for (const { port, dialect } of running) {
        const open = { port, dialect, joiners: [{ streams }], atOnce: 1, sampled: 'nothing' as const };
        await this.rig.crowd.ask({ open });
      }
      const response = await fetch(`http://127.0.0.1:${exchange.port}/control`);
      const { connections } = (await response.json()) as { connections: unknown[] };
      return { exchange: connections.length, redis: await this.meter.connections() };
    } finally {
      await this.rig.clear();
      for (const one of running) one.stop();
      exchange.server.stop();
    }
  }

  private async measure({ name, replicas, redis }: Setup): Promise<Measurement[]> {
    const feedPort = await this.rig.publisher(SYMBOLS, []);
    const joiners = mixedJoiners(CLIENTS, SYMBOLS, STREAMS_EACH);
    const env = { FANOUT_FLUSH_MS: FLUSH_MS, ...(redis ? this.fleetEnv() : {}) };
    const seats: Seated[] = [];
    try {
      for (let i = 0; i < replicas; i++) {
        const its = joiners.filter((_, client) => client % replicas === i);
        seats.push(await this.rig.seat(await startGateway(feedPort, env), { symbols: SYMBOLS, joiners: its }));
      }
      const seated = together(seats);
      // The way over Redis takes longer to get hot than the rest.
      await this.rig.warmUp(seated, WARM_UP_RATE, WARM_UP_SECONDS);
      const measured: Measurement[] = [];
      for (const rate of RATES) measured.push(await this.window(name, seated, rate));
      return measured;
    } finally {
      await this.rig.clear();
      for (const { target } of seats) target.stop();
    }
  }

  private async window(name: string, seated: Seated, rate: number): Promise<Measurement> {
    await this.meter.begin();
    const { figures, notes } = await this.rig.window(seated, rate, this.seconds);
    const { cpuSeconds } = await this.meter.work();
    const redis = { redisMicros: (cpuSeconds / (rate * this.seconds)) * 1e6, redisCpu: cpuSeconds / (figures['seconds'] ?? NaN) };
    return { case: REPLICAS.name, variant: `${rate} msg/s`, target: name, notes, figures: { ...figures, ...redis } };
  }

  /** A prefix of its own: the fleet before has left its streams. */
  private fleetEnv(): Record<string, string> {
    return { REDIS_URL: this.url, REDIS_KEY_PREFIX: `bench-${++this.fleets}:` };
  }
}

/** Clients of several replicas as those of one target. */
function together(seats: readonly Seated[]): Seated {
  const [first] = seats;
  if (!first) throw new Error('no replica');
  return {
    ...first,
    target: { ...first.target, others: seats.slice(1).map(({ target }) => target.server) },
    audience: SYMBOLS.map((_, symbol) => seats.reduce((sum, { audience }) => sum + (audience[symbol] ?? 0), 0)),
  };
}

function withGain(measured: readonly Measurement[]): Measurement[] {
  return measured.map((one) => {
    const alone = measured.find(({ target, variant }) => target === OURS && variant === one.variant);
    const replicas = SETUPS.find(({ name }) => name === one.target)?.replicas ?? NaN;
    const gain = (replicas * (alone?.figures['cpuMicros'] ?? NaN)) / (one.figures['cpuMicros'] ?? NaN);
    return { ...one, figures: { ...one.figures, gain } };
  });
}
