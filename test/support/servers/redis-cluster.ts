import { Redis } from 'ioredis';
import { eventually } from '../eventually';
import { REDIS } from './redis';
import { ServerProcess, type ServerKind } from './server-process';

const SLOTS = 16_384;

const NODE: ServerKind = {
  ...REDIS,
  ports: 2,
  args(place) {
    const bus = ['--cluster-port', String(place.ports[1])];
    // A shard that is gone must not make the others refuse what is theirs: tests look at one fault at a time.
    const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no'];
    return [...REDIS.args(place), ...cluster, ...bus];
  },
};

/** A Redis Cluster of masters that share the slots evenly, without replicas. */
export class RedisCluster {
  private constructor(readonly nodes: readonly ServerProcess[]) {}

  /** Resolves when every node knows the whole cluster. */
  static async start(masters = 3): Promise<RedisCluster> {
    const nodes = await Promise.all(Array.from({ length: masters }, () => ServerProcess.start(NODE)));
    const cluster = new RedisCluster(nodes);
    try {
      await cluster.join();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** As in `REDIS_CLUSTER_NODES`. */
  get addresses(): string[] {
    return this.nodes.map((node) => `127.0.0.1:${node.port}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async join(): Promise<void> {
    const clients = this.nodes.map((node) => new Redis(node.port, '127.0.0.1', { enableReadyCheck: false }));
    try {
      const first = clients[0] as Redis;
      const share = Math.ceil(SLOTS / clients.length);
      await Promise.all(
        clients.map((client, i) => {
          const last = Math.min(SLOTS, (i + 1) * share) - 1;
          return client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, last);
        }),
      );
      for (const { ports } of this.nodes.slice(1)) await first.call('CLUSTER', 'MEET', '127.0.0.1', ...ports);
      await eventually(async () => {
        const views = await Promise.all(clients.map((client) => client.call('CLUSTER', 'INFO')));
        return views.every((view) => {
          const text = String(view);
          return (
            text.includes('cluster_state:ok') &&
            text.includes(`cluster_slots_ok:${SLOTS}`) &&
            text.includes(`cluster_size:${this.nodes.length}`)
          );
        });
      });
    } finally {
      for (const client of clients) client.disconnect();
    }
  }
}
