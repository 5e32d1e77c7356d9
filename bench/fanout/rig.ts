import type { ClientsRequest, Figures, Joiner, Joins, Sampling } from '../load/clients';
import type { FeedRequest, Published } from '../load/exchange-feed';
import type { TickerSize } from '../load/ticker-texts';
import { Helper } from './helper';
import { ownUsageOf, type Usage, usageOf } from './process-usage';
import type { ServerProcess } from './server-process';
import type { RunningTarget, Target } from './targets';

/** A target with its clients, ready to be measured. */
export interface Seated {
  readonly target: RunningTarget;
  /** How many of those who read everything listen to each symbol, in the order of the symbols. */
  readonly audience: readonly number[];
  readonly joins: Joins;
  /** Resident memory before the first client came and when all were in. */
  readonly rssBefore: number;
  readonly rssSeated: number;
}

export interface Seats {
  readonly symbols: readonly string[];
  readonly joiners: readonly Joiner[];
  readonly quiet?: readonly string[];
  readonly deflate?: boolean;
  readonly sampling?: Sampling;
}

export interface Window {
  readonly figures: Record<string, number>;
  readonly notes: readonly string[];
}

/** One client in so many looks at every message. */
const SAMPLED_EVERY = 40;
/** Counting and sampling clients join in turn, so that neither stand at the head or the end of every fan-out. */
const BATCHES = 10;
const JOIN_AT_ONCE = 64;
const SATURATED = 0.95;
const QUIET_MS = 1000;
/** How long a target may go on delivering what was published in the window. */
const DRAIN_LIMIT_MS = 10_000;
const MB = 1024 * 1024;

/** Publisher and load generators: processes of their own, the same for all targets. */
export class Rig {
  readonly feed = Helper.start<FeedRequest>('exchange-feed');
  /** Many clients that count. */
  crowd = Helper.start<ClientsRequest>('clients');
  /** Few clients that look at every message, apart so that the crowd's work is not in their latency. */
  probe = Helper.start<ClientsRequest>('clients');

  constructor(private readonly size: TickerSize) {}

  stop(): void {
    for (const helper of [this.feed, this.crowd, this.probe]) helper.stop();
  }

  /** Load generators anew: one that has had ten thousand clients is three times slower with the next. */
  private renew(): void {
    for (const helper of [this.crowd, this.probe]) helper.stop();
    this.crowd = Helper.start<ClientsRequest>('clients');
    this.probe = Helper.start<ClientsRequest>('clients');
  }

  /** The publisher's port. */
  async publisher(symbols: readonly string[], quiet: readonly string[]): Promise<number> {
    const { port } = await this.feed.ask<{ port: number }>({ symbols, quiet, size: this.size });
    return port;
  }

  /** Starts a target, seats the clients, runs `work`, and clears everything away. */
  async with<T>(target: Target, seats: Seats, work: (seated: Seated) => Promise<T>): Promise<T> {
    this.renew();
    const running = await target.start(await this.publisher(seats.symbols, seats.quiet ?? []));
    try {
      return await work(await this.seat(running, seats));
    } finally {
      await this.clear();
      running.stop();
    }
  }

  async clear(): Promise<void> {
    await Promise.all([this.crowd.ask<true>({ close: true }), this.probe.ask<true>({ close: true })]);
  }

  /** @param seats streams are named by symbol */
  async seat(target: RunningTarget, { symbols, joiners, deflate = false, sampling = 'stamp' }: Seats): Promise<Seated> {
    const rssBefore = usageOfTarget(target).rssBytes;
    const door = { port: target.port, dialect: target.dialect, deflate, atOnce: JOIN_AT_ONCE };
    const named = joiners.map((joiner) => ({ ...joiner, streams: joiner.streams.map(target.argOf) }));
    const sampled = (joiner: Joiner, i: number) =>
      (joiner.reading ?? 'all') === 'all' && i % SAMPLED_EVERY === SAMPLED_EVERY >> 1;
    const joins: Joins[] = [];
    const batch = Math.ceil(named.length / BATCHES);
    for (let from = 0; from < named.length; from += batch) {
      const some = named.slice(from, from + batch);
      for (const [helper, isProbe] of [[this.crowd, false] as const, [this.probe, true] as const]) {
        const open = {
          ...door,
          sampled: isProbe ? sampling : ('nothing' as const),
          joiners: some.filter((joiner, i) => sampled(joiner, from + i) === isProbe),
        };
        joins.push(await helper.ask<Joins>({ open }));
      }
    }
    const failed = joins.find((one) => one.failed > 0);
    if (failed)
      throw new Error(`${failed.failed} clients could not join: ${failed.reasons.join('; ')} ${target.server.complaints}`);
    const audience = symbols.map((symbol) => {
      const listens = ({ streams, reading = 'all' }: Joiner) => reading === 'all' && streams.includes(symbol);
      return joiners.filter(listens).length;
    });
    return { target, audience, joins: sumOf(joins), rssBefore, rssSeated: usageOfTarget(target).rssBytes };
  }

