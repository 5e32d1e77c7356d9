import { serverAddress } from '../../src/pubsub/redis/address';
import { RedisSide } from '../../test/support/redis-side';

/** What a replica has of Redis, with the history it has by default; without its lease, so that whoever opens a stream publishes it. */
export function redisSide(url: string): RedisSide {
  return new RedisSide({ address: serverAddress(url), prefix: 'bench:', historySize: 256, historyTtlMs: 120_000 });
}
