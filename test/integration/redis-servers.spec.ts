import { Redis } from 'ioredis';
import { RedisCluster } from '../support/servers/redis-cluster';
import { RedisServer, sharedRedis } from '../support/servers/redis';

/** A machine without Redis installs it first. */
const INSTALLATION_MS = 240_000;

describe('a Redis of a test', () => {
  it(
    'answers, is empty after a restart, and lives through a pause',
    async () => {
      const server = await RedisServer.start();
      const client = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
      client.on('error', () => undefined);
      try {
        await client.set('a', '1');
        await server.process.pause();
        const answer = client.get('a');
        await server.process.resume();
        expect(await answer).toBe('1');
        await server.process.kill();
        await server.process.restart();
        expect(await client.get('a')).toBeNull();
      } finally {
        client.disconnect();
        await server.stop();
      }
    },
    INSTALLATION_MS,
  );

  it("is one of a test file's own unless REDIS_URL names one, with a prefix of its own in both cases", async () => {
    const [first, second] = [await sharedRedis(), await sharedRedis()];
    try {
      expect(first.url === second.url).toBe((process.env['REDIS_URL'] ?? '') !== '');
      expect(first.prefix).not.toBe(second.prefix);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  it('can be a cluster that serves every slot', async () => {
    const cluster = await RedisCluster.start();
    const nodes = cluster.nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
    try {
      const answers = await Promise.all(
        ['a', 'b', 'c'].map((key) => Promise.allSettled(nodes.map((node) => node.set(key, '1')))),
      );
      for (const answer of answers) {
        expect(answer.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
    } finally {
      for (const node of nodes) node.disconnect();
      await cluster.stop();
    }
  });
});
