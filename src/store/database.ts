import { sql } from 'kysely';
import type { Clock, Timer } from '../clock/clock';
import type { Engine, OpenDatabase } from './engine';
import { messageOf, reasonOf, verdictOf } from './reason';
import { type StoreReport, StoreUnavailable } from './store';
import type { TypedDatabase } from './tables';

/** As much of pino as the store needs. Nothing is logged per question. */
export interface StoreLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: StoreLog;
}

const FIRST_WAIT_MS = 250;
/** Who is lost again sooner has not really been back: the waits go on growing. */
const STEADY_MS = 10_000;
/** An unused connection may be dead without a sign. */
const CHECK_MS = 2000;
/** How long a start waits for the first try. */
const START_MS = 10_000;
/** A question that met another's lock is asked so often. */
const ATTEMPTS = 3;

/**
 * A database that may be away: what is asked then fails at once, and it is opened again by itself, with growing waits, until it is
 * back. One that stops answering is found out within its engine's time for a question.
 */
export class Database {
  private current: StoreReport;
  private open: OpenDatabase | undefined;
  private readonly listeners: ((available: boolean) => void)[] = [];
  private stopping = new AbortController();
  private started = false;
  private opening: Promise<void> = Promise.resolve();
  private readonly closing = new Set<Promise<void>>();
  private tries = 0;
  private availableFrom = 0;
  private retry: Timer | undefined;
  private checks: Timer | undefined;
  private checking = false;

  constructor(
    private readonly engine: Engine,
    private readonly deps: StoreDeps,
  ) {
    this.current = { kind: engine.kind, available: false, since: deps.clock.now(), reason: 'it has not been opened' };
  }

  get report(): StoreReport {
    return this.current;
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when it has been opened, or not: the report tells. Never rejects. */
  async start(): Promise<void> {
    if (this.started) return;
    this.started = true;
    this.stopping = new AbortController();
    this.checks = this.deps.clock.every(CHECK_MS, () => this.check());
    this.opening = this.tryToOpen();
    let patience: Timer | undefined;
    const enough = new Promise<void>((resolve) => (patience = this.deps.clock.after(START_MS, resolve)));
    await Promise.race([this.opening, enough]);
    patience?.cancel();
  }

  /** Resolves when nothing is open any more. */
  async stop(): Promise<void> {
    if (!this.started) return;
    this.started = false;
    this.retry?.cancel();
    this.checks?.cancel();
    this.stopping.abort();
    const { open } = this;
    this.open = undefined;
    this.change(false, 'it has been closed');
    await open?.close();
    await this.opening;
    await Promise.all(this.closing);
  }

  /** Rejects with {@link StoreUnavailable} when nothing can be said about the answer; with what the database said when the question is wrong. */
  async ask<T>(question: (db: TypedDatabase) => Promise<T>): Promise<T> {
    const { open } = this;
    if (!open) throw new StoreUnavailable(`the database is away: ${this.current.reason}`);
    for (let attempt = 1; ; attempt++) {
      try {
        return await question(open.db);
      } catch (error) {
        const verdict = verdictOf(error);
        if (verdict === 'mistake') throw error;
        if (verdict === 'again' && attempt < ATTEMPTS) continue;
        if (verdict === 'lost') this.lost(open, error);
        throw new StoreUnavailable(`the database did not answer: ${reasonOf(error)}`, { cause: error });
      }
    }
  }

  /** Nobody has to be told the answer: a database that does not give it is lost. */
  private check(): void {
    if (!this.open || this.checking) return;
    this.checking = true;
    this.ask((db) => sql`select 1`.execute(db))
      .catch(() => undefined)
      .finally(() => (this.checking = false));
  }

  private async tryToOpen(): Promise<void> {
    const { signal } = this.stopping;
    try {
      const open = await this.engine.open({ doubt: () => this.check(), signal });
      if (signal.aborted) {
        await open.cut();
        return;
      }
      this.open = open;
      this.availableFrom = this.deps.clock.monotonic();
      this.change(true, '');
    } catch (error) {
      if (signal.aborted) return;
      this.change(false, reasonOf(error), error);
      this.tryLater();
    }
  }

  private lost(open: OpenDatabase, error: unknown): void {
    if (this.open !== open) return;
    this.open = undefined;
    if (this.deps.clock.monotonic() - this.availableFrom >= STEADY_MS) this.tries = 0;
    const cut = open.cut().catch(() => undefined);
    this.closing.add(cut);
    void cut.finally(() => this.closing.delete(cut));
    this.change(false, reasonOf(error), error);
    this.tryLater();
  }

  private tryLater(): void {
    const { clock, random } = this.deps;
    // Half of it by chance, so that replicas that lost it together do not come back together.
    const wait = Math.min(this.engine.longestWaitMs, FIRST_WAIT_MS * 2 ** Math.min(this.tries++, 16)) * (0.5 + random() / 2);
    this.retry = clock.after(wait, () => {
      this.opening = Promise.all(this.closing).then(() => this.tryToOpen());
    });
  }

  private change(available: boolean, reason: string, error?: unknown): void {
    const before = this.current;
    if (before.available === available && before.reason === reason) return;
    const changed = before.available !== available;
    this.current = { kind: before.kind, available, since: changed ? this.deps.clock.now() : before.since, reason };
    const fields = { database: before.kind, reason, ...(error === undefined ? {} : { error: messageOf(error) }) };
    if (available) this.deps.log.info({ database: before.kind }, 'the database is available');
    else if (this.started) this.deps.log.warn(fields, 'the database is not available');
    if (changed) for (const listener of this.listeners) listener(available);
  }
}
