import { Flusher } from '../../src/gateway/flusher';

/** A flusher whose turns end when the test says so. */
export class Turns {
  readonly flusher: Flusher;
  private readonly tasks: (() => void)[] = [];

  constructor(wallClock: () => number) {
    this.flusher = unpacedFlusher(wallClock, (task) => this.tasks.push(task));
  }

  get waiting(): number {
    return this.tasks.length;
  }

  end(): void {
    for (const run of this.tasks.splice(0)) run();
  }
}

/** A flusher that takes no time, so that it never paces itself. */
export function unpacedFlusher(wallClock: () => number, endOfTurn: (task: () => void) => void): Flusher {
  return new Flusher({ now: () => 0, idle: () => 0, wallClock, endOfTurn, after: (_, task) => endOfTurn(task) }, { everyMs: 0 });
}
