import type { Redis } from 'ioredis';
import type { Clock } from '../../clock/clock';
import type { HostPort, RedisAddress } from './address';
import { connectionTo, endAtOnce } from './redis-node';
import { SLOTS } from './slot';

/** A node that has not answered by then is left for the next one. */
const ANSWER_WITHIN_MS = 1000;

/** Which server has which slots. */
export interface Topology {
  readonly masters: readonly HostPort[];
  /** Place in `masters` of the owner of a slot. */
  ownerOf(slot: number): number;
}

/** One server has them all. */
export function singleServer(at: HostPort): Topology {
  return { masters: [at], ownerOf: () => 0 };
}

/**
 * Asks the nodes in turn until one knows an owner for every slot.
 * @param nodes any of the cluster, those known to work first
 * @param abandoned ends the search, and the connection that is open for it, at once
 */
export async function discover(
  nodes: readonly HostPort[],
  access: RedisAddress['access'],
  clock: Clock,
  abandoned: AbortSignal,
): Promise<Topology> {
  const failures: string[] = [];
  for (const at of nodes) {
    if (abandoned.aborted) break;
    try {
      return topologyIn(await slotsSaidBy(connectionTo(at, access), clock, abandoned), at);
    } catch (error) {
      failures.push(`${at.host}:${at.port}: ${(error as Error).message}`);
    }
  }
  throw new Error(`no node of the cluster could be asked (${failures.join('; ')})`);
}

/** Opens the connection, asks once, and ends it, answered or not: a server may take connections and never say a word. */
async function slotsSaidBy(redis: Redis, clock: Clock, abandoned: AbortSignal): Promise<unknown> {
  let refused: Error | undefined;
  redis.on('error', (error: Error) => (refused = error));
  let giveUp: (why: Error) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
  const limit = clock.after(ANSWER_WITHIN_MS, () => giveUp(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
  const abandon = () => giveUp(new Error('given up'));
  abandoned.addEventListener('abort', abandon);
  try {
    const asked = redis.connect().then(() => redis.call('CLUSTER', 'SLOTS'));
    return await Promise.race([asked, givenUp]);
  } catch (error) {
    throw refused ?? error;
  } finally {
    limit.cancel();
    abandoned.removeEventListener('abort', abandon);
    endAtOnce(redis);
  }
}

/** @param reply entries of first slot, last slot, master, replicas; a server is its address, port and more */
export function topologyIn(reply: unknown, asked: HostPort): Topology {
  const owners = new Array<number>(SLOTS).fill(-1);
  const masters: HostPort[] = [];
  const places = new Map<string, number>();
  for (const [first, last, [host, port]] of reply as [number, number, [string | null, number]][]) {
    // A node that does not know its own address says nothing, and means the one it was asked at.
    const at = { host: host === null || host === '' || host === '?' ? asked.host : host, port };
    const name = `${at.host}:${at.port}`;
    const place = places.get(name) ?? masters.push(at) - 1;
    places.set(name, place);
    owners.fill(place, first, last + 1);
  }
  if (owners.includes(-1)) throw new Error('the cluster does not serve all slots');
  return { masters, ownerOf: (slot) => owners[slot] as number };
}
