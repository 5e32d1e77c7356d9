import type { Timer } from '../../clock/clock';
import type { Verdict } from '../../duty/duty';
import type { Market } from '../../streams/stream';
import type { FencedPublishing, Refusal } from './claiming';
import type { MarketStatus } from '../status';
import { Lease, type LeaseDeps } from './lease';
import type { FleetLog } from './log';

/** A claim that failed although the lease is held is made again after this. */
const CLAIM_AGAIN_MS = 250;
/** All claims of a market are made anew at most this often. */
const BEGIN_AGAIN_MS = 100;

export interface MarketGateDeps extends LeaseDeps {
  readonly id: string;
  readonly publishing: FencedPublishing;
  /** What was said last of a market, by whomever. */
  readonly told: (market: Market) => MarketStatus | undefined;
  readonly log: FleetLog;
}

export interface MarketGateListener {
  demand(stream: string, wanted: boolean): void;
  takeover(market: Market, reason: string): void;
  /** Whose the lease is; `unknown` when ours was not renewed in time. Not told by {@link MarketGate.stop}. */
  holder(market: Market, verdict: Verdict): void;
  /** The replica that runs the upstream of the market was seen to be alive. */
  alive(market: Market): void;
  release(market: Market): void;
}

/** From the moment a market's streams are ours to claim until they are not. */
interface Tenure {
  readonly fence: number;
  /** Why somebody else's streams are gone on with. */
  readonly reason: string;
  readonly claiming: Set<string>;
  /** Claimed and told as wanted -> whether it still is. */
  readonly open: Map<string, boolean>;
  tookOver: boolean;
  /** Whether a claim has failed. */
  failed: boolean;
}

/**
 * Lets the demand for one market through while its lease is held: each stream is first claimed, so that nobody else can publish it,
 * and then wanted. When the lease is lost, everything is released.
 */
export class MarketGate {
  /** How often the market was taken over from another replica. */
  failovers = 0;
  private readonly lease: Lease;
  private readonly wanted_ = new Set<string>();
  private tenure: Tenure | undefined;
  private again: Timer | undefined;
  private retry: Timer | undefined;
  private releasing = false;
  private left: (() => void) | undefined;

  constructor(
    readonly market: Market,
    private readonly deps: MarketGateDeps,
    private readonly listener: MarketGateListener,
  ) {
    this.lease = new Lease(market, deps.id, deps, {
      held: (fence) => {
        deps.log.info({ market, fence }, 'this replica runs the upstream of the market');
        this.begin(fence, 'upstream taken over');
        listener.holder(market, 'ours');
      },
      elsewhere: (alive) => {
        listener.holder(market, 'others');
        if (alive) listener.alive(market);
      },
      lost: (why) => this.lost(why),
    });
  }

  /** Whether the market's upstream runs here, and what it publishes is accepted as far as we can know. */
  get held(): boolean {
    return this.lease.fence !== undefined && this.tenure !== undefined;
  }

  start(): void {
    this.lease.start();
  }

  /** Asks for nothing and holds nothing any more; whoever calls this sees to it that the streams are released. */
  stop(): void {
    this.lease.stop();
    this.drop();
    this.releasing = false;
    this.again?.cancel();
    this.lookWhetherLeft();
  }

  /** The holder has given the lease back. */
  released(): void {
    this.lease.released();
  }

  /** Gives the lease back. Resolves when another replica has taken over, or nobody wants anything any more that is served here. */
  async leave(): Promise<void> {
    const gone = new Promise<void>((resolve) => (this.left = resolve));
    await this.lease.leave();
    this.lookWhetherLeft();
    await gone;
  }

  /** The market has a newer holder. */
  taken(): void {
    this.lease.taken();
  }

  /** A stream that we publish is refused. */
  refused(stream: string, why: Refusal, detail: string): void {
    if (!this.tenure?.open.has(stream)) return;
    this.deps.log.warn({ market: this.market, stream, why, detail }, 'Redis does not take a stream of ours');
    if (why === 'fenced') this.lease.taken();
    else this.beginAgain('upstream interrupted');
  }

  /** What was published last has not arrived. */
  private beginAgain(reason: string): void {
    if (!this.tenure) return;
    this.drop();
    this.releaseSoon();
    this.again = this.deps.clock.after(BEGIN_AGAIN_MS, () => {
      const { fence } = this.lease;
      if (fence !== undefined) this.begin(fence, reason);
    });
  }

