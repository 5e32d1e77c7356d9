import type { Clock, Timer } from '../../clock/clock';
import { Counter } from '../../meters/counter';
import type { AccountBalance, AccountItem } from '../../streams/account';
import type { AccountKind } from '../../streams/stream';
import { readAccountFrame } from '../../transform/bybit/account/account-frame';
import { BadFrameError, type RawFrame } from '../../transform/transform';
import { type BackoffOptions, backoffMs } from '../backoff';
import type { BadFrames } from '../bad-frames';
import { AccountError } from '../bybit/account/account-error';
import type { UpstreamLog } from '../log';
import type { AccountBook } from './account-book';
import type { AccountLinkListener } from './account-link';
import type { AccountMemory, Recollection } from './account-memory';
import { AccountSync } from './account-sync';
import type { AccountTeller } from './account-teller';
import { HeldPushes, type Push } from './held-pushes';
import { KnownAccount } from './known-account';

/** A live connection is compared as often: a push that got lost at the exchange is found by nothing else. */
const AUDIT_MS = 2 * 60_000;

export interface FollowerDeps {
  readonly book: AccountBook;
  readonly teller: AccountTeller;
  readonly memory: AccountMemory;
  readonly badFrames: BadFrames;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly log: UpstreamLog;
  /** The exchange does not take the key. */
  refused(reason: string): void;
  /** {@link AccountFollower.synced}, or why it is not. */
  changed(): void;
}

/** Tells what happens to the account: pushes as they come, and after every (re)connect what they did not bring. */
export class AccountFollower implements AccountLinkListener {
  /** Comparisons by outcome. */
  readonly syncs = new Counter();
  readonly outdated = new Counter();
  lastMessageAt: number | null = null;
  lastSyncAt: number | null = null;
  private known = new KnownAccount();
  private sync: AccountSync;
  private readonly pushes: HeldPushes;
  private retry: Timer | undefined;
  private failures = 0;
  /** What was told before we came; undefined until it is asked for. */
  private recollection: Promise<Recollection> | undefined;
  private lostOrders: string[] = [];
  /** Counts the runs of the comparison; an older one has nothing to say any more. */
  private run = 0;
  private isLive = false;
  private isSynced = false;
  private trouble = '';
  private asking: Promise<{ coins: string[] }> | undefined;

  constructor(
    private readonly backoff: BackoffOptions,
    private readonly deps: FollowerDeps,
  ) {
    this.pushes = new HeldPushes(deps.clock, (push) => this.note(push));
    this.sync = this.newSync();
  }

  /** Pushed, and compared since the connection stands. */
  get synced(): boolean {
    return this.isLive && this.isSynced;
  }

  /** Why it is not well; empty while it is, and while it begins. */
  get reason(): string {
    return this.trouble;
  }

  /** A stream begins: all that is known is to be told on it. */
  begin(kind: AccountKind): void {
    this.sync.anew(kind);
    this.isSynced = false;
    if (this.isLive) this.compare();
  }

  /** Everything is forgotten. */
  reset(): void {
    this.halt();
    this.pushes.release([]);
    this.known = new KnownAccount();
    this.sync = this.newSync();
    this.recollection = undefined;
    this.lostOrders = [];
    this.trouble = '';
    this.lastMessageAt = null;
  }

  live(): void {
    const { teller } = this.deps;
    this.isLive = true;
    teller.accepted();
    if (this.trouble !== '') {
      this.trouble = 'the account is being compared with the exchange';
      teller.say('resyncing', 'upstream connected again');
    }
    this.pushes.hold();
    this.compare();
    this.deps.changed();
  }

  data(frame: RawFrame, received: number, text: string): void {
    this.lastMessageAt = received;
    try {
      const { time, items, withheld } = readAccountFrame(frame, received);
      for (const error of withheld) this.bad(error.reason, error.message, text);
      for (const item of items) this.take({ item, time, received });
    } catch (error) {
      if (error instanceof BadFrameError) this.bad(error.reason, error.message, text);
      else this.bad('internal', String(error), text);
    }
  }

  bad(reason: string, problem: string, text: string): void {
    this.deps.badFrames.add('account', reason, problem, text);
  }

  down(reason: string): void {
    this.lost(reason);
  }

  refused(reason: string): void {
    this.lost(reason);
    this.deps.teller.refused(reason);
  }

