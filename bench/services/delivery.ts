import { setTimeout as pause } from 'node:timers/promises';
import { Helper } from '../fanout/helper';
import type { Measurement } from '../fanout/measurement';
import { usageOf, waitedForCore } from '../fanout/process-usage';
import type { ClientsRequest, Figures, Joins } from '../load/clients';
import type { Calls, CallsRequest } from './callers';
import { AccountCheck } from './account-check';
import { ACTIVITY, CALLS, CALLS_PER_SECOND, CLIENTS, DELIVERY, EVENTS } from './cases';
import type { Deployment } from './deployment';
import type { ExchangeFigures } from './exchange';
import { gatewayLatency, p99Between } from './gateway-latency';
import { watchHealth } from './health-watch';
import { ALONE, PHASES, type Phase, SERVED, type Step } from './phases';
import type { ReadersFigures, ReadersRequest } from './readers';
import { SERVICES, STREAMS, WANTED } from './topics';

const CLASSES = ['ticker', 'trade', 'orderbook'];
const ACCOUNT_CLASSES = ['order', 'execution', 'position', 'balance'];

const WARM_UP_SECONDS = 10;
const SETTLE_MS = 1000;
/** How long what was held up may take to be sent. */
const CATCH_UP_SECONDS = 40;
const LOOK_EVERY_MS = 200;
const SATURATED = 0.7;
const BALANCES_PER_PAGE = 500;

/** What a round of phases has brought. */
export interface Round {
  readonly measurements: readonly Measurement[];
  /** Promises that were not kept. */
  readonly problems: readonly string[];
}

/** WebSocket clients, consumers and callers around a gateway, each kind in a process of its own, while what serves services is held up. */
export class Delivery {
  private readonly clients = Helper.start<ClientsRequest>('clients');
  private readonly readers = Helper.start<ReadersRequest>('../services/readers');
  private readonly callers = Helper.start<CallsRequest>('../services/callers');
  private readonly check: AccountCheck;
  private readonly problems: string[] = [];

  constructor(
    private readonly deployment: Deployment,
    private readonly seconds: number,
  ) {
    this.check = new AccountCheck(deployment, this.readers);
  }

  /** Seats the clients, and begins to read what services get. */
  async start(): Promise<void> {
    const { gateway, rabbit, account } = this.deployment;
    const url = rabbit.url;
    await this.readers.ask<true>({ read: { url, queues: ACCOUNT_CLASSES.map((type) => `ws-gateway.${type}`), account: true } });
    await account.ask<true>({ activity: ACTIVITY });
    const joiners = Array.from({ length: CLIENTS }, () => ({ streams: STREAMS }));
    const open = { port: gateway.port, dialect: 'native' as const, joiners, atOnce: CLIENTS, sampled: 'stamp' as const };
    const { failed, reasons } = await this.clients.ask<Joins>({ open });
    if (failed > 0) throw new Error(`${failed} clients could not join: ${reasons.join('; ')}`);
    await this.serve(true);
    const queues = SERVICES.flatMap((service) => CLASSES.map((type) => `ws-gateway.${service}.${type}`));
    await this.readers.ask<true>({ read: { url, queues, account: false } });
  }

  stop(): void {
    for (const helper of [this.clients, this.readers, this.callers]) helper.stop();
  }

  /** Code gets hot in all that is measured, and queues find their size. */
  async warmUp(): Promise<void> {
    await this.calls(WARM_UP_SECONDS);
    await this.complete('warming up');
  }

  /** Each phase once, every other time backwards: nobody always comes first. */
  async round(number: number): Promise<Round> {
    const measured: Measurement[] = [];
    for (const phase of number % 2 === 0 ? PHASES : PHASES.toReversed()) {
      console.error(`round ${number + 1}: ${phase.steps.map(({ name }) => name).join(', ')}`);
      measured.push(...(await this.phase(phase)));
    }
    return { measurements: withRatios(measured), problems: this.takeProblems() };
  }

  /** Compares what was told of the account with what has happened to it. */
  async complete(after: string): Promise<void> {
    this.problems.push(...(await this.check.wrong()).map((one) => `${after}: ${one}`));
  }

  takeProblems(): string[] {
    return this.problems.splice(0);
  }

  private async serve(served: boolean): Promise<void> {
    if (!served) for (const service of SERVICES) await this.deployment.call('DELETE', `/subscriptions/by-service/${service}`);
    else for (const { service, body } of WANTED) await this.deployment.subscribe(service, body);
  }

  private async phase({ served, called = false, steps }: Phase): Promise<Measurement[]> {
    await this.serve(served);
    await pause(SETTLE_MS);
    const measured: Measurement[] = [];
    for (const step of steps) measured.push(...(await this.step(step, called)));
    await this.caughtUp();
    await this.complete(steps.map(({ name }) => name).join(', '));
    return measured;
  }

