import type { ClientSocket } from './client-socket';
import type { Deliveries } from './deliveries';
import type { Flusher } from './flusher';
import type { OutFrame } from './out-frame';

/**
 * How many times `queueBytes` may wait for a client, whatever it asked for: a subscribe brings the snapshots or the history of
 * all its streams at once, but a client that subscribes again and again must not fill our memory.
 */
const CATCH_UP_ALLOWANCE = 64;

/**
 * What waits for one client between two flushes; a flush is one write. What the socket has not taken is the client's backlog:
 * over `queueBytes` of it the client is too slow and nothing more is queued.
 */
export class Outbox {
  private frames: OutFrame[] = [];
  private bytes = 0;
  private closed = false;
  private overflowing = false;
  /** Of what waits here: snapshots and history that the client asked for and cannot be blamed for. */
  private catchUp = 0;
  /** The same, of what was written since the socket was last empty. */
  private writtenCatchUp = 0;

  constructor(
    private readonly socket: ClientSocket,
    private readonly flusher: Flusher,
    private readonly deliveries: Deliveries,
    private readonly queueBytes: number,
    private readonly tooSlow: () => void,
  ) {}

  /** Bytes that wait for this client, here and in its socket. */
  get queued(): number {
    return this.bytes + this.socket.backlog;
  }

  private get maxBytes(): number {
    return CATCH_UP_ALLOWANCE * this.queueBytes;
  }

  push(frame: OutFrame): void {
    if (this.closed) {
      this.deliveries.dropped.add('closed');
      return;
    }
    if (this.bytes > this.maxBytes) {
      this.overflowing = true;
      this.deliveries.dropped.add('slow');
      return;
    }
    if (this.frames.push(frame) === 1) this.flusher.add(this);
    this.bytes += frame.bytes.length;
  }

  /** As {@link push}, for what the client asked for and may take its time with. */
  pushCatchUp(frame: OutFrame): void {
    this.catchUp += frame.bytes.length;
    this.push(frame);
  }

  flush(now: number): void {
    if (this.frames.length === 0) return;
    if (!this.socket.open) {
      this.discard('closed');
      return;
    }
    const backlog = this.socket.backlog;
    if (backlog === 0) this.writtenCatchUp = 0;
    const excused = Math.min(this.writtenCatchUp, this.maxBytes);
    if (this.overflowing || backlog - excused > this.queueBytes) {
      this.tooSlow();
      return;
    }
    this.writtenCatchUp += this.catchUp;
    this.catchUp = 0;
    const frames = this.frames;
    const bytes = this.bytes;
    this.frames = [];
    this.bytes = 0;
    for (const frame of frames) this.deliveries.written(frame, now);
    this.socket.write(frames.length === 1 ? (frames[0] as OutFrame).bytes : joined(frames, bytes));
  }

  /** Takes no more; what waits is written first if the socket still takes it. */
  close(reason: 'closed' | 'slow'): void {
    this.discard(reason);
    this.closed = true;
  }

  private discard(reason: 'closed' | 'slow'): void {
    if (this.frames.length > 0) this.deliveries.dropped.add(reason, this.frames.length);
    this.frames = [];
    this.bytes = 0;
  }
}

function joined(frames: readonly OutFrame[], bytes: number): Buffer {
  const all = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const frame of frames) {
    all.set(frame.bytes, at);
    at += frame.bytes.length;
  }
  return all;
}