  /** Somebody on whatever replica wants the stream, or nobody does any more. */
  demand(stream: string, wanted: boolean): void {
    if (wanted) this.wanted_.add(stream);
    else this.wanted_.delete(stream);
    const { tenure } = this;
    if (!tenure || this.lease.fence === undefined) return;
    if (tenure.open.has(stream)) {
      tenure.open.set(stream, wanted);
      this.listener.demand(stream, wanted);
      this.lookWhetherLeft();
    } else if (wanted && !tenure.claiming.has(stream)) void this.claim(stream, tenure);
  }

  /** The stream was ended here: it is claimed again when it is wanted again. */
  closed(stream: string): void {
    this.tenure?.open.delete(stream);
  }

  *wanted(): Iterable<string> {
    for (const [stream, wanted] of this.tenure?.open ?? []) if (wanted) yield stream;
  }

  private begin(fence: number, reason: string): void {
    const tenure: Tenure = { fence, reason, claiming: new Set(), open: new Map(), tookOver: false, failed: false };
    this.tenure = tenure;
    this.deps.publishing.hold(this.market, fence);
    for (const stream of this.wanted_) void this.claim(stream, tenure);
    // Of an exchange that nobody needs there is nothing bad to say, whatever the holder before us said last.
    if (this.wanted_.size > 0 || (this.deps.told(this.market)?.state ?? 'live') === 'live') return;
    this.deps.publishing.setMarketStatus({ market: this.market, state: 'live', reason: '', since: this.deps.clock.now() });
  }

  private async claim(stream: string, tenure: Tenure): Promise<void> {
    tenure.claiming.add(stream);
    const place = await this.deps.publishing.claim(stream, tenure.fence).catch((error: unknown) => {
      if (!tenure.failed) this.deps.log.warn({ market: this.market, stream, error: String(error) }, 'streams cannot be claimed');
      tenure.failed = true;
      return 'failed' as const;
    });
    tenure.claiming.delete(stream);
    // The time may be over that the lease was granted for.
    const held = this.lease.fence !== undefined;
    if (!held || tenure !== this.tenure) {
      const { open, claiming } = this.tenure ?? {};
      if (!open?.has(stream) && !claiming?.has(stream)) this.deps.publishing.letGo(stream);
      return;
    }
    if (place === 'fenced') {
      this.lease.taken();
    } else if (place === 'failed') {
      this.retry?.cancel();
      this.retry = this.deps.clock.after(CLAIM_AGAIN_MS, () => this.claimTheRest());
    } else if (this.wanted_.has(stream)) {
      if (place) this.tellTakeover(tenure);
      tenure.open.set(stream, true);
      this.listener.demand(stream, true);
    } else {
      this.deps.publishing.letGo(stream);
    }
  }

  private claimTheRest(): void {
    const { tenure } = this;
    if (!tenure || this.lease.fence === undefined) return;
    for (const stream of this.wanted_) {
      if (!tenure.open.has(stream) && !tenure.claiming.has(stream)) void this.claim(stream, tenure);
    }
  }

  /** Once, before the first stream that somebody else has served. */
  private tellTakeover(tenure: Tenure): void {
    if (tenure.tookOver) return;
    tenure.tookOver = true;
    this.failovers++;
    this.listener.takeover(this.market, tenure.reason);
  }

  private lost(why: 'expired' | 'taken'): void {
    this.deps.log.warn({ market: this.market, why }, 'this replica no longer runs the upstream of the market');
    this.again?.cancel();
    this.drop();
    this.releaseSoon();
    this.listener.holder(this.market, why === 'taken' ? 'others' : 'unknown');
    this.lookWhetherLeft();
  }

  private drop(): void {
    const { tenure } = this;
    if (!tenure) return;
    this.tenure = undefined;
    this.retry?.cancel();
    this.deps.publishing.letGoMarket(this.market);
    for (const stream of tenure.open.keys()) this.deps.publishing.letGo(stream);
  }

  /** Not at once: it may be the publishing of a stream that found the time over, in the middle of the upstream's work. */
  private releaseSoon(): void {
    this.releasing = true;
    queueMicrotask(() => {
      if (!this.releasing) return;
      this.releasing = false;
      this.listener.release(this.market);
    });
  }

  private lookWhetherLeft(): void {
    const { tenure } = this;
    if (!tenure || ![...tenure.open.values()].includes(true)) this.left?.();
  }
}
