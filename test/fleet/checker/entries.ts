import { kindOf } from './client-log';
import type { Reference } from './reference';
import type { Step } from './sequence';
import type { Violation } from './violation';

/** What one client heard of one log stream last. */
interface Last {
  readonly ids: Set<string>;
  id: string | undefined;
}

/**
 * Every trade reaches a client once, in the exchange's order, and between two messages without a notice none is missing: what numbers
 * alone do not show, when a trade was lost before it got one. Needs each client's steps in the order heard.
 */
export function checkEntries(
  steps: Iterable<Step>,
  reference: Reference,
): { violations: Violation[]; entries: number; unreferenced: number } {
  const lasts = new Map<string, Last>();
  const violations: Violation[] = [];
  let entries = 0;
  let unreferenced = 0;
  for (const { client, stream, at, frame, afterBreak } of steps) {
    if (kindOf(stream) !== 'trade' || frame.op === 'gap') continue;
    const key = `${client} ${stream}`;
    const last: Last = lasts.get(key) ?? { ids: new Set(), id: undefined };
    lasts.set(key, last);
    let joined = !afterBreak;
    for (const { id } of frame.data as { id: string }[]) {
      entries++;
      const complain = (fault: Violation['fault'], what: string) =>
        violations.push({ fault, client, stream, at, what: `at ${frame.seq ?? 0}: trade ${id} ${what}` });
      if (last.ids.has(id)) complain('duplicate', 'again');
      last.ids.add(id);
      const place = reference.trade(id);
      if (!place) unreferenced++;
      const before = last.id === undefined ? undefined : reference.trade(last.id);
      if (place && before && place.segment === before.segment) {
        if (place.nth <= before.nth) complain('regress', `after a later one`);
        else if (joined && place.nth > before.nth + 1)
          complain('gap', `though ${place.nth - before.nth - 1} before it are missing`);
      } else if (place && before && joined) complain('gap', 'follows one from before an interruption of the exchange');
      last.id = id;
      joined = true;
    }
  }
  return { violations, entries, unreferenced };
}
