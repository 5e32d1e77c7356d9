import type { Clock, Timer } from '../../clock/clock';
import type { Market } from '../../streams/stream';
import type { FencedPublishing, Refusal } from '../fleet/claiming';
import type { Publication } from '../publication';
import { decodePublication, encodeNotice, encodePublication, UnreadableBytes } from '../publication-codec';
import type { Inherited, SnapshotSource } from '../pubsub';
import type { MarketStatus, StreamStatus } from '../status';
import type { Keys, StreamKeys } from './keys';
import type { Answered } from './redis-node';
import type { RedisLink } from './redis-link';
import { FENCED, type Scripts, WRITTEN } from './scripts';

/** An order book's snapshot is stored with every so many of its publications; those in between are in the log. */
const SNAPSHOT_EVERY = 32;
/** Parts of HISTORY_TTL after which what is quiet is kept alive anew. */
const KEEPS_PER_TTL = 4;
const NO_SNAPSHOT = '';
const ITSELF = '=';

/** A stream that we publish, from one claim or opening of it to the next. */
interface Served {
  readonly keys: StreamKeys;
  readonly epoch: string;
  readonly fence: number;
  /** Of this claim or opening and no other. */
  readonly token: string;
  seq: number;
  snapshot: SnapshotSource | undefined;
  /** Number of the newest snapshot in Redis. */
  snapshotSeq: number;
  /** When its keys were last kept alive, on the monotonic clock. */
  keptAt: number;
  refused: boolean;
}

/** Publishes into Redis: history, snapshot and message in one atomic step, each checked against the newest holder's claim. */
export class RedisPublishing implements FencedPublishing {
  /** Publications that Redis did not take, or that were not sent because the stream had been refused. */
  unpublished = 0;
  private readonly served = new Map<string, Served>();
  private readonly inherited_ = new Map<string, Inherited>();
  /** The newest claim of each stream, under way or granted. */
  private readonly claims = new Map<string, { readonly fence: number; readonly token: string }>();
  private readonly marketFences = new Map<string, number>();
  private readonly marketStatuses = new Map<Market, MarketStatus>();
  private readonly refusedListeners: ((stream: string, why: Refusal, detail: string) => void)[] = [];
  private readonly marketFencedListeners: ((market: Market) => void)[] = [];
  private readonly snapshotEvery: number;
  private tokens = 0;
  private keeping: Timer | undefined;

  /**
   * @param replica unique in the fleet
   * @param history as the scripts were made for
   */
  constructor(
    private readonly link: RedisLink,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
    private readonly clock: Clock,
    private readonly replica: string,
    private readonly history: { readonly historySize: number; readonly historyTtlMs: number },
  ) {
    // The log must reach back to the snapshot.
    this.snapshotEvery = Math.min(SNAPSHOT_EVERY, history.historySize + 1);
    link.onWhole(() => this.keepAll());
  }

  start(): void {
    const slice = Math.max(100, this.history.historyTtlMs / KEEPS_PER_TTL / 10);
    this.keeping = this.clock.every(slice, () => this.keepStale());
  }

  stop(): void {
    this.keeping?.cancel();
  }

  hold(market: Market, fence: number): void {
    this.marketFences.set(market, fence);
  }

