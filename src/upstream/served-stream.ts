import type { Clock, Timer } from '../clock/clock';
import { openTimeIn } from '../pubsub/envelope';
import type { StreamStatus } from '../pubsub/status';
import { isStateKind } from '../streams/stream';
import type { MarketStream } from '../streams/stream';
import type { Message } from '../streams/message';
import { BadFrameError } from '../transform/transform';
import type { Outcome, RawFrame, StreamTransform } from '../transform/transform';
import { CandleHold } from './candle-hold';
import { Delisting } from './delisting';
import { ResyncPace } from './resync-pace';
import type { StreamPublisher } from './stream-publisher';

/** A snapshot that was asked for comes at once; when it does not, it is asked for again. */
const SNAPSHOT_WAIT_MS = 5_000;

export interface ServedStreamDeps {
  readonly transform: StreamTransform;
  readonly publisher: StreamPublisher;
  readonly clock: Clock;
  /** Leaves the stream's topic and asks for it again. */
  renew(): void;
  /**
   * Of candle streams: fetches those that closed while there was no connection, beginning with the one that began at `since`.
   * `answered` hears once, with none if there are none to be had, and says whether that was in time.
   */
  backfill?: (since: number, answered: (frame: RawFrame | undefined) => boolean) => void;
  /** `reason` is one of a bounded set. */
  bad(reason: string, problem: string, text: string): void;
}

/** One stream between its topic and its listeners: its transform, and what its status is. */
export class ServedStream {
  private state: StreamStatus['state'] = 'pending';
  /** The connection is gone: what the transform holds is kept for late joiners until the exchange serves the topic again. */
  private outdated = false;
  private gapOwed = false;
  /** When the candle began that was the newest one as a connection broke: what followed it may be missing. */
  private missingSince: number | undefined;
  private readonly pace = new ResyncPace();
  private timer: Timer | undefined;
  private readonly delisting: Delisting;
  private readonly hold: CandleHold;
  private readonly snapshot = (): Message | undefined => this.deps.transform.snapshot();

  constructor(
    readonly stream: MarketStream,
    private readonly deps: ServedStreamDeps,
  ) {
    this.delisting = new Delisting(deps.clock, () => this.end('delisted'));
    this.hold = new CandleHold(deps.clock, (frame, received, text) => this.take(frame, received, text));
  }

  open(): void {
    const inherited = this.deps.publisher.open(this.stream);
    this.deps.publisher.status(this.stream, 'pending');
    if (!inherited) return;
    // What came between its last publisher and our connection was lost, as when a connection of ours breaks.
    this.outdated = true;
    if (!isStateKind(this.stream.kind)) this.gapOwed = true;
    if (this.stream.kind === 'kline' && inherited.snapshot) this.missingSince = openTimeIn(inherited.snapshot.body);
  }

  close(): void {
    this.stop();
    this.deps.publisher.close(this.stream);
  }

  /** Another process serves it. */
  forget(): void {
    this.stop();
    this.deps.publisher.forget(this.stream);
  }

  private stop(): void {
    this.timer?.cancel();
    this.hold.drop();
    this.delisting.stop();
  }

  /** Whether it was live and has ended. */
  get ended(): boolean {
    return this.state === 'unavailable';
  }

  /** The exchange serves the topic. Of a symbol that was delisted that is worth nothing before data comes. */
  accepted(): void {
    const anew = this.outdated || this.state === 'pending';
    if (this.state !== 'resyncing' && !this.delisting.over) this.become('live');
    if (anew) {
      this.startAnew();
      this.awaitSnapshot();
    }
    if (!this.gapOwed) return;
    this.gapOwed = false;
    this.deps.publisher.gap(this.stream, this.deps.clock.now());
  }

  /** `words`: the exchange's. A stream that was live has not been refused, it has ended. */
  refused(words: string): void {
    this.lost();
    this.end(words);
  }

  /** The exchange lists the symbol no more: if the stream is quiet too, it has ended. */
  delisted(): void {
    this.delisting.begin();
  }

  /** The exchange lists the symbol again. */
  relisted(): void {
    this.delisting.stop();
  }

  /** The connection is gone. */
  lost(): void {
    this.timer?.cancel();
    this.hold.drop();
    if (this.state === 'pending') return;
    this.outdated = true;
    this.missingSince = openTimeOf(this.deps.transform.snapshot()) ?? this.missingSince;
    if (!isStateKind(this.stream.kind)) this.gapOwed = true;
  }

