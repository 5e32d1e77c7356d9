import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process has used until now. NaN where the system does not tell (only Linux's /proc is read). */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

const TICKS_PER_SECOND = ticksPerSecond();

/** Of processes and their children. */
export function usageOf(...pids: readonly number[]): Usage {
  const all = pids.flatMap((pid) => [pid, ...childrenOf(pid)]).map(ownUsageOf);
  const sum = (read: (usage: Usage) => number) => all.reduce((total, usage) => total + read(usage), 0);
  return { cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds), rssBytes: sum(({ rssBytes }) => rssBytes) };
}

export function ownUsageOf(pid: number): Usage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, rssBytes: Number(rss) * 1024 };
  } catch {
    return { cpuSeconds: NaN, rssBytes: NaN };
  }
}

/** Seconds in which the main threads could have run and had no core. NaN where the system does not tell. */
export function waitedForCore(...pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e9, 0);
  } catch {
    return NaN;
  }
}

function childrenOf(pid: number): number[] {
  try {
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return pids.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Descriptors that one process may have open. */
export function openFileLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

function ticksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  } catch {
    return 100;
  }
}
