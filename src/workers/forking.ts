import cluster from 'node:cluster';
import type { Duplex } from 'node:stream';
import type { Forked } from './crew';

/** Where a worker finds its socket to the primary: after the standard streams and Node's own channel. */
export const DATA_DESCRIPTOR = 4;
/** The environment variable that tells a worker its number. */
export const WORKER_NUMBER = 'TAPECAST_WORKER';

/** What Node's types do not say: both are missing when the machine has no more processes or descriptors. */
interface Begun {
  readonly pid?: number | undefined;
  readonly stdio?: readonly (Duplex | null | undefined)[];
}

/**
 * Connections are dealt to the workers in turn: left to the kernel most would go to a few, as
 * Node's documentation warns. Each worker has a socket pair for what is published: its backlog can be seen, and bounded.
 * What is returned throws when the machine has no more processes to give.
 */
export function forking(): (number: number) => Forked {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'] });
  return (number) => {
    const worker = cluster.fork({ [WORKER_NUMBER]: String(number) });
    // Not a death by itself: when a message could not be sent because the process is ending, its exit follows.
    worker.on('error', () => undefined);
    // Node tells only later, by that event, that there was no process (or no descriptor) to be had; no exit follows then.
    const { pid, stdio } = worker.process as unknown as Begun;
    const socket = stdio?.[DATA_DESCRIPTOR];
    if (pid === undefined || !socket) {
      socket?.on('error', () => undefined).destroy();
      throw new Error('no process could be forked');
    }
    return {
      pid,
      socket,
      send: (message) => {
        // One that is just ending is told nothing; its exit follows.
        if (worker.isConnected()) worker.send(message, () => undefined);
      },
      onMessage: (hear) => worker.on('message', hear),
      onExit: (ended) =>
        worker.on('exit', (code: number | null, signal: string | null) => ended(signal ?? `code ${String(code)}`)),
      end: () => worker.process.kill('SIGTERM'),
      kill: () => worker.process.kill('SIGKILL'),
    };
  };
}
