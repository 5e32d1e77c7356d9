/** Back-end services that call the REST interface, a process of its own: an open loop, so that a slow answer does not delay the next call. */
import { INTERVALS } from '../../src/streams/stream';
import { Latencies, type Percentiles } from '../load/latencies';
import { pace } from '../load/pace';
import { answer } from '../load/parent';
import { SYMBOLS } from './topics';

export interface CallsRequest {
  readonly port: number;
  readonly key: string;
  readonly rate: number;
  readonly seconds: number;
}

const KINDS = [
  'GET /subscriptions',
  'POST /subscriptions',
  'GET /balances',
  'GET /streams',
  'DELETE /subscriptions/{id}',
] as const;
type Kind = (typeof KINDS)[number];

export interface Calls {
  readonly all: Percentiles;
  readonly kinds: Readonly<Record<Kind, Percentiles>>;
  /** Answers that were none, or not those that were due. */
  readonly failures: readonly string[];
}

const SERVICE = 'visitor';
const EXPECTED: Readonly<Record<string, number>> = { GET: 200, POST: 201, DELETE: 200 };
/** Each asks the exchange for a topic that nobody has. */
const BODIES = SYMBOLS.flatMap((symbol) =>
  INTERVALS.map((interval) => ({ requesting_service: SERVICE, channel_type: 'kline', symbol, interval })),
);

/** Of the subscriptions that were made and not cancelled, oldest first. */
const made: string[] = [];
let posted = 0;

function next(kind: Kind): { readonly method: string; readonly path: string; readonly body?: object } {
  if (kind === 'GET /subscriptions') return { method: 'GET', path: '/subscriptions?requesting_service=desk&limit=20' };
  if (kind === 'GET /balances') return { method: 'GET', path: '/balances' };
  if (kind === 'POST /subscriptions')
    return { method: 'POST', path: '/subscriptions', body: BODIES[posted++ % BODIES.length] ?? {} };
  const id = kind === 'GET /streams' ? undefined : made.shift();
  return id === undefined ? { method: 'GET', path: '/streams' } : { method: 'DELETE', path: `/subscriptions/${id}` };
}

answer(async ({ port, key, rate, seconds }: CallsRequest): Promise<Calls> => {
  const address = `http://127.0.0.1:${port}/api/v1`;
  const all = new Latencies();
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, new Latencies()])) as Record<Kind, Latencies>;
  const failures: string[] = [];
  const call = async (kind: Kind): Promise<void> => {
    const { method, path, body } = next(kind);
    const startedAt = performance.now();
    const response = await fetch(address + path, {
      method,
      headers: { 'X-API-Key': key, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const took = (performance.now() - startedAt) * 1000;
    all.add(took);
    kinds[method === 'GET' && path === '/streams' ? 'GET /streams' : kind].add(took);
    if (response.status !== EXPECTED[method]) failures.push(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    else if (method === 'POST') made.push((JSON.parse(text) as { id: string }).id);
  };
  const running: Promise<void>[] = [];
  await pace(rate, rate * seconds, (sent) => {
    const kind = KINDS[sent % KINDS.length] ?? 'GET /streams';
    running.push(call(kind).catch((error: unknown) => void failures.push(`${kind}: ${String(error)}`)));
  });
  await Promise.all(running);
  await fetch(`${address}/subscriptions/by-service/${SERVICE}`, { method: 'DELETE', headers: { 'X-API-Key': key } });
  made.length = 0;
  return {
    all: all.percentiles(),
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, kinds[kind].percentiles()])) as Record<Kind, Percentiles>,
    failures,
  };
});
