import type { Clock, Timer } from '../../clock/clock';
import type { Market } from '../../streams/stream';
import type { HeldElsewhere, LeaseStore } from './lease-store';

/** How long a lease lasts that its holder does not renew. */
const TTL_MS = 1_500;
const RENEW_MS = 400;
/** How often it is asked for while another replica holds it, give or take a quarter, so that replicas do not ask in step. */
const TRY_MS = 250;

export interface LeaseDeps {
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

export interface LeaseListener {
  held(fence: number): void;
  /**
   * Another replica holds it. Told once for each that does, and again with `alive` when that one was seen to renew it.
   */
  elsewhere(alive: boolean): void;
  /** Nothing may be published any more. `expired`: the store did not answer in time; `taken`: it is no longer ours. */
  lost(why: 'expired' | 'taken'): void;
}

/**
 * One replica's part in who runs the upstream of a market. It counts its own time, from before it asked: so it never holds for
 * longer than the store grants, however long the answer took, and knows that its time is over without being told, also when the
 * process was frozen.
 */
export class Lease {
  private fence_: number | undefined;
  /** When the time that was granted ends; monotonic. */
  private until = 0;
  private running = false;
  /** Given back, but what is published goes on being accepted until somebody else claims it. */
  private leaving = false;
  /** Counts requests; an answer to any but the last one is not wanted any more. */
  private request = 0;
  private asking = false;
  /** Ends when the lease that was asked for last is ours, another's or given back. */
  private acquiring: Promise<void> | undefined;
  /** The lease was given back while we asked for it: the answer may be from before. */
  private free = false;
  /** The lease of another replica, and when it ends by what was heard of it first, at the latest; monotonic. */
  private other: { readonly fence: number; readonly until: number } | undefined;
  private next: Timer | undefined;
  private deadline: Timer | undefined;

  constructor(
    readonly market: Market,
    private readonly id: string,
    private readonly deps: LeaseDeps,
    private readonly listener: LeaseListener,
  ) {}

  /** The fence under which may be published at this moment; undefined: not at all. Steps down when the time is over. */
  get fence(): number | undefined {
    this.lookAtTheTime();
    return this.fence_;
  }

  start(): void {
    this.running = true;
    this.free = false;
    this.other = undefined;
    this.ask();
  }

  /** The holder has let go: whoever asks first has it. */
  released(): void {
    if (!this.running || this.fence !== undefined) return;
    if (this.asking) this.free = true;
    else this.ask();
  }

  /** The store says that a newer holder exists. */
  taken(): void {
    if (this.fence_ !== undefined) this.stepDown('taken');
  }

  /**
   * Gives the lease back and asks for it no more. What is held stays usable until {@link taken} or {@link stop}: its fence keeps it
   * from standing in the way of whoever comes next. Resolves when the store has been told, or cannot be; a lease that was asked for and
   * comes only now is given back at once, so as not to keep others waiting for its end.
   */
  async leave(): Promise<void> {
    const { fence } = this;
    this.rest();
    if (fence === undefined) {
      await this.acquiring;
      return;
    }
    this.leaving = true;
    await this.release(fence);
  }

  /** Neither holds nor asks from now on. Nothing is told to the listener; what is held expires by itself. */
  stop(): void {
    this.rest();
    this.leaving = false;
    this.fence_ = undefined;
  }

  private rest(): void {
    this.running = false;
    this.request++;
    this.asking = false;
    this.next?.cancel();
    this.deadline?.cancel();
  }

  /** Asks for the lease, or for more of it, and sees to it that it is asked again. */
  private ask(): void {
    const { fence } = this;
    if (!this.running) return;
    const asked = this.deps.clock.monotonic();
    const mine = ++this.request;
    this.asking = true;
    this.askIn(TTL_MS);
    const answered = fence === undefined ? this.acquire(asked, mine) : this.renew(fence, asked, mine);
    const settled = () => this.settled(asked, mine);
    const over = answered.then(settled, settled);
    if (fence === undefined) this.acquiring = over;
  }

  private settled(asked: number, mine: number): void {
    if (mine !== this.request) return;
    this.asking = false;
    const { clock, random } = this.deps;
    if (this.fence !== undefined) this.askIn(Math.max(0, asked + RENEW_MS - clock.monotonic()));
    else if (this.running) this.askIn(this.free ? 0 : TRY_MS * (0.75 + random() / 2));
    this.free = false;
  }

  private askIn(ms: number): void {
    this.next?.cancel();
    this.next = this.deps.clock.after(ms, () => this.ask());
  }

  private async acquire(asked: number, mine: number): Promise<void> {
    const fence = await this.deps.store.tryAcquire(this.market, this.id, TTL_MS);
    if (typeof fence !== 'number') {
      if (mine === this.request) this.heldElsewhere(asked, fence);
      return;
    }
    if (!this.running) {
      await this.release(fence);
      return;
    }
    // What came too late is held under our name: the next request gets it at once.
    if (mine !== this.request || this.deps.clock.monotonic() >= asked + TTL_MS) return;
    this.fence_ = fence;
    this.other = undefined;
    this.extend(asked);
    this.listener.held(fence);
  }

  private heldElsewhere(asked: number, { fence, remainingMs }: HeldElsewhere): void {
    if (this.other?.fence !== fence) {
      this.other = { fence, until: this.deps.clock.monotonic() + remainingMs };
      this.listener.elsewhere(false);
    } else if (asked + remainingMs > this.other.until) {
      this.other = { fence, until: Infinity };
      this.listener.elsewhere(true);
    }
  }

  private async renew(fence: number, asked: number, mine: number): Promise<void> {
    const ours = await this.deps.store.renew(this.market, this.id, fence, TTL_MS);
    if (mine !== this.request || this.fence !== fence) return;
    if (ours) this.extend(asked);
    else this.stepDown('taken');
  }

  private extend(asked: number): void {
    this.until = asked + TTL_MS;
    this.deadline?.cancel();
    this.deadline = this.deps.clock.after(this.until - this.deps.clock.monotonic(), () => this.lookAtTheTime());
  }

  private lookAtTheTime(): void {
    if (this.fence_ !== undefined && !this.leaving && this.deps.clock.monotonic() >= this.until) this.stepDown('expired');
  }

  private stepDown(why: 'expired' | 'taken'): void {
    this.fence_ = undefined;
    this.leaving = false;
    this.deadline?.cancel();
    this.listener.lost(why);
    if (!this.running) return;
    // An answer that still comes is not wanted any more.
    this.request++;
    this.asking = false;
    this.askIn(TRY_MS);
  }

  private async release(fence: number): Promise<void> {
    try {
      await this.deps.store.release(this.market, this.id, fence);
    } catch {
      // Out of reach: it expires by itself.
    }
  }
}
