import type { ClientLog } from './client-log';
import type { Violation } from './violation';

/** What a client was told last of a market or a stream. */
interface Told {
  readonly at: number;
  readonly state: string;
  readonly reason: string;
}

/**
 * Of a fleet that is well again: the last that each client was told of each market and stream is that it is live, or nothing. A new
 * connection begins without a word, since whoever subscribes during trouble is told right after the reply.
 */
export function checkStatuses({ client, entries }: ClientLog): Violation[] {
  const told = new Map<string, Told>();
  for (const entry of entries) {
    if (entry.kind !== 'frame') told.clear();
    else if (entry.frame.op === 'status') {
      const { market, stream, state, reason } = entry.frame;
      told.set(String(stream ?? market), { at: entry.at, state: String(state), reason: String(reason) });
    }
  }
  return [...told]
    .filter(([, { state }]) => state !== 'live')
    .map(([of, { at, state, reason }]) => ({ fault: 'status', client, stream: of, at, what: `still told ${state}: ${reason}` }));
}

/** Whether nothing bad is the last that any client was told. The exchange's streams may take some seconds to be whole again. */
export function areToldLive(logs: readonly ClientLog[]): boolean {
  return logs.every((log) => checkStatuses(log).length === 0);
}
