import { kindOf } from './client-log';
import type { Reference } from './reference';
import type { Step } from './sequence';
import type { Violation } from './violation';

/** What one client heard of one log stream last. */
interface Last {
  /** Each with the epoch that it came in. */
  readonly ids: Map<string, string>;
  id: string | undefined;
  epoch: string;
}

/**
 * Within an epoch every trade reaches a client once, in the exchange's order, and between two messages without a notice none is missing:
 * what numbers alone do not show, when a trade was lost before it got one. A new epoch is another connection to the exchange, which may
 * bring what the one before it had brought: that is counted. Needs each client's steps in the order heard.
 */
export function checkEntries(
  steps: Iterable<Step>,
  reference: Reference,
): { violations: Violation[]; entries: number; repeats: number; unreferenced: number } {
  const lasts = new Map<string, Last>();
  const violations: Violation[] = [];
  let entries = 0;
  let repeats = 0;
  let unreferenced = 0;
  for (const { client, stream, epoch, at, frame, afterBreak } of steps) {
    if (kindOf(stream) !== 'trade' || frame.op === 'gap') continue;
    const key = `${client} ${stream}`;
    const last: Last = lasts.get(key) ?? { ids: new Map(), id: undefined, epoch };
    lasts.set(key, last);
    let joined = !afterBreak;
    for (const { id } of frame.data as { id: string }[]) {
      entries++;
      const complain = (fault: Violation['fault'], what: string) =>
        violations.push({ fault, client, stream, at, what: `at ${frame.seq ?? 0}: trade ${id} ${what}` });
      const known = last.ids.get(id);
      if (known === epoch) complain('duplicate', 'again');
      else if (known !== undefined) repeats++;
      last.ids.set(id, epoch);
      const place = reference.trade(id);
      if (!place) unreferenced++;
      const before = last.id === undefined ? undefined : reference.trade(last.id);
      if (place && before && place.segment === before.segment) {
        const behind = place.nth <= before.nth;
        if (behind && last.epoch === epoch) complain('regress', `after a later one`);
        else if (joined && place.nth > before.nth + 1)
          complain('gap', `though ${place.nth - before.nth - 1} before it are missing`);
      } else if (place && before && joined) complain('gap', 'follows one from before an interruption of the exchange');
      last.id = id;
      last.epoch = epoch;
      joined = true;
    }
  }
  return { violations, entries, repeats, unreferenced };
}
