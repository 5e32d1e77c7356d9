/**
 * A client's messages, one at a time and in order: a quick one never overtakes a slow one. While more than `pauseAt` wait the
 * client is not read from, so that it cannot fill our memory.
 */
export class Inbox<T> {
  private readonly waiting: T[] = [];
  private busy = false;
  private paused = false;
  private closed = false;

  constructor(
    /** Must not reject. */
    private readonly handle: (message: T) => Promise<void>,
    private readonly reading: { pause(): void; resume(): void },
    private readonly pauseAt = 64,
  ) {}

  push(message: T): void {
    if (this.closed) return;
    this.waiting.push(message);
    if (!this.paused && this.waiting.length >= this.pauseAt) {
      this.paused = true;
      this.reading.pause();
    }
    if (!this.busy) void this.drain();
  }

  /** Forgets what waits. */
  close(): void {
    this.closed = true;
    this.waiting.length = 0;
  }

  private async drain(): Promise<void> {
    this.busy = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      await this.handle(next);
      if (this.paused && this.waiting.length === 0) {
        this.paused = false;
        this.reading.resume();
      }
    }
    this.busy = false;
  }
}
