import { setTimeout as wait } from 'node:timers/promises';
import type { TcpProxy } from '../../support/tcp-proxy';
import type { Replica, TestFleet } from './test-fleet';

export const TARGETS = ['redis', 'holder', 'replica', 'exchange'] as const;
export type Target = (typeof TARGETS)[number];

export const FAULTS = ['kill', 'stop', 'restart', 'latency', 'reset', 'half-close', 'slices', 'partition', 'half-open'] as const;
export type FaultName = (typeof FAULTS)[number];

/** What a fault did. */
export interface Injected {
  /** The replica that it was about; undefined when it was about all of them alike. */
  readonly hit: Replica | undefined;
  /** Resolves when it is over and everything that died runs again. */
  readonly over: Promise<void>;
}

/** Longer than a fleet waits before it believes that Redis is gone. */
const REDIS_DEAD_MS = 5000;
const REPLICA_DEAD_MS = 3000;
/** Shorter than the five failed tries after which an exchange is left alone for a minute. */
const EXCHANGE_DEAD_MS = 2000;
const FROZEN_MS = 10_000;
const CUT_MS = 5000;
const LATENCY_MS = 300;
/** Of what is read at once: all of it would be more writes than one process can make under load. */
const SLICED_BYTES = 64;

/** Does it to the fleet, at once. */
export function inject(fleet: TestFleet, target: Target, fault: FaultName, life: number): Injected {
  const [holder = fleet.replicas[0] as Replica] = fleet.holders;
  const other = fleet.replicas.find((replica) => replica !== holder) ?? holder;
  const hit = target === 'holder' ? holder : target === 'replica' ? other : undefined;
  if (fault === 'kill' || fault === 'stop' || fault === 'restart') {
    if (hit) return { hit, over: failReplica(hit, fault) };
    return { hit, over: target === 'redis' ? failRedis(fleet, fault) : failExchange(fleet, fault, life) };
  }
  // A replica is cut off Redis; the exchange is cut off the holder.
  const proxies = target === 'exchange' ? [holder.toExchange] : (hit ? [hit] : fleet.replicas).map(({ toRedis }) => toRedis);
  return {
    hit,
    over: failNetwork(
      proxies.filter((proxy) => proxy !== undefined),
      fault,
    ),
  };
}

async function failReplica({ part }: Replica, fault: 'kill' | 'stop' | 'restart'): Promise<void> {
  if (fault === 'stop') {
    part.freeze();
    await wait(FROZEN_MS);
    part.thaw();
    return;
  }
  if (fault === 'kill') {
    await part.kill();
    await wait(REPLICA_DEAD_MS);
  } else await part.stop();
  await part.startAgain();
}

async function failRedis({ redis }: TestFleet, fault: 'kill' | 'stop' | 'restart'): Promise<void> {
  if (!redis) return;
  if (fault === 'stop') {
    await redis.process.pause();
    await wait(FROZEN_MS);
    await redis.process.resume();
    return;
  }
  if (fault === 'kill') {
    await redis.process.kill();
    await wait(REDIS_DEAD_MS);
  }
  await redis.process.restart();
}

async function failExchange(fleet: TestFleet, fault: 'kill' | 'stop' | 'restart', life: number): Promise<void> {
  if (fault === 'stop') {
    fleet.exchange.freeze();
    await wait(FROZEN_MS);
    fleet.exchange.thaw();
    return;
  }
  if (fault === 'kill') {
    await fleet.exchange.kill();
    await wait(EXCHANGE_DEAD_MS);
  } else await fleet.exchange.stop();
  await fleet.startExchangeAgain(life);
}

async function failNetwork(proxies: readonly TcpProxy[], fault: Exclude<FaultName, 'kill' | 'stop' | 'restart'>): Promise<void> {
  for (const proxy of proxies) {
    switch (fault) {
      case 'latency':
        proxy.treat({ latencyMs: LATENCY_MS });
        break;
      case 'slices':
        proxy.treat({ slicedBytes: SLICED_BYTES });
        break;
      case 'partition':
        proxy.treat({ held: true });
        break;
      case 'reset':
        proxy.reset();
        break;
      case 'half-close':
        proxy.halfClose('toClient');
        break;
      case 'half-open':
        proxy.forget();
        break;
    }
  }
  await wait(CUT_MS);
  for (const proxy of proxies) proxy.heal();
}