  async claim(stream: string, fence: number): Promise<Inherited | 'fenced' | undefined> {
    const keys = this.keys.of(stream);
    const token = this.newToken();
    this.letGo(stream);
    const claim = { fence, token };
    this.claims.set(stream, claim);
    const isNewest = () => this.claims.get(stream) === claim;
    let reply: unknown;
    try {
      reply = await this.link.ask(this.scripts.claim, [keys.state, keys.snap], [token, fence, this.link.runOf(keys.state)]);
    } catch (error) {
      if (isNewest()) this.claims.delete(stream);
      throw error;
    }
    if (reply === FENCED) {
      if (isNewest()) this.claims.delete(stream);
      return 'fenced';
    }
    const [epoch, seq, snapshotSeq, bytes] = reply as [Buffer?, Buffer?, Buffer?, (Buffer | null)?];
    if (!epoch || !seq || !snapshotSeq) return undefined;
    const at = { epoch: epoch.toString(), seq: Number(seq) };
    const snapshot = bytes ? readable(bytes) : undefined;
    const inherited: Inherited = { ...at, snapshot };
    // By now it may have been claimed again or let go of: then the token is not the one to write with.
    if (!isNewest()) return inherited;
    this.served.set(stream, {
      keys,
      fence,
      token,
      ...at,
      snapshot: undefined,
      snapshotSeq: snapshot ? Number(snapshotSeq) : 0,
      keptAt: this.clock.monotonic(),
      refused: false,
    });
    this.inherited_.set(stream, inherited);
    return inherited;
  }

  letGo(stream: string): void {
    this.served.delete(stream);
    this.inherited_.delete(stream);
    this.claims.delete(stream);
  }

  onRefused(listener: (stream: string, why: Refusal, detail: string) => void): void {
    this.refusedListeners.push(listener);
  }

  onMarketFenced(listener: (market: Market) => void): void {
    this.marketFencedListeners.push(listener);
  }

  /** Asked once by whoever goes on with the stream. */
  inherited(stream: string): Inherited | undefined {
    const inherited = this.inherited_.get(stream);
    this.inherited_.delete(stream);
    return inherited;
  }

  publish(publication: Publication, snapshot: SnapshotSource | undefined): void {
    const { stream, epoch, seq } = publication;
    const served = this.served.get(stream);
    if (served?.epoch !== epoch) return;
    served.seq = seq;
    served.snapshot = snapshot;
    if (served.refused) {
      this.unpublished++;
      return;
    }
    const { keys, token, fence } = served;
    const stored = this.snapshotWith(served, publication);
    if (stored !== NO_SNAPSHOT) served.snapshotSeq = seq;
    const args = [token, fence, seq, encodePublication(publication), stored];
    this.link.run(this.scripts.publish, [keys.state, keys.log, keys.snap, keys.channel], args, (error, reply) => {
      if (error === null && reply === WRITTEN) return;
      this.unpublished++;
      this.refuse(stream, served, error, reply);
    });
  }

  open(stream: string, epoch: string): void {
    const fence = this.claims.get(stream)?.fence ?? this.marketFences.get(marketOf(stream)) ?? 0;
    const served: Served = {
      keys: this.keys.of(stream),
      epoch,
      fence,
      token: this.newToken(),
      seq: 0,
      snapshot: undefined,
      snapshotSeq: 0,
      keptAt: this.clock.monotonic(),
      refused: false,
    };
    this.served.set(stream, served);
    const { state, log, snap, channel } = served.keys;
    const notice = encodeNotice({ notice: 'opened', stream, epoch });
    const args = [served.token, fence, epoch, notice, this.link.runOf(state)];
    this.link.run(this.scripts.open, [state, log, snap, channel], args, this.check(stream, served));
  }

  close(stream: string): void {
    const served = this.served.get(stream);
    this.letGo(stream);
    if (!served) return;
    const { state, log, snap, channel } = served.keys;
    const notice = encodeNotice({ notice: 'closed', stream });
    // Whether it was closed or is somebody else's by now makes no difference to us.
    this.link.run(this.scripts.close, [state, log, snap, channel], [served.token, served.fence, notice], () => undefined);
  }

  setStreamStatus(stream: string, status: StreamStatus): void {
    const served = this.served.get(stream);
    if (!served || served.refused) return;
    const { keys, token, fence } = served;
    const notice = encodeNotice({ notice: 'status', stream, status });
    // Whoever joins now would be given what is known to be wrong; the next publication stores the state anew.
    const isVoid = status.state === 'resyncing';
    if (isVoid) served.snapshotSeq = 0;
    const args = [token, fence, notice, isVoid ? 1 : 0];
    this.link.run(this.scripts.streamStatus, [keys.state, keys.snap, keys.channel], args, this.check(stream, served));
  }

