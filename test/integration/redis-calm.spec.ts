import { serverAddress } from '../../src/pubsub/redis/address';
import { Keys } from '../../src/pubsub/redis/keys';
import { RedisLink } from '../../src/pubsub/redis/redis-link';
import { scriptsFor } from '../../src/pubsub/redis/scripts';
import { eventually } from '../support/eventually';
import { ManualClock } from '../support/manual-clock';
import { sharedRedis } from '../support/servers/redis';

describe('a way to Redis that is well', () => {
  it('stays whole: time alone does not break it', async () => {
    const redis = await sharedRedis();
    const clock = new ManualClock();
    const scripts = scriptsFor({ historySize: 4, historyTtlMs: 60_000, cluster: false });
    const settings = { address: serverAddress(redis.url), maxConnections: 50, replica: 'calm' };
    const link = new RedisLink(settings, new Keys(redis.prefix), scripts, clock, Math.random);
    const breaks: string[] = [];
    link.onBroken((reason) => breaks.push(reason));
    await link.start();
    for (let second = 0; second < 20; second++) {
      clock.advance(500);
      await eventually(() => link.heardAt === clock.monotonic() || !link.whole);
    }
    expect([link.whole, breaks]).toEqual([true, []]);
    link.stop();
    await redis.stop();
  }, 240_000);
});
