import { execFileSync } from 'node:child_process';

const HOW = '--apart needs two cores and the command "taskset" (Linux, package util-linux)';

/** Gives the gateway a core that nothing else of the benchmark runs on. */
export class Cores {
  private constructor(readonly own: number) {}

  /** This process, and what it starts from now on, leaves one core alone. Throws an error for the user where that cannot be had. */
  static divide(): Cores {
    const all = coresOf(process.pid);
    const own = all.at(-1);
    if (own === undefined || all.length < 2) throw new Error(HOW);
    move(process.pid, all.slice(0, -1));
    return new Cores(own);
  }

  /** Moves a process, with all its threads, to the core that was left alone. */
  give(pid: number): void {
    move(pid, [this.own]);
  }
}

function coresOf(pid: number): number[] {
  // "pid 7's current affinity list: 0-3,6"
  const list = taskset('-cp', String(pid)).split(':').at(-1) ?? '';
  return list.split(',').flatMap((range) => {
    const [from = NaN, to = from] = range.trim().split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function move(pid: number, cores: readonly number[]): void {
  taskset('-acp', cores.join(), String(pid));
}

function taskset(...args: readonly string[]): string {
  try {
    return execFileSync('taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    throw new Error(HOW);
  }
}
