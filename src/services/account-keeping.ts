import type { Clock } from '../clock/clock';
import { StoreUnavailable, type OutboxEvent, type OutboxStore } from '../store/store';
import type { AccountProgress } from './account-progress';
import type { AccountQueue, Batch } from './account-queue';
import type { ServicesLog } from './keeper';
import { Pump } from './pump';

const BATCH = 200;
/** How often the store is asked for events that were left behind by somebody. */
const SCAN_MS = 5000;
/** Events are not held up for longer by a store that is slow. */
const PATIENCE_MS = 500;

export interface AccountKeepingDeps {
  readonly queue: AccountQueue;
  readonly outbox: Pick<OutboxStore, 'keep' | 'sent' | 'waiting' | 'count'>;
  readonly progress: Pick<AccountProgress, 'step'>;
  /** Whether this replica is the one that delivers what the store has. */
  readonly active: () => boolean;
  /** There may be something to deliver. */
  readonly deliverable: () => void;
  readonly rested: () => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: ServicesLog;
}

/** Brings account events into the store and out of it, one question after the other; a store that is slow holds up nothing else. */
export class AccountKeeping {
  readonly pump: Pump;
  /** Events that the store keeps for the broker, when last counted; null before that. */
  count: number | null = null;
  /** Found in the store although nothing that we know of is left there: to be delivered. */
  stragglers: OutboxEvent[] = [];
  private scannedAt = -Infinity;
  /** When the store was asked what it has not answered yet; undefined while it is asked nothing. */
  private askedAt: number | undefined;
  /** It did not answer the last time. */
  private away = false;

  constructor(private readonly deps: AccountKeepingDeps) {
    this.pump = new Pump(
      // Each in its turn, however many events there are to keep.
      async () => {
        this.askedAt = deps.clock.monotonic();
        try {
          const [kept, forgot, progressed] = [await this.keep(), await this.forget(), await deps.progress.step()];
          return kept || forgot || progressed || (await this.scan());
        } finally {
          this.askedAt = undefined;
        }
      },
      (error) => {
        if (!(error instanceof StoreUnavailable)) deps.log.error({ err: error }, 'the outbox could not be written');
        this.away = true;
        deps.deliverable();
      },
      deps.rested,
    );
  }

  /** Or takes too long: what is to be delivered cannot wait for it. */
  get storeIsAway(): boolean {
    const { askedAt } = this;
    return this.away || (askedAt !== undefined && this.deps.clock.monotonic() - askedAt >= PATIENCE_MS);
  }

  private async keep(): Promise<boolean> {
    const { queue, outbox, deliverable } = this.deps;
    const batch = queue.toKeep(BATCH);
    if (batch.events.length === 0) return false;
    try {
      await outbox.keep(batch.events);
      queue.kept(batch);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await this.keepEach(batch, error);
    }
    this.away = false;
    deliverable();
    return true;
  }

  /** One of them is such that the store cannot take it; the others are kept. */
  private async keepEach(batch: Batch, why: unknown): Promise<void> {
    const { queue, outbox, log } = this.deps;
    for (const [i, event] of batch.events.entries()) {
      const one = { events: [event], start: batch.start + i, end: batch.start + i + 1 };
      try {
        await outbox.keep(one.events);
        queue.kept(one);
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        queue.skip(one);
        log.error({ err: why, messageId: event.messageId }, 'an account event cannot be recorded');
      }
    }
  }

  private async forget(): Promise<boolean> {
    const { queue, outbox } = this.deps;
    const ids = queue.finished.slice(0, BATCH);
    if (ids.length === 0) return false;
    await outbox.sent(ids);
    this.away = false;
    queue.finished.splice(0, ids.length);
    return true;
  }

  /** What somebody left in the store, such as a replica that lost duty before it kept what it had heard. */
  private async scan(): Promise<boolean> {
    const { queue, outbox, clock, deliverable } = this.deps;
    if (!this.deps.active() || clock.monotonic() - this.scannedAt < SCAN_MS) return false;
    this.scannedAt = clock.monotonic();
    this.count = await outbox.count();
    this.away = false;
    const { behind, size, finished } = queue;
    if (this.count === 0 || behind || size > 0 || finished.length > 0 || this.stragglers.length > 0) return false;
    this.stragglers = await outbox.waiting(BATCH);
    deliverable();
    return false;
  }
}
