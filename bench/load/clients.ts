/** The load generator, a process of its own: many raw clients that count, or few that look at every message. */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { DIALECTS, type DialectName } from './dialects';
import { Latencies, type Percentiles } from './latencies';
import { answer } from './parent';
import { RawClient, type JoinFailure, type Reading } from './raw-client';
import { microseconds, stampIn } from './stamp';

export interface Joiner {
  readonly streams: readonly string[];
  readonly reading?: Reading;
}

interface Door {
  readonly port: number;
  readonly dialect: DialectName;
  readonly deflate?: boolean;
}

export type ClientsRequest =
  /** Clients that stay. `sampled`: they look at every message. */
  | { readonly open: Door & { readonly joiners: readonly Joiner[]; readonly atOnce: number; readonly sampled: boolean } }
  /** Clients that join and leave again, `atOnce` at any moment, for so long. */
  | { readonly churn: Door & { readonly joiners: readonly Joiner[]; readonly atOnce: number; readonly seconds: number } }
  /** Sets all figures to zero. */
  | { readonly begin: true }
  /** Answered when `frames` have come to those who read, or nothing came for `quietMs`, or after `limitMs`. */
  | { readonly settle: { readonly frames: number; readonly quietMs: number; readonly limitMs: number } }
  | { readonly figures: true }
  | { readonly close: true };

export interface Joins {
  readonly joined: number;
  /** Explicit 503s. */
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
  readonly reasons: readonly string[];
}

/** Since the last `begin`, of the clients that read everything. */
export interface Figures {
  readonly clients: number;
  readonly frames: number;
  readonly bytes: number;
  readonly notices: number;
  /** Of all clients, since they were opened. */
  readonly closed: number;
  readonly closeCodes: readonly number[];
  readonly latency: Percentiles;
  /** Share of time in which this process had work: near 1 it was itself the bottleneck. */
  readonly busy: number;
}

/** Most clients from one address: Linux hands out about 28,000 ports for each. */
const CLIENTS_PER_ADDRESS = 10_000;
const LOOK_EVERY_MS = 20;
const SHOWN_REASONS = 5;

const clients: { readonly client: RawClient; readonly reading: Reading }[] = [];
const latencies = new Latencies();
let opened = 0;
let beganAt: EventLoopUtilization = performance.eventLoopUtilization();

function sample(message: Buffer): void {
  const stamp = stampIn(message);
  if (stamp !== undefined) latencies.add(microseconds() - stamp);
}

function join(door: Door, joiner: Joiner, sampled: boolean): Promise<{ client: RawClient; failure: JoinFailure | undefined }> {
  const address = Math.floor(opened++ / CLIENTS_PER_ADDRESS) % 200;
  return new Promise((resolve) => {
    const client: RawClient = new RawClient(
      {
        port: door.port,
        dialect: DIALECTS[door.dialect],
        streams: joiner.streams,
        reading: joiner.reading ?? 'all',
        localAddress: address === 0 ? undefined : `127.0.0.${address + 1}`,
        deflate: door.deflate ?? false,
        sample: sampled ? sample : undefined,
      },
      (failure) => resolve({ client, failure }),
    );
  });
}

/** Runs `work` `atOnce` times at once until it answers false. */
async function inParallel(atOnce: number, work: () => Promise<boolean>): Promise<void> {
  const lane = async () => {
    while (await work());
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

class Tally {
  private readonly startedAt = performance.now();
  private readonly reasons = new Set<string>();
  private readonly counts = { joined: 0, refused: 0, failed: 0 };

  add(failure: JoinFailure | undefined): void {
    this.counts[failure?.kind ?? 'joined']++;
    if (failure && this.reasons.size < SHOWN_REASONS) this.reasons.add(failure.reason);
  }

  joins(): Joins {
    return { ...this.counts, seconds: (performance.now() - this.startedAt) / 1000, reasons: [...this.reasons] };
  }
}

type OfRequest<Key extends string> = Extract<ClientsRequest, Record<Key, unknown>>[Key &
  keyof Extract<ClientsRequest, Record<Key, unknown>>];

async function open({ joiners, atOnce, sampled, ...door }: OfRequest<'open'>): Promise<Joins> {
  const tally = new Tally();
  let next = 0;
  await inParallel(atOnce, async () => {
    const joiner = joiners[next++];
    if (!joiner) return false;
    const { client, failure } = await join(door, joiner, sampled);
    tally.add(failure);
    if (!failure) clients.push({ client, reading: joiner.reading ?? 'all' });
    return true;
  });
  return tally.joins();
}

async function churn({ joiners, atOnce, seconds, ...door }: OfRequest<'churn'>): Promise<Joins> {
  const tally = new Tally();
  const until = performance.now() + seconds * 1000;
  let next = 0;
  await inParallel(atOnce, async () => {
    const joiner = joiners[next++ % joiners.length];
    if (!joiner || performance.now() >= until) return false;
    const { client, failure } = await join(door, joiner, false);
    tally.add(failure);
    client.destroy();
    return true;
  });
  return tally.joins();
}

function readers(): RawClient[] {
  return clients.filter(({ reading }) => reading === 'all').map(({ client }) => client);
}

function framesOf(all: readonly RawClient[]): number {
  return all.reduce((sum, { frames }) => sum + frames, 0);
}

function begin(): void {
  for (const { client } of clients) client.frames = client.bytes = client.notices = 0;
  latencies.clear();
  beganAt = performance.eventLoopUtilization();
}

function settle({ frames, quietMs, limitMs }: OfRequest<'settle'>): Promise<void> {
  const all = readers();
  const startedAt = performance.now();
  let last = -1;
  let lastAt = startedAt;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const count = framesOf(all);
      if (count !== last) lastAt = now;
      last = count;
      if (count < frames && now - lastAt < quietMs && now - startedAt < limitMs) return;
      clearInterval(timer);
      resolve();
    }, LOOK_EVERY_MS);
  });
}

function figures(): Figures {
  const all = readers();
  const gone = clients.filter(({ client }) => client.closed);
  return {
    clients: clients.length,
    frames: framesOf(all),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    notices: all.reduce((sum, { notices }) => sum + notices, 0),
    closed: gone.length,
    closeCodes: [...new Set(clients.map(({ client }) => client.closeCode ?? 0))].filter((code) => code > 0),
    latency: latencies.percentiles(),
    busy: performance.eventLoopUtilization(beganAt).utilization,
  };
}

answer(async (request: ClientsRequest): Promise<Joins | Figures | true> => {
  if ('open' in request) return open(request.open);
  if ('churn' in request) return churn(request.churn);
  if ('settle' in request) await settle(request.settle);
  else if ('figures' in request) return figures();
  else if ('begin' in request) begin();
  else for (const { client } of clients.splice(0)) client.destroy();
  return true;
});
