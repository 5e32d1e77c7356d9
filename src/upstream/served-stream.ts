import type { Clock, Timer } from '../clock/clock';
import type { StreamStatus } from '../pubsub/status';
import { isStateKind } from '../streams/stream';
import type { Stream } from '../streams/stream';
import type { Message } from '../streams/message';
import { BadFrameError } from '../transform/transform';
import type { Outcome, RawFrame, StreamTransform } from '../transform/transform';
import { Delisting } from './delisting';
import { ResyncPace } from './resync-pace';
import type { StreamPublisher } from './stream-publisher';

/** A fresh snapshot that was asked for comes at once; when it does not, it is asked for again. */
const SNAPSHOT_WAIT_MS = 5_000;

export interface ServedStreamDeps {
  readonly transform: StreamTransform;
  readonly publisher: StreamPublisher;
  readonly clock: Clock;
  /** Leaves the stream's topic and asks for it again. */
  renew(): void;
  /** Of candle streams: fetches those that closed while there was no connection, beginning with the one that began at `since`. */
  backfill?: (since: number, deliver: (frame: RawFrame) => void) => void;
  /** `reason` is one of a bounded set. */
  bad(reason: string, problem: string, text: string): void;
}

/** One stream between its topic and its listeners: its transform, and what its status is. */
export class ServedStream {
  private state: StreamStatus['state'] = 'pending';
  /** The connection was renewed: what the transform holds is kept for late joiners until the first new frame. */
  private outdated = false;
  private gapOwed = false;
  /** When the candle began that was the newest one as the connection broke, until what followed it has been fetched. */
  private missingSince: number | undefined;
  private closed = false;
  private readonly pace = new ResyncPace();
  private timer: Timer | undefined;
  private readonly delisting: Delisting;
  private readonly snapshot = (): Message | undefined => this.deps.transform.snapshot();

  constructor(
    readonly stream: Stream,
    private readonly deps: ServedStreamDeps,
  ) {
    this.delisting = new Delisting(deps.clock, () => this.refused('delisted'));
  }

  open(): void {
    this.deps.publisher.open(this.stream);
    this.deps.publisher.status(this.stream, 'pending');
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.delisting.stop();
    this.deps.publisher.close(this.stream);
  }

  /** The exchange serves the topic. Of a symbol that was delisted that is worth nothing before data comes. */
  accepted(): void {
    if (this.state !== 'resyncing' && !this.delisting.over) this.become('live');
    // The next live candle may be a minute away; the missed ones need not wait for it.
    if (this.deps.backfill) this.startAnew();
    if (!this.gapOwed) return;
    this.gapOwed = false;
    this.deps.publisher.gap(this.stream, this.deps.clock.now());
  }

  /** `words`: the exchange's. A stream that was live has not been refused, it has ended. */
  refused(words: string): void {
    this.timer?.cancel();
    this.become(this.state === 'pending' ? 'refused' : 'unavailable', words);
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
    if (this.state === 'pending') return;
    this.outdated = true;
    if (this.deps.backfill) this.missingSince ??= openTimeOf(this.deps.transform.snapshot());
    if (!isStateKind(this.stream.kind)) this.gapOwed = true;
  }

  frame(frame: RawFrame, received: number, text: string): void {
    this.startAnew();
    // Of a topic that is being renewed, old frames may still be on their way.
    if (this.state === 'resyncing' && frame.type !== 'snapshot') return;
    this.accepted();
    this.take(frame, received, text);
  }

  /** The first sign of the topic on a new connection: what the transform holds from the old one is void. */
  private startAnew(): void {
    if (!this.outdated) return;
    this.outdated = false;
    this.deps.transform.reset();
    if (this.missingSince !== undefined) this.deps.backfill?.(this.missingSince, (missed) => this.takeMissed(missed));
  }

  /** Candles that closed meanwhile. If the connection has broken again the next one brings them. */
  private takeMissed(frame: RawFrame): void {
    if (this.closed || this.outdated) return;
    this.missingSince = undefined;
    this.take(frame, this.deps.clock.now(), 'from REST');
  }

  private take(frame: RawFrame, received: number, text: string): void {
    const outcome = this.apply(frame, received, text);
    if (!outcome) return;
    if (outcome.messages.length > 0) this.speaks(received);
    for (const message of outcome.messages) this.deps.publisher.publish(this.stream, message, this.snapshot);
    for (const error of outcome.withheld ?? []) this.deps.bad(error.reason, error.message, text);
    if (outcome.resync !== undefined) this.resync(outcome.resync);
    else if (this.state === 'resyncing' && outcome.messages.length > 0) {
      this.timer?.cancel();
      this.become('live');
    }
  }

  private speaks(now: number): void {
    this.delisting.heard(now);
    if (this.state === 'unavailable') this.become('live');
  }

  private apply(frame: RawFrame, received: number, text: string): Outcome | undefined {
    try {
      return this.deps.transform.apply(frame, received);
    } catch (error) {
      if (error instanceof BadFrameError) this.deps.bad(error.reason, error.message, text);
      else this.deps.bad('internal', String(error), text);
      // What the unreadable delta of a ticker would have changed is not sent again until it changes once more. A book sees the hole itself.
      return this.stream.kind === 'ticker' && frame.type === 'delta' ? { messages: [], resync: 'bad_frame' } : undefined;
    }
  }

  private resync(reason: string): void {
    const { clock, transform } = this.deps;
    transform.reset();
    this.become('resyncing', reason);
    this.timer?.cancel();
    const waitMs = this.pace.next(clock.now());
    if (waitMs === 0) this.renew(reason);
    else this.timer = clock.after(waitMs, () => this.renew(reason));
  }

  private renew(reason: string): void {
    this.timer = this.deps.clock.after(SNAPSHOT_WAIT_MS, () => this.resync(reason));
    this.deps.renew();
  }

  private become(state: StreamStatus['state'], reason = ''): void {
    if (state === this.state) return;
    this.state = state;
    this.deps.publisher.status(this.stream, state, reason);
  }
}

function openTimeOf(candle: Message | undefined): number | undefined {
  return candle && 'openTime' in candle.data ? candle.data.openTime : undefined;
}
