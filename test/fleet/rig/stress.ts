import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { seededRandom } from '../../../src/simulator/random';
import { areToldLive } from '../checker/statuses';
import { type Verdict, verdictOf } from '../checker/verdict';
import { argsOf, Crowd, type LoadShape, topicsOf } from './load';
import { TestFleet, within } from './test-fleet';

export interface StressResult {
  /** What was done, in order. */
  readonly did: readonly string[];
  readonly verdict: Verdict;
  /** What was not well at the end, and what was left behind. */
  readonly problems: readonly string[];
  readonly crowd: Crowd;
  readonly output: Readonly<Record<string, readonly string[]>>;
}

const REPLICAS = 2;
const SHAPE: LoadShape = { rate: 200, symbols: ['BTCUSDT', 'ETHUSDT'], clients: 6, streams: 4, depths: [50] };
const LASTS_MS = 12_000;
const LIMIT_MS = 20_000;
const PREFIX = 'stress:';
/** How long a lease lasts that nobody renews, as src/pubsub/fleet/lease.ts has it. */
const LEASE_MS = 1500;

type Act = (fleet: TestFleet, pick: (count: number) => number) => Promise<void>;

const replicaOf = (fleet: TestFleet, pick: (count: number) => number) =>
  fleet.replicas[pick(REPLICAS)] as TestFleet['replicas'][0];

/** What can happen to a fleet. Each leaves every part running. */
const ACTS: Readonly<Record<string, Act>> = {
  'kill a replica': async (fleet, pick) => {
    const { part } = replicaOf(fleet, pick);
    await part.kill();
    await part.startAgain();
  },
  'restart a replica': async (fleet, pick) => {
    const { part } = replicaOf(fleet, pick);
    await part.stop();
    await part.startAgain();
  },
  'freeze a replica': async (fleet, pick) => {
    const { part } = replicaOf(fleet, pick);
    part.freeze();
    await wait(500 + pick(2500));
    part.thaw();
  },
  'kill Redis': async ({ redis }, pick) => {
    await redis?.process.kill();
    await wait(pick(1500));
    await redis?.process.restart();
  },
  'freeze Redis': async ({ redis }, pick) => {
    await redis?.process.pause();
    await wait(500 + pick(3000));
    await redis?.process.resume();
  },
  'reset a link to Redis': async (fleet, pick) => {
    replicaOf(fleet, pick).toRedis?.reset();
    await wait(500);
  },
  'forget a link to Redis': async (fleet, pick) => {
    replicaOf(fleet, pick).toRedis?.forget(pick(2) === 0 ? ['toClient'] : undefined);
    await wait(1000);
  },
  'hold a link to Redis': async (fleet, pick) => {
    const { toRedis } = replicaOf(fleet, pick);
    toRedis?.treat({ held: true });
    await wait(200 + pick(3000));
    toRedis?.heal();
  },
  'slice a link to Redis': async (fleet, pick) => {
    const { toRedis } = replicaOf(fleet, pick);
    toRedis?.treat({ slicedBytes: 256, latencyMs: pick(100) });
    await wait(1000);
    toRedis?.heal();
  },
  'half-close a link to Redis': async (fleet, pick) => {
    replicaOf(fleet, pick).toRedis?.halfClose(pick(2) === 0 ? 'toClient' : 'toServer');
    await wait(500);
  },
  'reset links to the exchange': async (fleet) => {
    for (const { toExchange } of fleet.replicas) toExchange.reset();
    await wait(500);
  },
  'forget links to the exchange': async (fleet) => {
    for (const { toExchange } of fleet.replicas) toExchange.forget();
    await wait(1000);
  },
};

/** Sockets, servers and child processes of this process. */
function openHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|Process/.test(name)).length;
}

