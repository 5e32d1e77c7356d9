/** The load generator, a process of its own: many raw clients that count, or few that look at every message. */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { DIALECTS, type DialectName } from './dialects';
import { Latencies, type Percentiles } from './latencies';
import { answer } from './parent';
import { RawClient, type JoinFailure, type Reading } from './raw-client';

export type { Reading };
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

/** What clients look for in every message: the publisher's microseconds, or the times and numbers that the gateway writes. */
export type Sampling = 'nothing' | 'stamp' | 'times';

export type ClientsRequest =
  /** Clients that stay, and that come again when they are refused with an explicit 503. */
  | { readonly open: Door & { readonly joiners: readonly Joiner[]; readonly atOnce: number; readonly sampled: Sampling } }
  /** Clients that join and leave again, `atOnce` at any moment, for so long. */
  | { readonly churn: Door & { readonly joiners: readonly Joiner[]; readonly atOnce: number; readonly seconds: number } }
  /** Sets all figures to zero. */
  | { readonly begin: true }
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
  /** From the gateway's own `received`. */
  readonly sinceReceived: Percentiles;
  /** Sequence numbers that clients looking at times did not get. */
  readonly missed: number;
  /** Share of time in which this process had work: near 1 it was itself the bottleneck. */
  readonly busy: number;
}

/** Most clients from one address: Linux hands out about 28,000 ports for each. */
const CLIENTS_PER_ADDRESS = 10_000;
/** What a 503 asks for at least. */
const RETRY_AFTER_MS = 1000;
const MOST_ATTEMPTS = 30;
const SHOWN_REASONS = 5;

const clients: { readonly client: RawClient; readonly reading: Reading }[] = [];
const latencies = new Latencies();
const sinceReceived = new Latencies();
let missed = 0;
let opened = 0;
let beganAt: EventLoopUtilization = performance.eventLoopUtilization();

function readStamp(message: Buffer): void {
  const stamp = stampIn(message);
  if (stamp !== undefined) latencies.add(microseconds() - stamp);
}

const NUMBER = /^\{"stream":"([^"]+)".*?"seq":(\d+)/;
const TIMES = /"timestamp":(\d+),"received":(\d+),"source":/;
/** Envelope fields stand at both ends; payloads between them can be long. */
const HEAD_BYTES = 160;
const TAIL_BYTES = 120;

/** Milliseconds of the time of day: coarser than a stamp, and good for any message. */
function timesReader(): (message: Buffer) => void {
  const last = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    const [, stream = '', seq = '0'] = NUMBER.exec(message.toString('latin1', 0, HEAD_BYTES)) ?? [];
    const before = last.get(stream);
    if (before !== undefined) missed += Number(seq) - before - 1;
    last.set(stream, Number(seq));
    const times = TIMES.exec(message.toString('latin1', Math.max(0, message.length - TAIL_BYTES)));
    if (!times) return;
    latencies.add((now - Number(times[1])) * 1000);
    sinceReceived.add((now - Number(times[2])) * 1000);
  };
}

function sampler(sampling: Sampling): ((message: Buffer) => void) | undefined {
  if (sampling === 'nothing') return undefined;
  return sampling === 'stamp' ? readStamp : timesReader();
}

function join(door: Door, joiner: Joiner, sampled: Sampling): Promise<{ client: RawClient; failure: JoinFailure | undefined }> {
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
        sample: sampler(sampled),
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
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const { client, failure } = await join(door, joiner, sampled);
      tally.add(failure);
      if (!failure) clients.push({ client, reading: joiner.reading ?? 'all' });
      if (failure?.kind !== 'refused') break;
      await pause(RETRY_AFTER_MS);
    }
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
    const { client, failure } = await join(door, joiner, 'nothing');
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
  sinceReceived.clear();
  missed = 0;
  beganAt = performance.eventLoopUtilization();
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
    sinceReceived: sinceReceived.percentiles(),
    missed,
    busy: performance.eventLoopUtilization(beganAt).utilization,
  };
}

answer(async (request: ClientsRequest): Promise<Joins | Figures | true> => {
  if ('open' in request) return open(request.open);
  if ('churn' in request) return churn(request.churn);
  if ('figures' in request) return figures();
  if ('begin' in request) begin();
  else for (const { client } of clients.splice(0)) client.destroy();
  return true;
});
