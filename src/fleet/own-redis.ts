import { Program } from '../demo/program';

/** A redis-server of the fleet's own. It ends with the fleet, and with the program around it, however that ends. */
export class OwnRedis {
  /** Resolves when redis-server is gone, with words that say how. */
  readonly ended: Promise<string>;

  private constructor(
    private readonly program: Program,
    /** Of redis-server itself; 0 when there is none. */
    readonly pid: number,
    /** Whether it takes connections, or did. */
    readonly ready: boolean,
  ) {
    this.ended = program.ended.then((how) => {
      endIfAlive(pid);
      return how;
    });
  }

  /** Resolves when it takes connections or has ended. @param file the path of redis-server */
  static async start(file: string, port: number): Promise<OwnRedis> {
    const program = Program.start('fleet/redis.js', [file, String(port)], {});
    // Both listen from the start: no line may be missed.
    const [pid, ready] = await Promise.all([program.line(/redis has pid (\d+)/), program.line(/redis ready/)]);
    return new OwnRedis(program, Number(pid?.[1] ?? 0), ready !== undefined);
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}

function endIfAlive(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone, as it should be.
  }
}
