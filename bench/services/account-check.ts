import { setTimeout as pause } from 'node:timers/promises';
import type { Helper } from '../fanout/helper';
import type { AccountTruth } from './account-truth';
import { ACTIVITY } from './cases';
import type { Deployment } from './deployment';
import type { ReadersRequest } from './readers';

/** How long the newest events may take. */
const LIMIT_MS = 40_000;
const LOOK_EVERY_MS = 200;

/** Compares what consumers and the database were told of the account with what has happened to it. */
export class AccountCheck {
  constructor(
    private readonly deployment: Deployment,
    private readonly readers: Helper<ReadersRequest>,
  ) {}

  /** Nothing happens to the account meanwhile. @returns what is missing, out of order or not as it is */
  async wrong(): Promise<string[]> {
    const { account } = this.deployment;
    await account.ask<true>({ activity: 0 });
    const truth = await account.ask<AccountTruth>({ truth: true });
    const untold = await lasting(() => this.readers.ask<string[]>({ compare: truth }));
    const wrong = untold.length > 0 ? untold : await lasting(() => this.unrecorded(truth));
    await account.ask<true>({ activity: ACTIVITY });
    return wrong;
  }

  private async unrecorded({ balances }: AccountTruth): Promise<string[]> {
    const { body } = await this.deployment.call('GET', '/balances');
    const newest = (body['balances'] ?? []) as readonly { coin: string; wallet_balance: string }[];
    const recorded = new Map(newest.map(({ coin, wallet_balance }) => [coin, wallet_balance]));
    return Object.entries(balances)
      .filter(([coin, balance]) => recorded.get(coin) !== balance)
      .map(([coin, balance]) => `the database has ${coin} as ${recorded.get(coin)}, not ${balance}`);
  }
}

/** What is still wrong when it has had time to come right. */
async function lasting(look: () => Promise<string[]>): Promise<string[]> {
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const wrong = await look();
    if (wrong.length === 0 || performance.now() > until) return wrong;
    await pause(LOOK_EVERY_MS);
  }
}
