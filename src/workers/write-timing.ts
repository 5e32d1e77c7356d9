import type { WriteTiming } from '../pubsub/ipc/frame-writer';

/** The machine's clock and event loop. */
export const WRITE_TIMING: WriteTiming = {
  now: () => performance.now(),
  endOfTurn: (task) => void setImmediate(task),
  after: (ms, task) => void setTimeout(task, ms),
};