/** Does things at random to a fleet of two replicas, then judges what its clients heard and looks for what was left behind. */
export async function stress(seed: number): Promise<StressResult> {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const env = { REDIS_KEY_PREFIX: PREFIX, UPSTREAM_LINGER: '0.2' };
  const handles = openHandles();
  const fleet = await TestFleet.start({ replicas: REPLICAS, redis: true, seed, rate: SHAPE.rate, topics: topicsOf(SHAPE), env });
  const crowd = new Crowd(fleet.urls, argsOf(SHAPE), random);
  const problems: string[] = [];
  const complain = (error: unknown): void => void problems.push(error instanceof Error ? error.message : String(error));
  const did: string[] = [];
  try {
    crowd.join(REPLICAS * SHAPE.clients, SHAPE.streams);
    await within(LIMIT_MS, 'every client has data', () => crowd.heardSince(0, 2));
    const end = performance.now() + LASTS_MS;
    while (performance.now() < end) {
      const name = Object.keys(ACTS)[pick(Object.keys(ACTS).length)] ?? '';
      did.push(name);
      const kicked = Array.from({ length: pick(4) }, () => crowd.clients[pick(crowd.clients.length)]);
      for (const client of kicked) client?.kick();
      await ACTS[name]?.(fleet, pick);
      await wait(pick(800));
    }
    const after = performance.now();
    await within(LIMIT_MS, 'one upstream', () => fleet.holders.length === 1).catch(complain);
    await within(LIMIT_MS, 'every client has fresh data', () => crowd.heardSince(after + 500, 2)).catch(complain);
    await within(LIMIT_MS, 'every client is told that all is well', () => areToldLive(crowd.clients)).catch(complain);
    crowd.stop();
    const verdict = verdictOf(crowd.clients, fleet.truth.reference);
    await leaks(fleet, complain);
    const output = Object.fromEntries(fleet.replicas.map(({ part }) => [part.name, part.output]));
    return { did, verdict, problems, crowd, output };
  } finally {
    crowd.stop();
    const codes = await fleet.stop();
    if (codes.some((code) => code !== 0)) complain(`replicas ended with ${codes.join(', ')}`);
    await within(LIMIT_MS, 'nothing is open in the test itself', () => openHandles() <= handles).catch(complain);
  }
}

/** Nobody listens any more: nothing may be subscribed, connected or kept for ever. Ends the replicas. */
async function leaks(fleet: TestFleet, complain: (error: unknown) => void): Promise<void> {
  // Redis itself would find out by keepalive, five minutes later, that nobody is behind a connection.
  for (const { toRedis } of fleet.replicas) toRedis?.bury();
  const redis = new Redis(fleet.redis?.process.port ?? 0, '127.0.0.1');
  try {
    await within(LIMIT_MS, 'no connection to the exchange', () => fleet.holders.length === 0).catch(complain);
    for (const replica of fleet.replicas) {
      const empty = async (): Promise<boolean> => {
        const stats = (await fleet.ask(replica, '/stats'))?.body as Stats | undefined;
        return stats?.connections.active_connections === 0 && stats.pubsub.active_channels === 0;
      };
      await within(LIMIT_MS, `${replica.part.name} has neither clients nor subscriptions`, empty).catch(complain);
    }
    // A stream's channel ends with its brace; replicas that live have channels of their own.
    const channels = async (): Promise<string[]> => (await redis.pubsub('CHANNELS', `${PREFIX}{*}`)) as string[];
    await within(LIMIT_MS, 'no stream has a subscriber at Redis', async () => (await channels()).length === 0).catch(complain);
    await Promise.all(fleet.replicas.map(({ part }) => part.stop()));
    await within(LIMIT_MS, 'Redis has no connection of a replica', async () => {
      const clients = String(await redis.client('LIST'));
      return clients.trim().split('\n').length === 1;
    }).catch(async (error: unknown) => complain(`${String(error)}: ${String(await redis.client('LIST'))}`));
    for (const key of await redis.keys('*')) {
      // A fencing number may never begin anew, so its key stays.
      if (/:fence$/.test(key)) continue;
      const left = await redis.pttl(key);
      if (left === -1) complain(`${key} stays for ever`);
      else if (/:lease$/.test(key)) await expires(redis, key, left).catch(complain);
    }
  } finally {
    redis.disconnect();
  }
}

/**
 * A lease is given back by whoever holds it at the end, but not by a replica whose request for it is answered after it has left, nor
 * by one that Redis is out of reach for: those expire, as after a kill.
 */
async function expires(redis: Redis, key: string, leftMs: number): Promise<void> {
  if (leftMs > LEASE_MS) throw new Error(`${key} lasts for another ${leftMs} ms`);
  await within(2 * LEASE_MS, `${key} has expired`, async () => (await redis.exists(key)) === 0);
}

interface Stats {
  readonly connections: { readonly active_connections: number };
  readonly pubsub: { readonly active_channels: number };
}
