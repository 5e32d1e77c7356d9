import type { OutFrame } from './out-frame';

/** What is given away keeps its whole memory, so it is not much. */
const MIN_BYTES = 16_384;

/**
 * Joins the frames that wait for one client into the one piece that is written. The kernel takes nearly every write at once, so the
 * same memory serves the next client: no allocation per client and flush. Clients with the same pending frames, as on a busy stream
 * that all listen to, are given the same bytes without another copy.
 */
export class Scratch {
  private memory = Buffer.alloc(0);
  private joined: readonly OutFrame[] = [];
  private deflate = false;
  private length = 0;

  /**
   * Good until the next call, or for ever after {@link giveAway}.
   * @param bytes what the frames come to
   * @param behind whether the socket is still busy: it will hold on to the bytes, so they get memory of just their size
   */
  join(frames: readonly OutFrame[], bytes: number, deflate: boolean, behind: boolean): Buffer {
    if (frames.length === 1) return (frames[0] as OutFrame).bytes(deflate);
    if (behind)
      return Buffer.concat(
        frames.map((frame) => frame.bytes(deflate)),
        bytes,
      );
    if (!this.holds(frames, deflate)) this.copy(frames, bytes, deflate);
    return this.memory.subarray(0, this.length);
  }

  /** What was joined last is still being written: it must not change any more. */
  giveAway(): void {
    this.memory = Buffer.alloc(0);
    this.joined = [];
  }

  private holds(frames: readonly OutFrame[], deflate: boolean): boolean {
    const { joined } = this;
    if (joined.length !== frames.length || this.deflate !== deflate) return false;
    for (let i = 0; i < frames.length; i++) if (joined[i] !== frames[i]) return false;
    return true;
  }

  private copy(frames: readonly OutFrame[], bytes: number, deflate: boolean): void {
    if (this.memory.length < bytes) this.memory = Buffer.allocUnsafeSlow(Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(bytes))));
    let at = 0;
    for (const frame of frames) {
      const piece = frame.bytes(deflate);
      this.memory.set(piece, at);
      at += piece.length;
    }
    this.length = at;
    this.joined = frames;
    this.deflate = deflate;
  }
}
