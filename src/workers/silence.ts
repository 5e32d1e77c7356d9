import type { Clock } from '../clock/clock';
import type { Calls } from './calls';

/** Between an answer and the next question. */
const BEAT_MS = 1000;
/**
 * A process that does not answer for so long is stuck: a full collection of its memory or a burst of handshakes holds it up for a second or
 * two, and after 10 s its clients would long have been better off elsewhere.
 */
const SILENT_MS = 10_000;
/** For one more question: where this process itself stood still, what was answered meanwhile is read only after the time is over. */
const AGAIN_MS = 1000;

/** Asks a process again and again whether it lives; calls `silent` once, when it does not answer or is gone. */
export function onSilence(calls: Pick<Calls, 'ask'>, clock: Pick<Clock, 'after'>, silent: () => void): void {
  const ask = (withinMs: number) => calls.ask('alive', null, withinMs);
  const beat = () => {
    void ask(SILENT_MS)
      .catch(() => ask(AGAIN_MS))
      .then(() => void clock.after(BEAT_MS, beat), silent);
  };
  beat();
}
