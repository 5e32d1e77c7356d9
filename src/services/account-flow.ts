import type { EventBroker } from '../amqp/broker';
import type { Clock, Timer } from '../clock/clock';
import type { Duty } from '../duty/duty';
import type { Publication } from '../pubsub/publication';
import type { Listening } from '../pubsub/pubsub';
import type { AccountMemoryStore, OutboxStore } from '../store/store';
import { ACCOUNT_KINDS, accountStream } from '../streams/stream';
import type { StreamAudience } from '../subscriptions/hub';
import { AccountDelivering } from './account-delivering';
import { accountEvent } from './account-event';
import { AccountIntake } from './account-intake';
import { AccountKeeping } from './account-keeping';
import { AccountProgress } from './account-progress';
import { AccountQueue, type AccountQueueLimits } from './account-queue';
import type { ServicesLog } from './keeper';

const TICK_MS = 1000;
const LIMITS: AccountQueueLimits = { max: 100_000, resident: 2000 };

export interface AccountFlowDeps {
  readonly brand: string;
  readonly pubsub: Pick<Listening, 'subscribe' | 'unsubscribe' | 'recover'>;
  readonly outbox: OutboxStore;
  /** Tells the account apart from others. */
  readonly account: string;
  readonly memory: AccountMemoryStore;
  readonly broker: Pick<EventBroker, 'deliver'>;
  readonly duty: Pick<Duty, 'onHeld' | 'onReleased'>;
  /** Whether it is known who wants account events: before that, none is delivered. */
  readonly loaded: () => boolean;
  /** Services that have asked for a stream. */
  readonly services: (stream: string) => readonly string[];
  /** Called when events of a stream have gone out. */
  readonly sent: (topic: string, services: readonly string[], at: number) => void;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'every'>;
  readonly log: ServicesLog;
  readonly limits?: AccountQueueLimits;
}

/** How the account's events fare. */
export interface AccountFlowReport {
  /** Whether this replica forwards them. */
  readonly active: boolean;
  /** Events in memory. */
  readonly queued: number;
  /** Events that the store keeps for the broker, when last counted; null before that. */
  readonly kept: number | null;
  /** Events confirmed by the broker, those sent again included. */
  readonly delivered: number;
  /** Events that nobody has and nobody will get. */
  readonly lost: number;
  /** When the newest of them was noticed, ms since 1970; null when none was. */
  readonly lostAt: number | null;
  /** Events that could not be recorded. */
  readonly unrecorded: number;
}

/**
 * Brings every event of the account into the store and to the broker, on the replica that is on duty. An event is delivered
 * once it is kept; but while the store is away events are delivered from memory, while the broker is away they are kept. One that takes duty over
 * delivers first what the one before has left in the store, then what was published after the newest that was kept.
 */
export class AccountFlow {
  /** What was told of the account before, for who begins to follow it. */
  readonly progress: AccountProgress;
  private readonly queue: AccountQueue;
  private intakes: AccountIntake[] = [];
  private active = false;
  private lostBefore = 0;
  private lost = 0;
  private lostAt: number | null = null;
  private readonly keeping: AccountKeeping;
  private readonly delivering: AccountDelivering;
  private finding = false;
  private ticks: Timer | undefined;
  private idleListeners: (() => void)[] = [];

  constructor(private readonly deps: AccountFlowDeps) {
    const { account, memory, outbox, broker, services, sent, clock, log } = deps;
    const queue = new AccountQueue(deps.limits ?? LIMITS);
    const rested = () => this.tellIdle();
    this.queue = queue;
    this.progress = new AccountProgress({
      account,
      memory,
      queue,
      intakes: () => this.intakes,
      due: () => this.keeping.pump.run(),
    });
    this.keeping = new AccountKeeping({
      queue,
      outbox,
      progress: this.progress,
      active: () => this.active,
      deliverable: () => {
        if (this.delivering.stuck) queue.brokerAway();
        else this.delivering.pump.run();
      },
      rested,
      clock,
      log,
    });
    this.delivering = new AccountDelivering({
      queue,
      outbox,
      broker,
      keeping: this.keeping,
      // Not before the places are known: what somebody else keeps between a look for leftovers and a look for the places would come too late.
      active: () => this.active && deps.loaded() && this.flowing,
      services,
      sent,
      delivered: () => this.keeping.pump.run(),
      rested,
      clock,
      log,
    });
  }

