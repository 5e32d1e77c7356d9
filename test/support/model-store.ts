import { randomUUID } from 'node:crypto';
import {
  StoreUnavailable,
  type BalanceRecord,
  type NewSubscription,
  type OutboxEvent,
  type ServiceSubscription,
  type Store,
  type StoreReport,
  type SubscriptionFilter,
  type Page,
} from '../../src/store/store';
import type { AccountBalance, AccountFact } from '../../src/streams/account';

/** A store in memory that can be away, and that can do what is asked and fail to say so. */
export class ModelStore implements Store {
  /** Newest last. */
  readonly rows: ServiceSubscription[] = [];
  readonly outboxRows: OutboxEvent[] = [];
  readonly places = new Map<string, { epoch: string; seq: number }[]>();
  readonly records: BalanceRecord[] = [];
  /** By account, kind and name. */
  readonly facts = new Map<string, AccountFact>();
  readonly toldUntil = new Map<string, number>();
  /** How often all active subscriptions were read. */
  reads = 0;
  readonly touched = new Map<string, number>();
  /** Calls that are answered with a failure although they were done. */
  silentlyDone = 0;
  /** Ids of events that cannot be kept. */
  readonly unfit = new Set<string>();
  /** Holds up every answer while it is set. */
  hold: Promise<void> | undefined;
  time = 1_700_000_000_000;
  private up = true;
  private readonly listeners: ((available: boolean) => void)[] = [];

  get available(): boolean {
    return this.up;
  }

  set available(available: boolean) {
    if (this.up === available) return;
    this.up = available;
    for (const listener of this.listeners) listener(available);
  }

  report(): StoreReport {
    return { kind: 'embedded', available: this.up, since: this.time, reason: this.up ? '' : 'away' };
  }

  onAvailable(listener: (available: boolean) => void): void {
    this.listeners.push(listener);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.up = false;
    return Promise.resolve();
  }

  readonly subscriptions = {
    add: (wanted: NewSubscription) =>
      this.ask(() => {
        const known = this.rows.some(
          (row) => row.isActive && row.topic === wanted.topic && row.requestingService === wanted.requestingService,
        );
        if (known) return 'exists' as const;
        const now = this.time++;
        const row = { ...wanted, id: randomUUID(), isActive: true, createdAt: now, updatedAt: now, lastEventAt: null };
        this.rows.push(row);
        return row;
      }),
    find: (id: string) => this.ask(() => this.rows.find((row) => row.id === id)),
    list: (filter: SubscriptionFilter, { limit, offset }: Page) =>
      this.ask(() => {
        const all = this.rows
          .filter(
            (row) =>
              (filter.requestingService ?? row.requestingService) === row.requestingService &&
              (filter.isActive ?? row.isActive) === row.isActive &&
              (filter.channelType ?? row.channelType) === row.channelType,
          )
          .reverse();
        return { subscriptions: all.slice(offset, offset + limit), total: all.length };
      }),
    active: () =>
      this.ask(() => {
        this.reads++;
        return this.rows.filter(({ isActive }) => isActive);
      }),
    mark: () => this.ask(() => this.rows.flatMap(({ id, isActive }) => (isActive ? [id] : [])).join()),
    cancel: (id: string) => this.ask(() => this.end((row) => row.id === id)[0]),
    cancelAllOf: (service: string) => this.ask(() => this.end((row) => row.requestingService === service)),
    touch: (times: ReadonlyMap<string, number>) =>
      this.ask(() => {
        for (const [id, at] of times) this.touched.set(id, Math.max(at, this.touched.get(id) ?? 0));
      }),
  };

  readonly balances = {
    append: ({ accountType, coins }: AccountBalance, timestamp: number, traceId: string | null) =>
      this.ask(() => {
        for (const coin of coins) this.records.push({ ...coin, accountType, timestamp, recordedAt: this.time, traceId });
      }),
    latest: () => this.ask(() => ({ balances: this.records, total: this.records.length, margin: null })),
    history: () => this.ask(() => ({ records: this.records, total: this.records.length })),
  };

  readonly outbox = {
    keep: (events: readonly OutboxEvent[]) =>
      this.ask(() => {
        if (events.some(({ messageId }) => this.unfit.has(messageId))) throw new Error('no such number');
        for (const event of events) this.keep(event);
      }),
    waiting: (limit: number) => this.ask(() => this.outboxRows.slice(0, limit)),
    sent: (ids: readonly string[]) =>
      this.ask(() => {
        for (const id of ids) {
          const at = this.outboxRows.findIndex(({ messageId }) => messageId === id);
          if (at >= 0) this.outboxRows.splice(at, 1);
        }
      }),
    place: (stream: string) => this.ask(() => this.places.get(stream)?.at(-1)),
    count: () => this.ask(() => this.outboxRows.length),
  };

  readonly memory = {
    recall: (account: string) =>
      this.ask(() => {
        const facts = [...this.facts].flatMap(([name, fact]) => (name.startsWith(`${account} `) ? [fact] : []));
        return { facts: facts.sort((a, b) => a.at - b.at), toldUntil: this.toldUntil.get(account) ?? null };
      }),
    progressed: (account: string, toldUntil: number, lostOrders: readonly string[]) =>
      this.ask(() => {
        this.toldUntil.set(account, Math.max(toldUntil, this.toldUntil.get(account) ?? 0));
        for (const id of lostOrders) this.facts.delete(`${account} order ${id}`);
        for (const [name, { ended, at }] of this.facts)
          if (name.startsWith(`${account} `) && ended && at < toldUntil - 10 * 60_000) this.facts.delete(name);
      }),
  };

  /** As the real one: what stands at or before the place of its epoch has been kept. */
  private keep(event: OutboxEvent): void {
    const { stream, epoch, seq, balance, told, traceId } = event;
    let places = this.places.get(stream);
    if (!places) this.places.set(stream, (places = []));
    let place = places.find((known) => known.epoch === epoch);
    if (place && seq <= place.seq) return;
    if (!place) places.push((place = { epoch, seq }));
    place.seq = seq;
    this.outboxRows.push(event);
    for (const fact of told?.facts ?? []) {
      const name = `${told?.account ?? ''} ${fact.kind} ${fact.name}`;
      if (fact.at >= (this.facts.get(name)?.at ?? -Infinity)) this.facts.set(name, fact);
    }
    for (const coin of balance?.payload.coins ?? []) {
      const { accountType } = balance?.payload ?? { accountType: '' };
      this.records.push({ ...coin, accountType, timestamp: balance?.timestamp ?? 0, recordedAt: this.time, traceId });
    }
  }

  private end(which: (row: ServiceSubscription) => boolean): ServiceSubscription[] {
    const ended: ServiceSubscription[] = [];
    for (const [i, row] of this.rows.entries()) {
      if (!row.isActive || !which(row)) continue;
      const now = { ...row, isActive: false, updatedAt: this.time++ };
      this.rows[i] = now;
      ended.push(now);
    }
    return ended;
  }

  private async ask<Answer>(answer: () => Answer): Promise<Answer> {
    await this.hold;
    if (!this.up) throw new StoreUnavailable('away');
    const answered = answer();
    await Promise.resolve();
    if (this.silentlyDone > 0) {
      this.silentlyDone--;
      throw new StoreUnavailable('the answer was lost');
    }
    return answered;
  }
}
