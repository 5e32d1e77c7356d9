import type { ClientSocket } from './client-socket';
import type { Deliveries } from './deliveries';
import type { Flusher } from './flusher';
import { Lag, type Lost } from './lag';
import type { OutFrame } from './out-frame';
import type { Scratch } from './scratch';

/** What an outbox needs its session for. */
export interface OutboxOwner {
  /** Stop delivering a stream until it is resumed. */
  pause(stream: string): void;
  /** Begin a paused stream anew, with a snapshot. */
  resume(stream: string): void;
  /** The notice that entries of a log stream were dropped. */
  gap(lost: Lost): OutFrame;
  tooSlow(): void;
}

/** Backlog of the socket from which on a client counts as lagging: more than the kernel holds for it, less than hurts. */
const LAG_BYTES = 65_536;

/** A stream that was left while frames waited: `at` of them were there already. */
interface Left {
  readonly stream: string;
  readonly at: number;
}

/**
 * What waits for one client between two flushes; a flush is one write. While the socket has not taken what was written the client
 * lags, and only what still matters is kept for it. One half of `queueBytes` is for what is on its way, the other for what is kept:
 * together they are exceeded by two frames and the notices of what was lost at most, whatever the client asks for and however it reads.
 */
export class Outbox {
  private frames: OutFrame[] = [];
  /** On the wire. */
  private bytes = 0;
  private left: Left[] = [];
  private lag: Lag | undefined;
  private closed = false;
  private awaitingDrain = false;
  /** Of what was written, at most so much is not yet taken by the kernel. */
  private untaken = 0;

  constructor(
    private readonly socket: ClientSocket,
    /** Whether the client negotiated compression. */
    private readonly deflate: boolean,
    private readonly flusher: Pick<Flusher, 'add' | 'soon'>,
    private readonly scratch: Scratch,
    private readonly deliveries: Deliveries,
    private readonly queueBytes: number,
    private readonly owner: OutboxOwner,
  ) {}

  /** Bytes that wait for this client, here and in its socket. */
  get queued(): number {
    return this.bytes + (this.lag?.bytes ?? 0) + this.socket.backlog;
  }

  push(frame: OutFrame): void {
    if (this.closed) {
      this.deliveries.dropped.add('closed');
      return;
    }
    if (this.lag) {
      this.keep(this.lag, frame);
      return;
    }
    // A client may ask for more at once than may wait for it: the rest comes as it takes the first part.
    if (this.overflows(frame.bytes(this.deflate).length)) {
      if (this.frames.length === 0) this.awaitDrain();
      this.keep((this.lag = this.newLag()), frame);
      return;
    }
    this.append(frame);
  }

  /** As {@link push}, for what the client waits for: written at the end of this turn, with all that was pushed before it. */
  pushSoon(frame: OutFrame): void {
    this.push(frame);
    this.flusher.soon(this);
  }

  flush(now: number): void {
    const { frames, socket } = this;
    if (!socket.open) {
      this.discard('closed');
      return;
    }
    if (frames.length > 0) {
      if (socket.backlog <= LAG_BYTES) this.write(frames, now);
      else if (!this.lag) this.fallBehind(frames, this.left);
    }
    if (this.lag) this.awaitDrain();
  }

  /** The client has left a stream: nothing of it may follow what is pushed next. */
  forget(stream: string): void {
    if (this.lag) this.lag.forget(stream);
    else if (this.frames.length > 0) this.left.push({ stream, at: this.frames.length });
  }

  /** Takes no more. */
  close(reason: 'closed' | 'slow'): void {
    this.discard(reason);
    this.closed = true;
  }

  private append(frame: OutFrame): void {
    if (this.frames.push(frame) === 1) this.flusher.add(this);
    this.bytes += frame.bytes(this.deflate).length;
  }

  private overflows(length: number): boolean {
    const bound = this.queueBytes / 2 - this.bytes - length;
    if (this.untaken <= bound) return false;
    this.untaken = this.socket.backlog;
    // One frame may always go, however large.
    return this.untaken > bound && this.bytes + this.untaken > 0;
  }

  private write(frames: readonly OutFrame[], now: number): void {
    const { socket, scratch, bytes } = this;
    this.empty();
    this.deliveries.written(frames, now);
    const behind = socket.backlog > 0;
    socket.write(scratch.join(frames, bytes, this.deflate, behind));
    this.untaken = socket.backlog;
    if (!behind && frames.length > 1 && this.untaken > 0) scratch.giveAway();
  }

  private fallBehind(frames: readonly OutFrame[], left: readonly Left[]): void {
    const lag = (this.lag = this.newLag());
    this.empty();
    frames.forEach((frame, i) => {
      if (this.closed) {
        this.deliveries.dropped.add('slow');
        return;
      }
      for (const { stream, at } of left) if (at === i) lag.forget(stream);
      this.keep(lag, frame);
    });
    for (const { stream, at } of left) if (at === frames.length) lag.forget(stream);
  }

  private empty(): void {
    this.frames = [];
    this.bytes = 0;
    if (this.left.length > 0) this.left = [];
  }

  private newLag(): Lag {
    return new Lag(this.deliveries, this.queueBytes / 4, (stream) => this.owner.pause(stream));
  }

  private keep(lag: Lag, frame: OutFrame): void {
    lag.add(frame);
    // What must be kept in any case, such as replies to a client that goes on asking without reading.
    if (lag.bytes > this.queueBytes / 2) this.owner.tooSlow();
  }

  private awaitDrain(): void {
    if (this.awaitingDrain) return;
    this.awaitingDrain = true;
    this.socket.whenDrained(this.drained);
  }

  private readonly drained = (): void => {
    this.awaitingDrain = false;
    if (this.closed) return;
    if (this.frames.length > 0) this.flusher.add(this);
    else this.catchUp();
  };

  private catchUp(): void {
    const { lag } = this;
    if (!lag) return;
    this.lag = undefined;
    const { frames, lost, books } = lag.take();
    // Without a look at the bound, which all this has met before: the notices must stand right behind the entries.
    for (const frame of frames) this.append(frame);
    for (const run of lost) this.append(this.owner.gap(run));
    for (const stream of books) this.owner.resume(stream);
  }

  private discard(reason: 'closed' | 'slow'): void {
    const waiting = this.frames.length + (this.lag?.count ?? 0);
    if (waiting > 0) this.deliveries.dropped.add(reason, waiting);
    this.empty();
    this.lag = undefined;
  }
}