  setMarketStatus(status: MarketStatus): void {
    this.marketStatuses.set(status.market, status);
    this.writeMarketStatus(status, true);
  }

  /** Stops keeping the market's status alive: another holder says it from now on. */
  letGoMarket(market: Market): void {
    this.marketStatuses.delete(market);
    this.marketFences.delete(market);
  }

  private writeMarketStatus(status: MarketStatus, tell: boolean): void {
    const { market } = status;
    const { fence, status: key, told } = this.keys.ofMarket(market);
    const held = this.marketFences.get(market) ?? 0;
    const notice = encodeNotice({ notice: 'marketStatus', status });
    this.link.run(this.scripts.marketStatus, [fence, key, told], [held, notice, tell ? 1 : 0], (_, reply) => {
      if (reply !== FENCED || this.marketFences.get(market) !== held) return;
      this.letGoMarket(market);
      for (const listener of this.marketFencedListeners) listener(market);
    });
  }

  /** The snapshot to store with a publication. */
  private snapshotWith(served: Served, { kind, type, seq }: Publication): Buffer | string {
    if (type === 'snapshot') return ITSELF;
    const led = kind === 'orderbook' && served.snapshotSeq > 0 && seq - served.snapshotSeq < this.snapshotEvery;
    if (!served.snapshot || led) return NO_SNAPSHOT;
    const snapshot = served.snapshot();
    return snapshot?.seq === seq ? encodePublication(snapshot) : NO_SNAPSHOT;
  }

  /** After a break Redis may be another, or an empty one: it is asked for every stream. */
  private keepAll(): void {
    for (const [stream, served] of this.served) this.keep(stream, served);
    for (const status of this.marketStatuses.values()) this.writeMarketStatus(status, true);
  }

  private keepStale(): void {
    const before = this.clock.monotonic() - this.history.historyTtlMs / KEEPS_PER_TTL;
    for (const [stream, served] of this.served) if (served.keptAt <= before) this.keep(stream, served);
    for (const status of this.marketStatuses.values()) this.writeMarketStatus(status, false);
  }

  private keep(stream: string, served: Served): void {
    if (served.refused || !this.link.whole) return;
    served.keptAt = this.clock.monotonic();
    const { keys, token, fence, seq } = served;
    // The log may be about to expire, and then a snapshot that it has to lead on from would be worth nothing.
    const snapshot = served.snapshotSeq < seq ? served.snapshot?.() : undefined;
    const stored = snapshot?.seq === seq ? encodePublication(snapshot) : NO_SNAPSHOT;
    if (stored !== NO_SNAPSHOT) served.snapshotSeq = seq;
    this.link.run(this.scripts.keep, [keys.state, keys.snap], [token, fence, seq, stored], this.check(stream, served));
  }

  private check(stream: string, served: Served): Answered {
    return (error, reply) => {
      if (error !== null || reply !== WRITTEN) this.refuse(stream, served, error, reply);
    };
  }

  private refuse(stream: string, served: Served, error: Error | null, reply: unknown): void {
    if (served.refused || this.served.get(stream) !== served) return;
    served.refused = true;
    const why = error === null && reply === FENCED ? 'fenced' : 'hole';
    for (const listener of this.refusedListeners) listener(stream, why, error?.message ?? '');
  }

  private newToken(): string {
    return `${this.replica}:${++this.tokens}`;
  }
}

/** Undefined for what a replica of another version wrote: the stream goes on without it. */
function readable(snapshot: Buffer): Publication | undefined {
  try {
    return decodePublication(snapshot);
  } catch (error) {
    if (!(error instanceof UnreadableBytes)) throw error;
    return undefined;
  }
}

function marketOf(stream: string): string {
  return stream.slice(0, stream.indexOf('.'));
}