  private async step({ name, begin, health }: Step, called: boolean): Promise<Measurement[]> {
    const { deployment, clients, readers } = this;
    const { market, gateway } = deployment;
    const pid = gateway.child.pid ?? -1;
    await Promise.all([
      clients.ask<true>({ begin: true }),
      readers.ask<true>({ begin: true }),
      market.ask<true>({ begin: true }),
    ]);
    const before = {
      at: Date.now(),
      usage: usageOf(pid),
      waited: waitedForCore(pid),
      count: gatewayLatency(await gateway.metrics()),
    };
    const startedAt = performance.now();
    const begun = begin?.(deployment);
    const calls = called ? this.calls(this.seconds) : undefined;
    const untrue = await watchHealth(() => deployment.health(), health, this.seconds);
    await begun;
    const took = (performance.now() - startedAt) / 1000;
    const count = gatewayLatency(await gateway.metrics());
    const cpu = (usageOf(pid).cpuSeconds - before.usage.cpuSeconds) / took;
    const noCore = (waitedForCore(pid) - before.waited) / took;
    const [toClients, toReaders, pushed] = await Promise.all([
      clients.ask<Figures>({ figures: true }),
      readers.ask<ReadersFigures>({ figures: true }),
      market.ask<ExchangeFigures>({ figures: true }),
    ]);
    this.problems.push(...untrue.map((one) => `${name}: ${one}`));
    if (toClients.closed > 0) this.problems.push(`${name}: ${toClients.closed} WebSocket clients were closed`);
    const notes = Object.entries({ exchange: pushed.busy, clients: toClients.busy, consumers: toReaders.busy })
      .filter(([, busy]) => busy > SATURATED)
      .map(([who, busy]) => `the process of the ${who} was busy ${(busy * 100).toFixed(0)} % of the time: figures are too high`);
    const { p50, p95, p99 } = toClients.latency;
    const of = (one: string, figures: Record<string, number>, variant = name): Measurement => ({
      case: one,
      variant,
      target: '',
      figures,
      notes: one === DELIVERY.name ? notes : [],
    });
    const measured = [
      of(DELIVERY.name, {
        p50,
        p95,
        p99,
        written: p99Between(before.count.written, count.written),
        cpu,
        noCore,
        framesPerSecond: pushed.frames / took,
        late: pushed.late,
        seconds: took,
        exchangeBusy: pushed.busy,
        clientsBusy: toClients.busy,
        consumersBusy: toReaders.busy,
      }),
      of(EVENTS.name, {
        confirmed: p99Between(before.count.confirmed, count.confirmed),
        market: toReaders.market.p99,
        account: toReaders.account.p99,
        ...(begin ? {} : await this.balances(before.at)),
      }),
    ];
    if (calls) {
      const { all, kinds, failures } = await calls;
      this.problems.push(...failures.map((one) => `${name}: ${one}`));
      measured.push(of(CALLS.name, { ...all }, 'all'));
      for (const [kind, percentiles] of Object.entries(kinds)) measured.push(of(CALLS.name, { ...percentiles }, kind));
    }
    return measured;
  }

  private calls(seconds: number): Promise<Calls> {
    const { gateway, key } = this.deployment;
    return this.callers.ask<Calls>({ port: gateway.port, key, rate: CALLS_PER_SECOND, seconds });
  }

  /** Nothing waits for the database or the broker any more. */
  private async caughtUp(): Promise<void> {
    const until = performance.now() + CATCH_UP_SECONDS * 1000;
    for (;;) {
      const { broker, account_events: events } = (await this.deployment.health()).parts;
      if (broker['waiting'] === 0 && events['queued'] === 0) return;
      if (performance.now() > until) {
        this.problems.push(
          `${String(broker['waiting'])} events of the market and ${String(events['queued'])} of the account still wait`,
        );
        return;
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Of the balances that were recorded since then. */
  private async balances(since: number): Promise<Record<string, number>> {
    const took: number[] = [];
    const range = `from=${new Date(since).toISOString()}&to=${new Date().toISOString()}`;
    for (let offset = 0; ; offset += BALANCES_PER_PAGE) {
      const path = `/balances/history?${range}&limit=${BALANCES_PER_PAGE}&offset=${offset}`;
      const { body } = await this.deployment.call('GET', path);
      const records = body['records'] as { timestamp: string; recorded_at: string }[];
      took.push(...records.map(({ timestamp, recorded_at }) => Date.parse(recorded_at) - Date.parse(timestamp)));
      if (records.length < BALANCES_PER_PAGE) break;
    }
    took.sort((a, b) => a - b);
    return {
      balance: took[Math.ceil(took.length * 0.99) - 1] ?? NaN,
      balanceMost: took.at(-1) ?? NaN,
      balances: took.length,
    };
  }
}

/** Compared with two phases of the same round. */
function withRatios(measured: readonly Measurement[]): Measurement[] {
  const p99Of = (variant: string) =>
    measured.find((one) => one.case === DELIVERY.name && one.variant === variant)?.figures['p99'] ?? NaN;
  const [alone, served] = [p99Of(ALONE), p99Of(SERVED)];
  return measured.map((one) => {
    if (one.case !== DELIVERY.name) return one;
    const p99 = one.figures['p99'] ?? NaN;
    return { ...one, figures: { ...one.figures, toAlone: p99 / alone, toServed: p99 / served } };
  });
}
