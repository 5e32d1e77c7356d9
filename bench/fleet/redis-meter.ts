import { Redis } from 'ioredis';

/** What Redis did between two looks. */
export interface RedisWork {
  readonly cpuSeconds: number;
  /** That came over connections. */
  readonly commands: number;
  /** That scripts ran. */
  readonly inScripts: number;
  /** From connections; each brings what left together. */
  readonly reads: number;
}

/** Commands that come over connections; our scripts use none of them. Our own looks are among them, and few. */
const OUTSIDE = ['evalsha', 'ping', 'info', 'pubsub', 'subscribe', 'unsubscribe', 'config', 'client', 'script', 'hello'];

/** Looks at a Redis from a connection of its own. */
export class RedisMeter {
  private readonly redis: Redis;
  private cpuBefore = 0;
  private readsBefore = 0;

  constructor(port: number) {
    this.redis = new Redis(port, '127.0.0.1');
  }

  async begin(): Promise<void> {
    await this.redis.config('RESETSTAT');
    this.cpuBefore = await this.cpuSeconds();
    this.readsBefore = await this.reads();
  }

  async work(): Promise<RedisWork> {
    const cpuSeconds = (await this.cpuSeconds()) - this.cpuBefore;
    const reads = (await this.reads()) - this.readsBefore;
    const calls = numbersIn(await this.redis.info('commandstats'), /^cmdstat_([^:|]+)[^:]*:calls=(\d+)/gm);
    let [commands, inScripts] = [0, 0];
    for (const [name, count] of calls) {
      if (OUTSIDE.includes(name)) commands += count;
      else inScripts += count;
    }
    return { cpuSeconds, commands, inScripts, reads };
  }

  /** Connections that replicas have open. */
  async connections(): Promise<number> {
    const list = String(await this.redis.client('LIST'));
    return list.split('\n').filter((line) => line.includes(' name=tapecast ')).length;
  }

  stop(): void {
    this.redis.disconnect();
  }

  private async cpuSeconds(): Promise<number> {
    const used = numbersIn(await this.redis.info('cpu'), /^(used_cpu_sys|used_cpu_user):([\d.]+)/gm);
    return used.reduce((sum, [, seconds]) => sum + seconds, 0);
  }

  private async reads(): Promise<number> {
    return numbersIn(await this.redis.info('stats'), /^(total_reads_processed):(\d+)/gm)[0]?.[1] ?? NaN;
  }
}

/** @param pattern of a line, with the name and the number as groups */
function numbersIn(text: string, pattern: RegExp): [string, number][] {
  return [...text.matchAll(pattern)].map(([, name = '', number]) => [name, Number(number)]);
}
