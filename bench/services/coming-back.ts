import { setTimeout as pause } from 'node:timers/promises';
import type { Column } from '../fanout/cases/case';
import type { Measurement } from '../fanout/measurement';
import { microseconds } from '../load/stamp';
import type { Deployment } from './deployment';
import { ACCOUNT_TOPICS, type ExchangeTopic, WANTED, WANTED_BESIDE } from './topics';

const ALL = [...WANTED, ...WANTED_BESIDE];
const TOPICS: readonly ExchangeTopic[] = [...new Map(ALL.map(({ at }) => [at.join(' '), at])).values()];
const LOOK_EVERY_MS = 20;
const LIMIT_SECONDS = 60;
const AIM_SECONDS = 5;

export const COMING_BACK = {
  name: 'coming back',
  about: `seconds until ${ALL.length} subscriptions of 3 services to ${TOPICS.length} topics of 3 markets, and the account's, are back. market, account: subscribed at the exchange; told live: every one in GET /subscriptions; clients: until WebSocket clients are taken. The market is as busy as before`,
  aim: `all live within ${AIM_SECONDS} s`,
  columns: [
    { title: 'market', figure: 'market', digits: 2 },
    { title: 'account', figure: 'account', digits: 2 },
    { title: 'told live', figure: 'live', digits: 2 },
    { title: 'all', figure: 'all', digits: 2 },
    { title: 'clients', figure: 'clients', digits: 2 },
  ],
} as const satisfies { columns: readonly Column[] } & Record<string, unknown>;

/** How soon everything that services have asked for is there again. */
export class ComingBack {
  constructor(private readonly deployment: Deployment) {}

  /** Each way once. @returns figures, and what did not come back */
  async round(): Promise<{ readonly measurements: Measurement[]; readonly problems: string[] }> {
    const { deployment } = this;
    for (const { service, body } of ALL) await deployment.subscribe(service, body);
    await this.live();
    const problems: string[] = [];
    const measurements: Measurement[] = [];
    const add = async (variant: string, begin: () => Promise<Begun>) => {
      const figures = await this.measure(begin);
      if (figures) measurements.push({ case: COMING_BACK.name, variant, target: '', figures, notes: [] });
      else problems.push(`${variant}: not all subscriptions were back after ${LIMIT_SECONDS} s`);
    };
    await add("after the gateway's start", async () => {
      await deployment.gateway.stop();
      return this.started(microseconds());
    });
    await add('after the loss of all connections to the exchange', async () => {
      const { market, account } = deployment;
      const [at] = await Promise.all([
        market.ask<number>({ drop: ['linear', 'spot', 'inverse'] }),
        account.ask<number>({ drop: ['private'] }),
      ]);
      return { at };
    });
    await add('after kill -9 and a new start', async () => {
      const at = microseconds();
      await deployment.killGateway();
      return this.started(at);
    });
    return { measurements, problems };
  }

  private async started(at: number): Promise<Begun> {
    await this.deployment.startGateway();
    return { at, clients: secondsSince(at) };
  }

  private async measure(begin: () => Promise<Begun>): Promise<Record<string, number> | undefined> {
    const { at, clients = NaN } = await begin();
    const { market, account } = this.deployment;
    const back = Promise.all([market.ask<number>({ subscribed: TOPICS }), account.ask<number>({ subscribed: ACCOUNT_TOPICS })]);
    const tooLate = pause(LIMIT_SECONDS * 1000, undefined, { ref: false });
    const backAt = await Promise.race([back, tooLate]);
    if (backAt === undefined || !(await this.live())) return undefined;
    const live = secondsSince(at);
    const [ofMarket = NaN, ofAccount = NaN] = backAt.map((time) => (time - at) / 1e6);
    return { market: ofMarket, account: ofAccount, live, all: Math.max(live, ofAccount), clients };
  }

  /** Whether every subscription is told to be live, soon enough. */
  private async live(): Promise<boolean> {
    const until = performance.now() + LIMIT_SECONDS * 1000;
    while (performance.now() < until) {
      const { status, body } = await this.deployment.call('GET', '/subscriptions?is_active=true&limit=500');
      const all = (body['subscriptions'] ?? []) as { readonly state: string }[];
      if (status === 200 && all.length >= ALL.length && all.every(({ state }) => state === 'live')) return true;
      await pause(LOOK_EVERY_MS);
    }
    return false;
  }
}

interface Begun {
  /** Microseconds. */
  readonly at: number;
  /** Seconds until clients were taken, where there was a new process. */
  readonly clients?: number;
}

function secondsSince(at: number): number {
  return (microseconds() - at) / 1e6;
}
