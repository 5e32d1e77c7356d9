import { systemClock } from '../../src/clock/clock';
import { Replica } from '../../src/pubsub/fleet/replica';
import { serverAddress } from '../../src/pubsub/redis/address';
import { eventually } from '../support/eventually';
import { sharedRedis } from '../support/servers/redis';
import { describePubSub, HISTORY, type StartedPubSub } from './pubsub.contract';

/** A machine without Redis installs it first. */
const INSTALLATION_MS = 240_000;

let replicas = 0;

/** The only replica of its fleet, when it holds its markets. */
async function started(url: string, prefix: string): Promise<StartedPubSub> {
  const id = `replica${++replicas}`;
  const replica = new Replica(
    {
      address: serverAddress(url),
      prefix: `${prefix}${id}:`,
      maxConnections: 50,
      historySize: HISTORY,
      historyTtlMs: 60_000,
      brand: 'mudrex',
      markets: ['futures', 'spot'],
      id,
    },
    { clock: systemClock, random: Math.random, log: { info: () => undefined, warn: () => undefined } },
  );
  await replica.start();
  await eventually(() => replica.report().markets.every(({ held }) => held));
  return {
    pubsub: replica.pubsub,
    stop: async () => {
      await replica.pubsub.leave(0);
      replica.stop();
    },
  };
}

describe('on a Redis server', () => {
  let redis: Awaited<ReturnType<typeof sharedRedis>>;
  beforeAll(async () => (redis = await sharedRedis()), INSTALLATION_MS);
  afterAll(() => redis.stop());

  describePubSub('A replica that holds its markets', () => started(redis.url, redis.prefix));
});
