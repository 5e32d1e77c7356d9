/** Something that waits to be written out. */
export interface Flushable {
  flush(now: number): void;
}

/**
 * Flushes every outbox that got something once, at the end of the event loop's turn: a quiet gateway adds no delay and a
 * loaded one batches by itself, because more messages arrive per turn.
 */
export class Flusher {
  private dirty: Flushable[] = [];

  /** @param endOfTurn runs a task when the turn's input has been read: `setImmediate` */
  constructor(
    private readonly endOfTurn: (task: () => void) => void,
    private readonly now: () => number,
  ) {}

  add(outbox: Flushable): void {
    if (this.dirty.push(outbox) === 1) this.endOfTurn(this.run);
  }

  private readonly run = (): void => {
    const dirty = this.dirty;
    this.dirty = [];
    const now = this.now();
    for (const outbox of dirty) outbox.flush(now);
  };
}
