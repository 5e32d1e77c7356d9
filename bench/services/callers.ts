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

type Body = (typeof BODIES)[number];

/** Those that nobody has asked for, or who did has been told that it is cancelled. */
let free = [...BODIES];
/** Subscriptions that were made and not cancelled, oldest first. */
let made: Subscription[] = [];

interface Subscription {
  readonly id: string;
  readonly body: Body;
}

interface Call {
  readonly method: string;
  readonly path: string;
  /** What is asked for, or given up. */
  readonly body?: Body;
}

function next(kind: Kind): Call {
  if (kind === 'GET /subscriptions') return { method: 'GET', path: '/subscriptions?requesting_service=desk&limit=20' };
  if (kind === 'GET /balances') return { method: 'GET', path: '/balances' };
  const wanted = kind === 'POST /subscriptions' ? free.shift() : undefined;
  if (wanted) return { method: 'POST', path: '/subscriptions', body: wanted };
  const unwanted = kind === 'DELETE /subscriptions/{id}' ? made.shift() : undefined;
  if (unwanted) return { method: 'DELETE', path: `/subscriptions/${unwanted.id}`, body: unwanted.body };
  return { method: 'GET', path: '/streams' };
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
      headers: { 'X-API-Key': key, ...(method === 'POST' && { 'Content-Type': 'application/json' }) },
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const took = (performance.now() - startedAt) * 1000;
    all.add(took);
    kinds[method === 'GET' && path === '/streams' ? 'GET /streams' : kind].add(took);
    if (response.status !== EXPECTED[method]) failures.push(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    else if (method === 'POST' && body) made.push({ id: (JSON.parse(text) as { id: string }).id, body });
    else if (body) free.push(body);
  };
  const running: Promise<void>[] = [];
  await pace(rate, rate * seconds, (sent) => {
    const kind = KINDS[sent % KINDS.length] ?? 'GET /streams';
    running.push(call(kind).catch((error: unknown) => void failures.push(`${kind}: ${String(error)}`)));
  });
  await Promise.all(running);
  await fetch(`${address}/subscriptions/by-service/${SERVICE}`, { method: 'DELETE', headers: { 'X-API-Key': key } });
  free = [...BODIES];
  made = [];
  return {
    all: all.percentiles(),
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, kinds[kind].percentiles()])) as Record<Kind, Percentiles>,
    failures,
  };
});