  /** Fetches the wallet now, tells all of it, and answers its coins. Rejects with an {@link AccountError}. */
  syncBalances(): Promise<{ coins: string[] }> {
    this.asking ??= this.fetchBalances().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async fetchBalances(): Promise<{ coins: string[] }> {
    try {
      const { known } = this;
      const { balance, asOf } = await this.deps.book.wallet();
      if (known !== this.known) throw new AccountError('off', 'The account is followed elsewhere now.');
      this.tellWallet(balance, asOf, true);
      return { coins: balance.coins.map(({ coin }) => coin) };
    } catch (error) {
      if (error instanceof AccountError && error.reason === 'refused') this.deps.refused(error.message);
      throw error;
    }
  }

  private lost(reason: string): void {
    this.halt();
    this.trouble = reason;
    this.deps.teller.say('stale', reason);
    this.deps.changed();
  }

  private halt(): void {
    this.run++;
    this.isLive = this.isSynced = false;
    this.retry?.cancel();
  }

  /** Compares, and again until it has worked. */
  private compare(): void {
    this.retry?.cancel();
    const run = ++this.run;
    void this.compareOnce(run)
      .catch((error: unknown) => this.failed(run, error))
      .then((problem) => {
        if (run === this.run) this.compared(problem);
      });
  }

  /** Answers what stayed unknown. */
  private async compareOnce(run: number): Promise<string | undefined> {
    await this.remember();
    if (run !== this.run) return undefined;
    const look = await this.sync.look();
    if (run !== this.run) return undefined;
    this.pushes.release(look.executions);
    this.sync.compare(look);
    if (look.wallet) this.tellWallet(look.wallet.balance, look.wallet.asOf, false);
    const problem = await this.sync.settle(look);
    if (run === this.run) this.syncs.add(problem === undefined ? 'ok' : 'partial');
    return problem;
  }

  /** Waits for what was told before we came. Pushes are told meanwhile. */
  private async remember(): Promise<void> {
    const { sync } = this;
    this.recollection ??= this.deps.memory.recall().then((recollection) => {
      sync.recall(recollection);
      return recollection;
    });
    await this.recollection;
  }

  private failed(run: number, error: unknown): string {
    if (run !== this.run) return '';
    this.syncs.add('failed');
    this.pushes.release([]);
    const words = error instanceof AccountError ? error.message : 'internal error';
    if (error instanceof AccountError && error.reason === 'refused') this.deps.refused(words);
    else if (!(error instanceof AccountError)) this.bad('internal', String(error), '');
    return words;
  }

  private compared(problem: string | undefined): void {
    const { clock, random, log, teller } = this.deps;
    if (problem === undefined) {
      this.failures = 0;
      this.isSynced = true;
      this.trouble = '';
      this.lastSyncAt = clock.now();
      this.retry = clock.after(AUDIT_MS, () => this.compare());
      teller.say('live');
      this.deps.changed();
      this.progressed();
      return;
    }
    this.isSynced = false;
    const waitMs = Math.round(backoffMs(this.backoff, this.failures++, random));
    this.trouble = `the account could not be compared with the exchange: ${problem}`;
    log.warn({ problem, waitMs }, 'the account could not be compared with the exchange');
    this.retry = clock.after(waitMs, () => this.compare());
    teller.say('resyncing', this.trouble);
    this.deps.changed();
  }

  private progressed(): void {
    const { toldUntil } = this.sync;
    if (toldUntil === undefined) return;
    this.deps.memory.progressed({ toldUntil, places: this.deps.teller.places(), lostOrders: this.lostOrders.splice(0) });
  }

  private take(push: Push): void {
    // What is pushed may overtake the exchange's word that it pushes.
    if (!this.isLive) this.pushes.hold();
    this.pushes.take(push);
  }

  private note({ item, time, received }: Push): void {
    const { teller } = this.deps;
    if (item.kind === 'balance') {
      const told = this.known.pushedBalance(item.item, time);
      if (told) teller.tell({ kind: 'balance', item: told }, time, received);
      else this.outdated.add('balance');
      return;
    }
    if (this.isNews(item)) teller.tell(item, time, received);
    else if (item.item.origin === 'push') this.outdated.add(item.kind);
  }

  private isNews(item: Exclude<AccountItem, { kind: 'balance' }>): boolean {
    if (item.kind === 'order') return this.known.order(item.item);
    return item.kind === 'position' ? this.known.position(item.item) : this.known.execution(item.item);
  }

  private tellWallet(balance: AccountBalance, asOf: number, all: boolean): void {
    const told = this.known.fetchedBalance(balance, asOf, all);
    if (told) this.deps.teller.tell({ kind: 'balance', item: told }, asOf, this.deps.clock.now());
  }

  private newSync(): AccountSync {
    const { book, teller, log, clock } = this.deps;
    return new AccountSync(book, this.known, {
      order: (item) => this.note({ item: { kind: 'order', item }, time: item.updatedAt, received: clock.now() }),
      position: (item) => this.note({ item: { kind: 'position', item }, time: item.updatedAt, received: clock.now() }),
      earlier: (kind) => teller.gap(kind),
      truncated: () => {
        log.warn({}, 'the account changed for longer, or more, than the exchange tells: events may be missing');
        teller.gap('order');
        teller.gap('execution');
      },
      lost: (order) => {
        log.warn({ order: order.id, symbol: order.symbol }, 'the exchange knows nothing of an order that was open');
        teller.gap('order');
        this.lostOrders.push(order.id);
      },
    });
  }
}
