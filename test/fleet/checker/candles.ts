import { kindOf } from './client-log';
import type { Reference } from './reference';
import type { Step } from './sequence';
import type { Violation } from './violation';

interface Candle {
  readonly openTime: number;
  readonly confirmed: boolean;
}

/** What one client heard of one stream of candles since it got a snapshot. */
interface Heard {
  /** The candle that it saw last. */
  openTime: number;
  readonly closed: Set<number>;
}

/**
 * Every candle that the exchange closed reaches a client as closed before anything of a later one, also a client that reads slowly. A
 * snapshot stands for all before it. Needs each client's steps in the order heard.
 */
export function checkCandles(steps: Iterable<Step>, reference: Reference): Violation[] {
  const heard = new Map<string, Heard>();
  const violations: Violation[] = [];
  for (const { client, stream, at, frame, afterBreak } of steps) {
    if (kindOf(stream) !== 'kline') continue;
    const { openTime, confirmed } = frame.data as Candle;
    const key = `${client} ${stream}`;
    const before = heard.get(key);
    const now: Heard = afterBreak || !before ? { openTime, closed: new Set() } : before;
    heard.set(key, now);
    // The brand comes first.
    for (const closed of reference.closedCandles(stream.slice(stream.indexOf('.') + 1))) {
      if (closed < now.openTime || closed >= openTime || now.closed.has(closed)) continue;
      const what = `at ${frame.seq ?? 0}: the candle of ${openTime} though the one of ${closed} never came as closed`;
      violations.push({ fault: 'gap', client, stream, at, what });
    }
    now.openTime = Math.max(now.openTime, openTime);
    if (confirmed) now.closed.add(openTime);
  }
  return violations;
}
