import type { ClientSocket } from '../../src/gateway/client-socket';

/**
 * A socket whose kernel has as much room as the test says. As on a real one, bytes that the kernel has not taken are still the
 * writer's memory: who changes it changes what the client gets.
 */
export class ModelSocket implements ClientSocket {
  open = true;
  backlog = 0;
  progress = 0;
  /** What was done, in short. */
  readonly did: string[] = [];
  private readonly waiting: Buffer[] = [];
  private readonly taken: Buffer[] = [];
  private drains: { readonly at: number; readonly drained: () => void }[] = [];

  /** @param room bytes that the kernel takes at once */
  constructor(private room = 0) {}

  /** All that the client has got. */
  get wire(): Buffer {
    return Buffer.concat(this.taken);
  }

  write(frames: Buffer): void {
    this.did.push(`write ${frames.length}`);
    this.waiting.push(frames);
    this.backlog += frames.length;
    this.pump();
  }

  whenDrained(drained: () => void): void {
    this.drains.push({ at: this.progress + this.backlog, drained });
  }

  ping(): void {
    this.did.push('ping');
  }

  close(code: number, reason: string): void {
    this.did.push(`close ${code} ${reason}`);
    this.open = false;
  }

  terminate(): void {
    this.did.push('terminate');
    this.open = false;
  }

  /** The client reads: the kernel has room for so many bytes more. */
  take(bytes: number): void {
    this.room += bytes;
    this.pump();
    const due = this.drains.filter(({ at }) => at <= this.progress);
    this.drains = this.drains.filter(({ at }) => at > this.progress);
    if (this.open) for (const { drained } of due) drained();
  }

  /** The kernel takes all that waits, and no more. */
  drain(): void {
    this.room = 0;
    this.take(this.backlog);
  }

  private pump(): void {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const piece = Buffer.from(next.subarray(0, this.room));
      this.taken.push(piece);
      this.room -= piece.length;
      this.progress += piece.length;
      this.backlog -= piece.length;
      if (piece.length < next.length) {
        this.waiting.unshift(next.subarray(piece.length));
        return;
      }
    }
  }
}
