import type { Column } from '../fanout/cases/case';
import { Helper } from '../fanout/helper';
import type { Measurement } from '../fanout/measurement';
import { waitedForCore } from '../fanout/process-usage';
import type { Heard } from './hearing';
import type { ListeningFigures, ListeningRequest } from './listening';
import type { PublishingFigures, PublishingRequest } from './publishing';
import type { RedisMeter } from './redis-meter';

const P50: Column = { title: 'p50 ms', figure: 'p50', digits: 2 };
const P95: Column = { title: 'p95 ms', figure: 'p95', digits: 2 };
const P99: Column = { title: 'p99 ms', figure: 'p99', digits: 2 };

export const HOP = {
  name: 'hop',
  about:
    'from publish() to the listener: tickers of 100 streams, 365 bytes each. µs are CPU per message; no core %: of the time, processes could have run and had no core, all added up',
  aim: 'at 2000 msg/s p50 at most 1 ms, p99 at most 5 ms; 1 command per message',
  columns: [
    P50,
    P95,
    P99,
    { title: 'publisher µs', figure: 'publisherMicros', digits: 1 },
    { title: 'listener µs', figure: 'listenerMicros', digits: 1 },
    { title: 'Redis µs', figure: 'redisMicros', digits: 1 },
    { title: 'publisher %', figure: 'publisherCpu', digits: 0, times: 100 },
    { title: 'Redis %', figure: 'redisCpu', digits: 0, times: 100 },
    { title: 'no core %', figure: 'waited', digits: 0, times: 100 },
    { title: 'commands', figure: 'commands', digits: 3 },
    { title: 'in script', figure: 'inScripts', digits: 1 },
    { title: 'per read', figure: 'perRead', digits: 1 },
    { title: 'bytes', figure: 'bytes', digits: 0 },
    { title: 'heard %', figure: 'heard', digits: 1, times: 100 },
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;

const RATES = [500, 2000, 8000];
const MANY_LISTENERS = 3;
const WARM_UPS = 4;
/** Listeners that have heard nothing for so long hear nothing more. */
const QUIET_MS = 500;
const LOOK_EVERY_MS = 20;
const GROWTH = 1.4;
const MOST_RATE = 60_000;
const LIMIT_P99_MS = 5;
const FULL_CORE = 0.95;
const TRIES = 3;

/** A publisher and listeners in processes of their own, over Redis; and both in one process. */
export class Hop {
  private readonly publishing = Helper.start<PublishingRequest>('../fleet/publishing');
  private readonly together = Helper.start<PublishingRequest>('../fleet/publishing');
  private readonly listening: Helper<ListeningRequest>[] = [];

  constructor(
    private readonly url: string,
    private readonly redisPid: number,
    private readonly meter: RedisMeter,
    private readonly seconds: number,
  ) {}

  async start(): Promise<void> {
    await this.together.ask<true>({ open: '' });
    await this.publishing.ask<true>({ open: this.url });
    await this.listenToo();
    // Code gets hot.
    for (let i = 0; i < WARM_UPS; i++) {
      await this.overRedis(4000, 'warm-up');
      await this.inProcess(4000, 'warm-up');
    }
  }

  stop(): void {
    for (const helper of [this.publishing, this.together, ...this.listening]) helper.stop();
  }

  /** Both ways at each rate in turn. */
  async round(number: number): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    for (const rate of RATES) {
      const variant = `${rate} msg/s`;
      const ways = [() => this.overRedis(rate, variant), () => this.inProcess(rate, variant)];
      if (number % 2 === 1) ways.reverse();
      for (const way of ways) measured.push(await way());
    }
    return measured;
  }

  /** Once more with several listeners, to each of which Redis writes each message. */
  async manyListeners(rounds: number): Promise<Measurement[]> {
    while (this.listening.length < MANY_LISTENERS) await this.listenToo();
    const measured: Measurement[] = [];
    for (const rate of RATES.slice(1)) {
      for (let i = 0; i < rounds; i++) measured.push(await this.overRedis(rate, `${rate} msg/s, ${MANY_LISTENERS} listeners`));
    }
    return measured;
  }

  /** More and more, until something has used up its core or does not keep up. */
  async limit(): Promise<{ measured: Measurement[]; why: string }> {
    const measured: Measurement[] = [];
    const late = new Set<string>();
    for (let rate = 4000; rate <= MOST_RATE; rate *= GROWTH) {
      const one = await this.best(Math.round(rate / 100) * 100, late.size > 0 ? 1 : TRIES);
      const { figures, variant } = one;
      measured.push(one);
      if ((figures['p99'] ?? 0) > LIMIT_P99_MS) late.add(variant);
      const full = (['redisCpu', 'publisherCpu', 'listenerCpu'] as const).filter((core) => (figures[core] ?? 0) > FULL_CORE);
      if (full.length > 0 || one.notes.length > 0) {
        const [first = 'it never was'] = late;
        return {
          measured,
          why: `p99 above ${LIMIT_P99_MS} ms: first at ${first}. Ended by ${[...full, ...one.notes].join(', ')}`,
        };
      }
    }
    return { measured, why: `nothing was at its limit up to ${MOST_RATE} msg/s` };
  }

  /** The one with the best 99th percentile of so many tries: other work on the machine must not count as Redis's limit. */
  private async best(rate: number, tries: number): Promise<Measurement> {
    let best = await this.overRedis(rate, `${rate} msg/s`);
    for (let i = 1; i < tries && (best.figures['p99'] ?? 0) > LIMIT_P99_MS; i++) {
      const again = await this.overRedis(rate, `${rate} msg/s`);
      if ((again.figures['p99'] ?? Infinity) < (best.figures['p99'] ?? Infinity)) best = again;
    }
    return best;
  }

  private async listenToo(): Promise<void> {
    const helper = Helper.start<ListeningRequest>('../fleet/listening');
    this.listening.push(helper);
    await helper.ask<true>({ listen: this.url });
  }

  private async overRedis(rate: number, variant: string): Promise<Measurement> {
    const messages = Math.round(rate * this.seconds);
    await Promise.all([this.publishing, ...this.listening].map((helper) => helper.ask<true>({ begin: true })));
    await this.meter.begin();
    const pids = [this.publishing, ...this.listening].map(({ pid }) => pid);
    const waitedBefore = waitedForCore(this.redisPid, ...pids);
    const startedAt = performance.now();
    const publishSeconds = await this.publishing.ask<number>({ publish: { rate, messages } });
    const listening = await this.allHeard(messages);
    const took = (performance.now() - startedAt) / 1000;
    const waited = waitedForCore(this.redisPid, ...pids) - waitedBefore;
    const { cpuSeconds: redis, commands, inScripts, reads } = await this.meter.work();
    const { cpuSeconds: publisher, unpublished } = await this.publishing.ask<PublishingFigures>({ figures: true });
    const listener = Math.max(...listening.map(({ cpuSeconds }) => cpuSeconds));
    // The one to which Redis writes last.
    const last = listening.reduce((one, other) => (other.heard.latency.p50 > one.heard.latency.p50 ? other : one));
    return {
      case: HOP.name,
      variant,
      target: 'over Redis',
      notes: [
        ...lateness(publishSeconds, this.seconds),
        ...(unpublished > 0 ? [`${unpublished} not published`] : []),
        ...wrongs(last.heard),
      ],
      figures: {
        ...latencyOf(last.heard),
        publisherMicros: (publisher / messages) * 1e6,
        listenerMicros: (listener / messages) * 1e6,
        redisMicros: (redis / messages) * 1e6,
        publisherCpu: publisher / took,
        listenerCpu: listener / took,
        redisCpu: redis / took,
        waited: waited / took,
        commands: commands / messages,
        inScripts: inScripts / messages,
        perRead: messages / reads,
        heard: Math.min(...listening.map(({ heard }) => heard.messages)) / messages,
      },
    };
  }

  private async inProcess(rate: number, variant: string): Promise<Measurement> {
    const messages = Math.round(rate * this.seconds);
    await this.together.ask<true>({ begin: true });
    const publishSeconds = await this.together.ask<number>({ publish: { rate, messages } });
    const { cpuSeconds, heard } = await this.together.ask<PublishingFigures>({ figures: true });
    return {
      case: HOP.name,
      variant,
      target: 'in process',
      notes: [...lateness(publishSeconds, this.seconds), ...wrongs(heard)],
      figures: { ...latencyOf(heard), publisherMicros: (cpuSeconds / messages) * 1e6, heard: heard.messages / messages },
    };
  }

  private async allHeard(messages: number): Promise<ListeningFigures[]> {
    let most = -1;
    let since = performance.now();
    for (;;) {
      const figures = await Promise.all(this.listening.map((helper) => helper.ask<ListeningFigures>({ figures: true })));
      const heard = figures.reduce((sum, one) => sum + one.heard.messages, 0);
      if (heard !== most) since = performance.now();
      most = heard;
      if (heard >= messages * this.listening.length || performance.now() - since > QUIET_MS) return figures;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

function latencyOf({ latency: { p50, p95, p99, max }, bytesPerMessage }: Heard) {
  return { p50, p95, p99, max, bytes: bytesPerMessage };
}

function lateness(took: number, seconds: number): string[] {
  return took > seconds * 1.1 + 0.1 ? [`the publisher needed ${took.toFixed(1)} s for ${seconds} s`] : [];
}

function wrongs({ wrong }: Heard): string[] {
  return wrong > 0 ? [`${wrong} times a number was left out or came twice`] : [];
}
