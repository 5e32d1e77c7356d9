import cluster from 'node:cluster';
import type { Duplex } from 'node:stream';
import type { Forked } from './crew';

/** Where a worker finds its socket to the primary: after the standard streams and Node's own channel. */
export const DATA_DESCRIPTOR = 4;
/** The environment variable that tells a worker its number. */
export const WORKER_NUMBER = 'TAPECAST_WORKER';

/**
 * Connections are dealt to the workers in turn: left to the kernel most would go to a few, as
 * Node's documentation warns. Each worker has a socket pair for what is published: its backlog can be seen, and bounded.
 */
export function forking(): (number: number) => Forked {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'] });
  return (number) => {
    const worker = cluster.fork({ [WORKER_NUMBER]: String(number) });
    return {
      pid: worker.process.pid ?? -1,
      socket: worker.process.stdio[DATA_DESCRIPTOR] as Duplex,
      send: (message) => {
        // One that is just ending is told nothing; its exit follows.
        if (worker.isConnected()) worker.send(message, () => undefined);
      },
      onMessage: (hear) => worker.on('message', hear),
      onExit: (ended) =>
        worker.on('exit', (code: number | null, signal: string | null) => ended(signal ?? `code ${String(code)}`)),
      kill: () => worker.process.kill('SIGKILL'),
    };
  };
}
