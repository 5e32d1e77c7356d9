import type { Clock, Timer } from '../clock/clock';

const LAST_PART_MS = 100;

/**
 * Runs `task` after `ms` unless it is cancelled because what was awaited has come. When this process itself was held up (a long
 * task, a suspended machine), timers are due before the sockets have been read; so the last part is a timer of its own, which
 * leaves a turn of the event loop for what has long arrived.
 */
export function deadline(clock: Clock, ms: number, task: () => void): Timer {
  const last = Math.min(LAST_PART_MS, ms / 2);
  let timer = clock.after(ms - last, () => (timer = clock.after(last, task)));
  return { cancel: () => timer.cancel() };
}
