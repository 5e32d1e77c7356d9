import { isDeepStrictEqual } from 'node:util';
import { kindOf } from './client-log';
import type { Step } from './sequence';
import type { Violation } from './violation';

/** What stands at one number, as the first client that got it saw it. */
interface Content {
  readonly client: string;
  readonly frame: Step['frame'];
}

/**
 * The same number of an epoch has the same content, whoever got it and from whichever replica. A snapshot and an update of one number
 * hold the same state; an order book's snapshot and delta do not, {@link checkBooks} compares those.
 */
export function checkContents(steps: Iterable<Step>): { violations: Violation[]; compared: number } {
  const contents = new Map<string, Content>();
  const violations: Violation[] = [];
  let compared = 0;
  for (const { client, stream, epoch, seq, at, frame } of steps) {
    // A client that was never told the epoch cannot be compared with others.
    if (epoch === '') continue;
    const part = kindOf(stream) === 'orderbook' && frame.type === 'snapshot' ? ' snapshot' : '';
    const key = `${stream} ${epoch} ${seq}${part}`;
    const known = contents.get(key);
    if (!known) {
      contents.set(key, { client, frame });
      continue;
    }
    compared++;
    if (frame === known.frame || isDeepStrictEqual(meaning(frame), meaning(known.frame))) continue;
    const what = `${epoch} ${seq} is ${text(frame)}, and for ${known.client} ${text(known.frame)}`;
    violations.push({ fault: 'content', client, stream, at, what });
  }
  return { violations, compared };
}

function meaning({ op, data, timestamp }: Step['frame'] & { readonly timestamp?: unknown }): unknown {
  return op === 'gap' ? 'gap' : [data, timestamp];
}

function text(frame: Step['frame']): string {
  return JSON.stringify(meaning(frame)).slice(0, 200);
}