  /** Publishes for so long and measures until all is delivered, or the time for that is up. */
  async window({ target, audience }: Seated, rate: number, seconds: number, drainMs = DRAIN_LIMIT_MS): Promise<Window> {
    await Promise.all([this.crowd.ask<true>({ begin: true }), this.probe.ask<true>({ begin: true })]);
    const before = usageOfTarget(target);
    const parentBefore = ownUsageOf(target.server.pid);
    const startedAt = performance.now();
    const publish = { rate, messages: Math.round(rate * seconds) };
    const { counts, mostWaiting } = await this.feed.ask<Published>({ publish });
    const publishing = (performance.now() - startedAt) / 1000;
    const peak = usageOfTarget(target).rssBytes;
    const expected = counts.reduce((sum, count, i) => sum + count * (audience[i] ?? 0), 0);
    // Generators cannot add up: both wait until nothing more comes, or until the time is up.
    const busyAt = await Promise.all([this.figures(this.crowd), this.figures(this.probe)]);
    await this.drained(expected, drainMs);
    const took = (performance.now() - startedAt) / 1000;
    const after = usageOfTarget(target);
    const parent = ownUsageOf(target.server.pid).cpuSeconds - parentBefore.cpuSeconds;
    const [crowd, probe] = await Promise.all([this.figures(this.crowd), this.figures(this.probe)]);
    const received = crowd.frames + probe.frames;
    const cpu = after.cpuSeconds - before.cpuSeconds;
    const [crowdBusy, probeBusy] = busyAt.map(({ busy }) => busy) as [number, number];
    const notes: string[] = [];
    if (received !== expected) {
      notes.push(
        `not all delivered: ${received} of ${expected} (${((received / expected) * 100).toFixed(1)} %) in ${took.toFixed(1)} s`,
      );
    }
    if (crowdBusy > SATURATED || probeBusy > SATURATED) {
      notes.push(
        `the load generator was saturated (crowd ${percent(crowdBusy)}, probe ${percent(probeBusy)}): latency is too high`,
      );
    }
    if (publishing > seconds * 1.1 + 0.1) notes.push(`the publisher needed ${publishing.toFixed(1)} s for ${seconds} s`);
    if (mostWaiting > MB) notes.push(`the server let ${(mostWaiting / MB).toFixed(0)} MB wait in the publisher`);
    if (!processesOf(target).every(({ alive }) => alive)) notes.push('the server died');
    return {
      notes,
      figures: {
        expected,
        received,
        delivered: received / expected,
        cpuMicros: (cpu / received) * 1e6,
        serverCpu: cpu / took,
        parentCpu: parent / took,
        p50: probe.latency.p50,
        p95: probe.latency.p95,
        p99: probe.latency.p99,
        max: probe.latency.max,
        bytesPerMessage: (crowd.bytes + probe.bytes) / received,
        rssMb: Math.max(peak, after.rssBytes) / MB,
        crowdBusy,
        probeBusy,
        notices: crowd.notices + probe.notices,
        seconds: took,
      },
    };
  }

  figures(helper: Helper<ClientsRequest>): Promise<Figures> {
    return helper.ask<Figures>({ figures: true });
  }

  /** As {@link window}, with the figures thrown away: code gets hot, sockets and heap find their size. */
  async warmUp(seated: Seated, rate: number, seconds: number): Promise<boolean> {
    return (await this.window(seated, rate, seconds)).figures['delivered'] === 1;
  }

  private async drained(expected: number, limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    let last = -1;
    let quietSince = performance.now();
    for (;;) {
      const [crowd, probe] = await Promise.all([this.figures(this.crowd), this.figures(this.probe)]);
      const count = crowd.frames + probe.frames;
      const now = performance.now();
      if (count >= expected || now > until) return;
      if (count !== last) quietSince = now;
      last = count;
      if (now - quietSince > QUIET_MS) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function processesOf({ server, others = [] }: RunningTarget): readonly ServerProcess[] {
  return [server, ...others];
}

function usageOfTarget(target: RunningTarget): Usage {
  return usageOf(...processesOf(target).map(({ pid }) => pid));
}

function sumOf(all: readonly Joins[]): Joins {
  const sum = (key: 'joined' | 'refused' | 'failed' | 'seconds') => all.reduce((total, one) => total + one[key], 0);
  const reasons = all.flatMap((one) => one.reasons);
  return { joined: sum('joined'), refused: sum('refused'), failed: sum('failed'), seconds: sum('seconds'), reasons };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
