import type { Writable } from 'node:stream';

/** When to write; times in milliseconds. */
export interface WriteTiming {
  now(): number;
  /** Runs a task when the turn's input has been read: `setImmediate`. */
  endOfTurn(task: () => void): void;
  after(ms: number, task: () => void): void;
}

/** Length of what follows (4 bytes, little end first), and one byte that says what it is. */
export const FRAME_HEAD_BYTES = 5;
/** A reader that is further behind than this loses what comes, and is told so when it has read what waits. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/**
 * A write and the reader's waking cost as much as 20 messages do, so under load writes are spaced: after a write of n frames the next one
 * waits n times this. That lets up to 2000 frames a second through at once; above it the space grows to its bound.
 */
const SPACE_PER_FRAME_MS = 0.5;
const MAX_SPACE_MS = 5;

interface Frame {
  readonly kind: number;
  readonly body: Uint8Array;
}

/** Writes frames, all of a turn in one go, and keeps a bounded amount for a reader that does not read. */
export class FrameWriter {
  /** Frames that were not written because the reader was too far behind. */
  dropped = 0;
  private frames: Frame[] = [];
  private bytes = 0;
  private scheduled = false;
  private losing = false;
  private lastAt = -Infinity;
  private space = 0;

  /** @param caughtUp the reader has read all that was written after it had lost something; called before anything new is taken */
  constructor(
    private readonly out: Pick<Writable, 'write' | 'writableLength'>,
    private readonly timing: WriteTiming,
    private readonly caughtUp: () => void = () => undefined,
  ) {}

  send(kind: number, body: Uint8Array): void {
    const waiting = this.bytes + this.out.writableLength;
    if (waiting > 0 && waiting + body.length > MAX_WAITING_BYTES) this.losing = true;
    if (this.losing) {
      this.dropped++;
      return;
    }
    this.frames.push({ kind, body });
    this.bytes += FRAME_HEAD_BYTES + body.length;
    if (!this.scheduled) this.schedule();
  }

  private schedule(): void {
    this.scheduled = true;
    const wait = this.lastAt + this.space - this.timing.now();
    if (wait <= 0) this.timing.endOfTurn(this.run);
    else this.timing.after(wait, this.run);
  }

  private readonly run = (): void => {
    const { frames, bytes } = this;
    this.scheduled = false;
    this.frames = [];
    this.bytes = 0;
    this.lastAt = this.timing.now();
    this.space = Math.min(MAX_SPACE_MS, frames.length * SPACE_PER_FRAME_MS);
    const joined = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const { kind, body } of frames) {
      at = joined.writeUInt32LE(body.length, at);
      at = joined.writeUInt8(kind, at);
      joined.set(body, at);
      at += body.length;
    }
    this.out.write(joined, this.written);
  };

  /** Whatever is lost, something was waiting to be written at that moment, so this is called after it. */
  private readonly written = (): void => {
    if (!this.losing || this.scheduled || this.out.writableLength > 0) return;
    this.losing = false;
    this.caughtUp();
  };
}
