import { clusterAddress, serverAddress, type RedisAddress } from '../../src/pubsub/redis/address';
import type { PubSub } from '../../src/pubsub/pubsub';
import { Tailing } from '../../src/pubsub/tailing';
import { RedisSide } from '../support/redis-side';
import { RedisCluster } from '../support/servers/redis-cluster';
import { sharedRedis } from '../support/servers/redis';
import { describePubSub, HISTORY, type StartedPubSub } from './pubsub.contract';

/** A machine without Redis installs it first. */
const INSTALLATION_MS = 240_000;

let fleets = 0;

/** One replica that publishes and another that listens. */
async function startedOn(address: RedisAddress, prefix: string): Promise<StartedPubSub> {
  const settings = { address, prefix: `${prefix}${++fleets}:`, historySize: HISTORY };
  const [publisher, listener] = [new RedisSide(settings), new RedisSide(settings)];
  const tailing = new Tailing(listener.wire, 'mudrex');
  tailing.start();
  await Promise.all([publisher.start(), listener.start()]);
  const { publishing, demand } = publisher;
  const pubsub: PubSub = {
    subscribe: tailing.subscribe.bind(tailing),
    unsubscribe: tailing.unsubscribe.bind(tailing),
    streamStatus: tailing.streamStatus.bind(tailing),
    marketStatus: tailing.marketStatus.bind(tailing),
    onMarketStatus: tailing.onMarketStatus.bind(tailing),
    recover: tailing.recover.bind(tailing),
    counts: tailing.counts.bind(tailing),
    inherited: publishing.inherited.bind(publishing),
    publish: publishing.publish.bind(publishing),
    open: publishing.open.bind(publishing),
    close: publishing.close.bind(publishing),
    setStreamStatus: publishing.setStreamStatus.bind(publishing),
    setMarketStatus: publishing.setMarketStatus.bind(publishing),
    wanted: demand.wanted.bind(demand),
    onDemand: demand.onDemand.bind(demand),
    onRelease: () => undefined,
    onTakeover: () => undefined,
    healthy: () => publisher.link.whole && listener.link.whole,
  };
  return {
    pubsub,
    stop: () => {
      publisher.stop();
      listener.stop();
      return Promise.resolve();
    },
  };
}

describe('on a Redis server', () => {
  let redis: Awaited<ReturnType<typeof sharedRedis>>;
  beforeAll(async () => (redis = await sharedRedis()), INSTALLATION_MS);
  afterAll(() => redis.stop());

  describePubSub('Redis', () => startedOn(serverAddress(redis.url), redis.prefix));
});

describe('on a Redis Cluster of three', () => {
  let cluster: RedisCluster;
  beforeAll(async () => (cluster = await RedisCluster.start()), INSTALLATION_MS);
  afterAll(() => cluster.stop());

  describePubSub('Redis', () => startedOn(clusterAddress(cluster.addresses), 'test:'));
});
