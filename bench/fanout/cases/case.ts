import type { Measurement } from '../measurement';
import type { CaseName, Options } from '../options';
import type { Rig } from '../rig';
import type { Target } from '../targets';

/** A row of figures in the report. */
export interface Column {
  readonly title: string;
  readonly figure: string;
  readonly digits: number;
  /** Applied before it is shown. */
  readonly times?: number;
}

export interface Case {
  readonly name: CaseName;
  readonly about: string;
  readonly aim: string;
  readonly columns: readonly Column[];
  /** Whether peers take part. */
  readonly peers: boolean;
  /** Why it cannot run here. */
  missing?(): string | undefined;
  run(rig: Rig, target: Target, options: Options): Promise<Measurement[]>;
}

export const CPU: Column = { title: 'µs CPU/delivery', figure: 'cpuMicros', digits: 2 };
export const LOAD: Column = { title: 'CPU %', figure: 'serverCpu', digits: 0, times: 100 };
export const P50: Column = { title: 'p50 ms', figure: 'p50', digits: 1 };
export const P95: Column = { title: 'p95 ms', figure: 'p95', digits: 1 };
export const P99: Column = { title: 'p99 ms', figure: 'p99', digits: 1 };
export const DELIVERED: Column = { title: 'delivered %', figure: 'delivered', digits: 1, times: 100 };
export const BYTES: Column = { title: 'bytes', figure: 'bytesPerMessage', digits: 0 };
export const MEMORY: Column = { title: 'RSS MB', figure: 'rssMb', digits: 0 };
export const PER_CONNECTION: Column = { title: 'kB/conn', figure: 'kbPerConnection', digits: 1 };
export const JOINS: Column = { title: 'joins/s', figure: 'joinsPerSecond', digits: 0 };
/** User and system time of the server process per client that came in: handshake, request, reply and first frames. */
export const JOIN_CPU: Column = { title: 'µs CPU/join', figure: 'cpuMicrosPerJoin', digits: 0 };
export const GENERATOR: Column = { title: 'gen %', figure: 'crowdBusy', digits: 0, times: 100 };

export function kbPerConnection(rssBefore: number, rssAfter: number, connections: number): number {
  return (rssAfter - rssBefore) / 1024 / connections;
}

export function scaled(count: number, { scale }: Options): number {
  return Math.max(1, Math.round(count * scale));
}

/** Long enough that code is hot; a quick run cannot afford it. */
export function warmUpSeconds({ quick, seconds }: Options): number {
  return quick ? 0.5 : Math.min(2, seconds);
}
