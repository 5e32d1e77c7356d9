import type { AccountMemoryStore } from '../store/store';
import type { AccountMemory, Progress, Recollection } from '../upstream/account/account-memory';
import type { AccountIntake } from './account-intake';
import type { AccountQueue } from './account-queue';

export interface AccountProgressDeps {
  /** Tells the account apart from others, whose events the store may have too. */
  readonly account: string;
  readonly memory: AccountMemoryStore;
  readonly queue: Pick<AccountQueue, 'end' | 'keptTo'>;
  /** Of this replica's time on duty. */
  readonly intakes: () => readonly AccountIntake[];
  /** There may be something to do. */
  readonly due: () => void;
}

/** Waits until what was heard is kept. */
interface Waiting {
  /** Whether all that it depends on has been heard. */
  readonly heard: () => boolean;
  /** How far the queue must be kept; undefined while not all was heard. */
  to?: number;
}

/**
 * Lets who follows the account know what was told of it before, and keeps how far it has been told. Either waits for the store to have
 * every event that was heard until then: what another process told and had no time to keep is then remembered too, and nothing counts as told
 * that would be lost with this process.
 */
export class AccountProgress implements AccountMemory {
  private recalling: (Waiting & { readonly resolve: (recollection: Recollection) => void })[] = [];
  private progress: (Waiting & Progress) | undefined;

  constructor(private readonly deps: AccountProgressDeps) {}

  recall(): Promise<Recollection> {
    return new Promise((resolve) => {
      this.recalling.push({ heard: () => this.flows(), resolve });
      this.deps.due();
    });
  }

  progressed(progress: Progress): void {
    const { places } = progress;
    const lostOrders = [...(this.progress?.lostOrders ?? []), ...progress.lostOrders];
    this.progress = { ...progress, lostOrders, heard: () => this.flows() && this.reached(places) };
    this.deps.due();
  }

  /**
   * Duty has ended. How far was told is for somebody else to say. Who follows the account may go on when duty comes back soon, and is answered
   * then, with what others have told meanwhile too.
   */
  forget(): void {
    this.recalling = this.recalling.map(({ heard, resolve }) => ({ heard, resolve }));
    this.progress = undefined;
  }

  /** Does what can be done now; false when that is nothing. Rejects when the store is away. */
  async step(): Promise<boolean> {
    const { account, memory } = this.deps;
    const { progress } = this;
    const recalling = this.recalling.filter((one) => this.isKept(one));
    if (recalling.length > 0) {
      const recollection = await memory.recall(account);
      this.recalling = this.recalling.filter((one) => !recalling.includes(one));
      for (const { resolve } of recalling) resolve(recollection);
      return true;
    }
    if (!progress || !this.isKept(progress)) return false;
    await memory.progressed(account, progress.toldUntil, progress.lostOrders);
    if (this.progress === progress) this.progress = undefined;
    return true;
  }

  private isKept(waiting: Waiting): boolean {
    const { queue } = this.deps;
    if (waiting.to === undefined && waiting.heard()) waiting.to = queue.end;
    return waiting.to !== undefined && queue.keptTo >= waiting.to;
  }

  private flows(): boolean {
    const intakes = this.deps.intakes();
    return intakes.length > 0 && intakes.every(({ flowing }) => flowing);
  }

  private reached(places: Progress['places']): boolean {
    return this.deps.intakes().every((intake) => {
      const place = places.get(intake.stream.name);
      return place !== undefined && intake.reached(place);
    });
  }
}