  start(): void {
    this.ticks = this.deps.clock.every(TICK_MS, () => {
      this.lookForLoss();
      this.go();
    });
    this.deps.duty.onHeld(() => this.begin());
    this.deps.duty.onReleased(() => this.release());
  }

  /** Something that was waited for may be there: the store, the broker, the subscriptions. */
  go(): void {
    if (this.active) void this.findPlaces();
    this.keeping.pump.resume();
    this.delivering.pump.resume();
  }

  report(): AccountFlowReport {
    const { unrecorded, size } = this.queue;
    this.lookForLoss();
    return {
      active: this.active,
      queued: size,
      kept: this.keeping.count,
      delivered: this.delivering.count,
      lost: this.lost,
      lostAt: this.lostAt,
      unrecorded,
    };
  }

  /** The account's streams, which this replica listens to. */
  *audiences(): Iterable<StreamAudience> {
    for (const { stream, newest } of this.intakes) {
      yield { stream: stream.name, subscribers: 1, seq: newest.seq, receivedAt: newest.received };
    }
  }

  /** Takes nothing more, and resolves when what was taken is kept and delivered, or cannot be now. Call {@link stop} after it. */
  flush(): Promise<void> {
    this.hearNoMore();
    return new Promise((resolve) => {
      this.idleListeners.push(resolve);
      this.go();
      this.tellIdle();
    });
  }

  stop(): void {
    this.ticks?.cancel();
    this.release();
  }

  /** Whether every stream is heard from where its events were kept last. */
  private get flowing(): boolean {
    return this.intakes.every(({ flowing }) => flowing);
  }

  private begin(): void {
    if (this.active) return;
    this.active = true;
    this.queue.fallBehind();
    this.intakes = ACCOUNT_KINDS.map(
      (kind) =>
        new AccountIntake(accountStream(kind), this.deps.brand, this.deps.pubsub, (publication) => this.take(publication)),
    );
    // All of them, before anything is looked up: their demand opens the account's connection.
    for (const intake of this.intakes) intake.listen();
    this.go();
  }

  /** What is queued is still kept, if the store takes it; whoever is on duty now finds it there. */
  private release(): void {
    this.active = false;
    this.progress.forget();
    this.hearNoMore();
  }

  private hearNoMore(): void {
    for (const intake of this.intakes) {
      intake.end();
      this.lostBefore += intake.lost;
    }
    this.intakes = [];
  }

  private lookForLoss(): void {
    const lost = this.queue.lost + this.lostBefore + this.intakes.reduce((sum, intake) => sum + intake.lost, 0);
    if (lost === this.lost) return;
    this.deps.log.error({ lost: lost - this.lost }, 'account events are lost: neither the store nor the broker has taken them');
    this.lost = lost;
    this.lostAt = this.deps.clock.now();
  }

  private take(publication: Publication): void {
    try {
      this.queue.add(accountEvent(publication, this.deps.account, this.deps.clock.now()));
    } catch (error) {
      // Ours are always readable; another version's may not be.
      this.lostBefore++;
      this.deps.log.error({ err: error, stream: publication.stream, seq: publication.seq }, 'an account event cannot be read');
      return;
    }
    this.keeping.pump.run();
    this.delivering.pump.run();
  }

  /** Lets the streams flow, each from where its events were kept last. */
  private async findPlaces(): Promise<void> {
    if (this.finding) return;
    this.finding = true;
    try {
      for (const intake of this.intakes) {
        if (intake.flowing) continue;
        const place = await this.deps.outbox.place(intake.stream.name);
        await intake.begin(place);
      }
      this.keeping.pump.run();
      this.delivering.pump.run();
    } catch {
      // The store or the way to other replicas is away; both say so themselves. The next tick tries again.
    } finally {
      this.finding = false;
    }
  }

  /** Neither side works any more, be it that all is done or that something is away. */
  private tellIdle(): void {
    if (!this.keeping.pump.resting || !this.delivering.pump.resting) return;
    for (const tell of this.idleListeners.splice(0)) tell();
  }
}
