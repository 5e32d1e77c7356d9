/** Whose messages they are. */
export interface InboxOwner<T> {
  /** Must not reject. */
  handle(message: T): Promise<void>;
  /** Stops and continues reading from the client. */
  pause(): void;
  resume(): void;
}

/**
 * A client's messages, one at a time and in order: a quick one never overtakes a slow one. While more than `pauseAt` wait the
 * client is not read from, so that it cannot fill our memory.
 */
export class Inbox<T> {
  /** Only while some wait: most clients never have one. */
  private waiting: T[] | undefined;
  private busy = false;
  private paused = false;
  private closed = false;

  constructor(
    private readonly owner: InboxOwner<T>,
    private readonly pauseAt = 64,
  ) {}

  push(message: T): void {
    if (this.closed) return;
    if (!this.busy) {
      void this.drain(message);
      return;
    }
    const waiting = (this.waiting ??= []);
    if (waiting.push(message) < this.pauseAt || this.paused) return;
    this.paused = true;
    this.owner.pause();
  }

  /** Forgets what waits. */
  close(): void {
    this.closed = true;
    this.waiting = undefined;
  }

  private async drain(message: T): Promise<void> {
    this.busy = true;
    for (let next: T | undefined = message; next !== undefined; next = this.waiting?.shift()) {
      await this.owner.handle(next);
      if (this.paused && !this.waiting?.length) {
        this.paused = false;
        this.owner.resume();
      }
    }
    this.waiting = undefined;
    this.busy = false;
  }
}
