import { randomUUID } from 'node:crypto';
import { ServerProcess, type ServerKind } from './server-process';

export const REDIS: ServerKind = {
  program: 'redis-server',
  debianPackage: 'redis-server',
  image: 'redis:7',
  ports: 1,
  args({ ports: [port], bind, directory }) {
    return [
      '--port',
      String(port),
      '--bind',
      bind,
      '--protected-mode',
      'no',
      '--dir',
      directory,
      '--save',
      '',
      '--appendonly',
      'no',
    ];
  },
  ready: /Ready to accept connections/,
};

/** A Redis that nobody else uses and that may be killed. It keeps nothing: restarted, it is empty. */
export class RedisServer {
  private constructor(readonly process: ServerProcess) {}

  /** @param options as on the command line of redis-server: `['--maxmemory', '10mb']` */
  static async start(options: readonly string[] = []): Promise<RedisServer> {
    return new RedisServer(await ServerProcess.start({ ...REDIS, args: (place) => [...REDIS.args(place), ...options] }));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.process.port}`;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** A Redis to be used with care: it may be somebody's. All keys begin with `prefix`, and nothing else is touched. */
export interface SharedRedis {
  readonly url: string;
  readonly prefix: string;
  stop(): Promise<void>;
}

/** The Redis at `REDIS_URL` when that is set, else one of our own. */
export async function sharedRedis(): Promise<SharedRedis> {
  const prefix = `tapecast-test-${randomUUID()}:`;
  const url = process.env['REDIS_URL'] ?? '';
  if (url !== '') return { url, prefix, stop: () => Promise.resolve() };
  const server = await RedisServer.start();
  return { url: server.url, prefix, stop: () => server.stop() };
}
