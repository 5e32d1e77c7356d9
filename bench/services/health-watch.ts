import { setTimeout as pause } from 'node:timers/promises';
import { PARTS, type Part, type ServicesHealth } from './deployment';

const LOOK_EVERY_MS = 200;

/** What a health page has to say at a time. */
export interface Expected {
  /** Parts that are down, and no others. */
  readonly down: readonly Part[];
  /** How long it may take to say so; 0: it says so at once, and all the time. */
  readonly withinSeconds: number;
}

/**
 * Looks at the health page for so many seconds, and on until it says what it has to.
 * @returns what was not true in it
 */
export async function watchHealth(look: () => Promise<ServicesHealth>, expected: Expected, seconds: number): Promise<string[]> {
  const startedAt = performance.now();
  const passed = () => (performance.now() - startedAt) / 1000;
  let toldAt: number | undefined;
  for (;;) {
    const said = saidBy(await look());
    const right = said.down.join() === expected.down.join();
    if (right) toldAt ??= passed();
    const words = `/health says ${said.down.join(', ') || 'nothing'} is down, not ${expected.down.join(', ') || 'nothing'}`;
    if (!said.statusFits) return [`/health answers ${said.httpStatus} while ${said.down.join(', ') || 'nothing'} is down`];
    if (!right && toldAt !== undefined) return [`${words}, after it was right`];
    if (!right && passed() > expected.withinSeconds) return [`${words}, after ${passed().toFixed(1)} s`];
    if (right && passed() >= seconds) return [];
    await pause(LOOK_EVERY_MS);
  }
}

function saidBy({ httpStatus, parts }: ServicesHealth) {
  const down = PARTS.filter((part) => parts[part].status === 'down');
  return { down, httpStatus, statusFits: httpStatus === (down.length > 0 ? 503 : 200) };
}
