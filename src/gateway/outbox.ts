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

/**
 * What waits for one client between two flushes; a flush is one write. While the socket has not taken what was written the client
 * lags, and only what still matters is kept for it. Memory is bounded by `queueBytes`, whatever the client asks for and however it
 * reads.
 */
export class Outbox {
  private frames: OutFrame[] = [];
  /** On the wire. */
  private bytes = 0;
  private lag: Lag | undefined;
  private closed = false;
  private awaitingDrain = false;

  constructor(
    private readonly socket: ClientSocket,
    /** Whether the client negotiated compression. */
    private readonly deflate: boolean,
    private readonly flusher: Pick<Flusher, 'add'>,
    private readonly scratch: Scratch,
    private readonly deliveries: Deliveries,
    private readonly queueBytes: number,
    private readonly owner: OutboxOwner,
  ) {}

  /** Bytes that wait for this client, here and in its socket. */
  get queued(): number {
    return this.bytes + (this.lag?.bytes ?? 0) + this.socket.backlog;
  }

  get lagging(): boolean {
    return this.lag !== undefined;
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
    const { length } = frame.bytes(this.deflate);
    // A client may ask for more at once than may wait for it: the rest comes as it takes the first part.
    if (this.bytes > 0 && this.bytes + length > this.queueBytes) {
      this.keep((this.lag = this.newLag()), frame);
      return;
    }
    if (this.frames.push(frame) === 1) this.flusher.add(this);
    this.bytes += length;
  }

  flush(now: number): void {
    const { frames, socket } = this;
    if (!socket.open) {
      this.discard('closed');
      return;
    }
    if (frames.length > 0 && socket.backlog <= LAG_BYTES) this.write(frames, now);
    else if (frames.length > 0 && !this.lag) {
      this.lag = this.newLag();
      for (const frame of frames) this.keep(this.lag, frame);
      this.empty();
    }
    if (this.lag) this.awaitDrain();
  }

  /** The client has left a stream: nothing of it is owed any more. */
  forget(stream: string): void {
    this.lag?.forget(stream);
  }

  /** Takes no more. */
  close(reason: 'closed' | 'slow'): void {
    this.discard(reason);
    this.closed = true;
  }

  private write(frames: readonly OutFrame[], now: number): void {
    const { socket, scratch, bytes } = this;
    this.empty();
    this.deliveries.written(frames, now);
    socket.write(scratch.join(frames, bytes, this.deflate));
    if (frames.length > 1 && socket.backlog > 0) scratch.giveAway();
  }

  private empty(): void {
    this.frames = [];
    this.bytes = 0;
  }

  private newLag(): Lag {
    return new Lag(this.deliveries, this.queueBytes / 2, (stream) => this.owner.pause(stream));
  }

  private keep(lag: Lag, frame: OutFrame): void {
    lag.add(frame);
    // What must be kept in any case, such as replies to a client that goes on asking without reading.
    if (lag.bytes > this.queueBytes) this.owner.tooSlow();
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
    for (const frame of frames) this.push(frame);
    for (const run of lost) this.push(this.owner.gap(run));
    for (const stream of books) this.owner.resume(stream);
  }

  private discard(reason: 'closed' | 'slow'): void {
    const waiting = this.frames.length + (this.lag?.count ?? 0);
    if (waiting > 0) this.deliveries.dropped.add(reason, waiting);
    this.empty();
    this.lag = undefined;
  }
}
