import { FRAME_HEAD_BYTES } from './frame-writer';

/** Finds the frames of a `FrameWriter` in the chunks that a socket reads. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private bytes = 0;
  /** Bytes until the next frame is whole, or its head. */
  private needed = FRAME_HEAD_BYTES;

  /** @param hear its `body` is a view of a chunk: whoever keeps it copies it */
  constructor(private readonly hear: (kind: number, body: Buffer) => void) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    // A large frame comes in many chunks: they are joined once.
    if (this.bytes < this.needed) return;
    const all = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks, this.bytes);
    const at = this.read(all);
    const rest = all.subarray(at);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.bytes = rest.length;
  }

  /** Returns where the first frame begins that is not whole. */
  private read(all: Buffer): number {
    let at = 0;
    for (;;) {
      const bodyAt = at + FRAME_HEAD_BYTES;
      const end = bodyAt <= all.length ? bodyAt + all.readUInt32LE(at) : Infinity;
      if (end > all.length) {
        this.needed = (end === Infinity ? bodyAt : end) - at;
        return at;
      }
      this.hear(all[bodyAt - 1] as number, all.subarray(bodyAt, end));
      at = end;
    }
  }
}