  /** The market goes live without this stream: what it showed before the connection broke has not been renewed. */
  late(): void {
    if (!this.delisting.over) this.resync('no_snapshot');
  }

  frame(frame: RawFrame, received: number, text: string): void {
    this.accepted();
    // Of a topic that is being renewed, old frames may still be on their way.
    if (this.state === 'resyncing' && frame.type !== 'snapshot') return;
    if (!this.hold.keeps(frame, received, text)) this.take(frame, received, text);
  }

  /** The first sign of the topic on a new connection: what the transform holds from the old one is void. */
  private startAnew(): void {
    if (!this.outdated) return;
    this.outdated = false;
    this.deps.transform.reset();
    const { backfill } = this.deps;
    const since = this.missingSince;
    // The next live candle may be a minute away; the missed ones need not wait for it.
    if (backfill && since !== undefined) this.hold.begin((answered) => backfill(since, answered));
  }

  /** Of options it is not known whether each topic begins with a snapshot, so only a renewal awaits one there. */
  private awaitSnapshot(): void {
    if (!hasSnapshots(this.stream) || this.delisting.over) return;
    if (this.stream.market === 'option' && this.state !== 'resyncing') return;
    this.timer?.cancel();
    this.timer = this.deps.clock.after(SNAPSHOT_WAIT_MS, () => this.resync('no_snapshot'));
  }

  private take(frame: RawFrame, received: number, text: string): void {
    const outcome = this.apply(frame, received, text);
    if (!outcome) return;
    if (outcome.messages.length > 0) this.speaks();
    for (const message of outcome.messages) this.deps.publisher.publish(this.stream, message, this.snapshot);
    for (const error of outcome.withheld ?? []) this.deps.bad(error.reason, error.message, text);
    if (outcome.resync !== undefined) this.resync(outcome.resync);
    else if (outcome.messages.length > 0) {
      this.timer?.cancel();
      this.timer = undefined;
      if (this.state === 'resyncing') this.become('live');
    }
  }

  private speaks(): void {
    this.delisting.heard();
    if (this.state === 'unavailable') this.become('live');
  }

  private apply(frame: RawFrame, received: number, text: string): Outcome | undefined {
    try {
      return this.deps.transform.apply(frame, received);
    } catch (error) {
      if (error instanceof BadFrameError) this.deps.bad(error.reason, error.message, text);
      else this.deps.bad('internal', String(error), text);
      const resync = this.afterUnreadable(frame);
      return resync === undefined ? undefined : { messages: [], resync };
    }
  }

  /** Why a topic has to be asked for again after a frame of it that could not be read, if it has to. */
  private afterUnreadable(frame: RawFrame): string | undefined {
    // One that is being renewed is asked for again anyway when no good snapshot comes.
    if (!hasSnapshots(this.stream) || this.state === 'resyncing') return undefined;
    if (this.deps.transform.snapshot() === undefined) return 'no_snapshot';
    // What the unreadable delta of a ticker would have changed is not sent again until it changes once more. A book sees the hole itself.
    return this.stream.kind === 'ticker' && frame.type === 'delta' ? 'bad_frame' : undefined;
  }

  private resync(reason: string): void {
    const { clock, transform } = this.deps;
    transform.reset();
    this.become('resyncing', reason);
    this.timer?.cancel();
    const waitMs = this.pace.next(clock.monotonic());
    if (waitMs === 0) this.renew(reason);
    else this.timer = clock.after(waitMs, () => this.renew(reason));
  }

  private renew(reason: string): void {
    this.timer = this.deps.clock.after(SNAPSHOT_WAIT_MS, () => this.resync(reason));
    this.deps.renew();
  }

  private end(words: string): void {
    this.timer?.cancel();
    this.become(this.state === 'pending' ? 'refused' : 'unavailable', words);
  }

  private become(state: StreamStatus['state'], reason = ''): void {
    if (state === this.state) return;
    this.state = state;
    this.deps.publisher.status(this.stream, state, reason);
  }
}

/** Whether the stream's topic begins with a snapshot, without which nothing that follows makes sense. */
function hasSnapshots({ kind }: MarketStream): boolean {
  return kind === 'ticker' || kind === 'orderbook';
}

function openTimeOf(candle: Message | undefined): number | undefined {
  return candle && 'openTime' in candle.data ? candle.data.openTime : undefined;
}
