import type { HostPort, RedisAddress } from './address';
import { connectionTo, endAtOnce } from './redis-node';
import { SLOTS } from './slot';

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
 */
export async function discover(nodes: readonly HostPort[], access: RedisAddress['access']): Promise<Topology> {
  const failures: string[] = [];
  for (const at of nodes) {
    const redis = connectionTo(at, access);
    let refused: Error | undefined;
    redis.on('error', (error: Error) => (refused = error));
    try {
      await redis.connect();
      return topologyIn(await redis.call('CLUSTER', 'SLOTS'), at);
    } catch (error) {
      failures.push(`${at.host}:${at.port}: ${(refused ?? (error as Error)).message}`);
    } finally {
      endAtOnce(redis);
    }
  }
  throw new Error(`no node of the cluster could be asked (${failures.join('; ')})`);
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
