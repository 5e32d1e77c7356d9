import type { OutboxEvent } from '../store/store';

export interface AccountQueueLimits {
  /** Events that wait for the store; more are lost, the oldest first. */
  readonly max: number;
  /** Events in memory that the store has and the broker, which is away, has not; with more of them, all are left to the store. */
  readonly resident: number;
}

interface Entry {
  readonly event: OutboxEvent;
  delivered: boolean;
  /** The store cannot take it, now or ever. */
  unkeepable: boolean;
}

/** Some events in order, and the number behind the last of them. */
export interface Batch {
  readonly events: OutboxEvent[];
  readonly start: number;
  readonly end: number;
}

/**
 * Account events in the order they came, each on its way to two places: the store keeps it, the broker confirms it, whichever comes
 * first. It leaves when both have it; or, while `behind`, as soon as the store has it: then it is read back from there, so that it
 * comes after what the store has had for longer.
 */
export class AccountQueue {
  /**
   * The store may have events that come before all of these. So at the beginning, and when the broker is away for long; whoever
   * delivers takes it back when the store has none.
   */
  behind = true;
  /** Ids of events that both have: the store need not keep them any more. */
  finished: string[] = [];
  /** Events that the store cannot take and the broker does not have, and that have left the order. */
  readonly late: OutboxEvent[] = [];
  /** Events that left because the store has them, undelivered. */
  leftToStore = 0;
  /** Events that neither the store nor the broker ever had. */
  lost = 0;
  /** Events that the broker may have, but the store never had: a balance among them is missing in the history. */
  unrecorded = 0;
  private readonly entries: Entry[] = [];
  /** How many events have left; the two below count from the same beginning, and the smaller of them equals this. */
  private gone = 0;
  private kept_ = 0;
  private deliveredTo = 0;

  constructor(private readonly limits: AccountQueueLimits) {}

  get size(): number {
    return this.entries.length;
  }

  /** How many events have come. */
  get end(): number {
    return this.gone + this.entries.length;
  }

  /** So many of them, the oldest, the store has, or never will. */
  get keptTo(): number {
    return this.kept_;
  }

  /** Those that the store does not have. */
  get unkept(): number {
    return this.end - this.kept_;
  }

  /** The broker is away. */
  brokerAway(): void {
    if (this.kept_ - this.deliveredTo > this.limits.resident) this.fallBehind();
  }

  add(event: OutboxEvent): void {
    this.entries.push({ event, delivered: false, unkeepable: false });
    if (this.unkept > this.limits.max) this.dropOldest();
  }

  /** The oldest that the store does not have. */
  toKeep(limit: number): Batch {
    return this.batch(this.kept_, limit);
  }

  kept({ end }: Batch): void {
    this.kept_ = Math.max(this.kept_, end);
    this.trim();
  }

  /** The oldest that the broker does not have, and, with `keptOnly`, that the store has. Not while behind. */
  toDeliver(limit: number, keptOnly: boolean): Batch {
    return this.batch(this.deliveredTo, keptOnly ? Math.min(limit, Math.max(0, this.kept_ - this.deliveredTo)) : limit);
  }

  delivered({ start, end }: Batch): void {
    for (let at = Math.max(start, this.gone); at < end; at++) {
      const entry = this.entries[at - this.gone];
      if (entry) entry.delivered = true;
    }
    this.deliveredTo = Math.max(this.deliveredTo, end);
    this.trim();
  }

  /** From now on what the store has is delivered from there. */
  fallBehind(): void {
    this.behind = true;
    this.trim();
  }

  /** The first of a batch cannot be kept: the queue goes on without. */
  skip({ start }: Batch): void {
    const entry = this.entries[start - this.gone];
    if (!entry) return;
    entry.unkeepable = true;
    this.unrecorded++;
    this.kept_ = Math.max(this.kept_, start + 1);
    this.trim();
  }

  private batch(from: number, limit: number): Batch {
    const events = this.entries.slice(from - this.gone, from - this.gone + limit).map(({ event }) => event);
    return { events, start: from, end: from + events.length };
  }

  private trim(): void {
    if (this.behind) this.deliveredTo = Math.max(this.deliveredTo, this.kept_);
    const leaving = Math.min(this.kept_, this.deliveredTo) - this.gone;
    if (leaving <= 0) return;
    for (const { event, delivered, unkeepable } of this.entries.splice(0, leaving)) {
      if (delivered) this.finished.push(event.messageId);
      else if (unkeepable) this.late.push(event);
      else this.leftToStore++;
    }
    this.gone += leaving;
  }

  private dropOldest(): void {
    // Those that the store has come before the oldest that it has not; it may have them.
    if (this.deliveredTo < this.kept_) this.fallBehind();
    const oldest = this.entries.shift();
    if (!oldest) return;
    if (oldest.delivered) this.unrecorded++;
    else this.lost++;
    this.gone++;
    this.kept_ = Math.max(this.kept_, this.gone);
    this.deliveredTo = Math.max(this.deliveredTo, this.gone);
  }
}
