import type { Clock, Timer } from '../clock/clock';
import { isSnapshotTopic, isStateTopic } from './bybit/topics';

/** How long a new connection's snapshots may take before what is late is told by itself and holds up nothing else. */
const RESYNC_MS = 3_000;

/** What was shown on earlier connections and has to come anew before a new one may be called well. */
export class Renewal {
  /** State topics that were shown and have not come since their connection broke. No time that passes makes them fresh. */
  private readonly awaited = new Set<string>();
  private heardAny = false;
  private overdue = false;
  /** The connection before this one was given up because it was silent. */
  private doubted = false;
  private deadline: Timer | undefined;
  private patience: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    /** How long nothing at all may come. */
    private readonly silenceMs: number,
    /** What is late is no longer waited for. */
    private readonly late: () => void,
    /** Nothing at all has come. */
    private readonly silent: () => void,
  ) {}

  /** A topic that was shown has lost its connection. */
  lost(topic: string): void {
    if (isStateTopic(topic)) this.awaited.add(topic);
  }

  /** Nobody wants the topic any more. */
  forget(topic: string): void {
    this.awaited.delete(topic);
  }

  /** After silence, only a frame shows that the exchange is back. */
  doubt(): void {
    this.doubted = true;
  }

  /** A new connection is open. */
  begin(): void {
    this.end();
    this.heardAny = this.overdue = false;
    this.deadline = this.clock.after(RESYNC_MS, () => {
      this.overdue = true;
      // Candles do not begin with a snapshot: the next one may be a minute away.
      for (const topic of this.awaited) if (!isSnapshotTopic(topic)) this.awaited.delete(topic);
      this.late();
    });
    this.patience = this.clock.after(this.silenceMs, () => {
      if (!this.heardAny) this.silent();
    });
  }

  /** The connection is gone, or all is well. */
  end(): void {
    this.deadline?.cancel();
    this.patience?.cancel();
  }

  /** The topic's first frame on this connection. */
  heard(topic: string): void {
    this.heardAny = true;
    this.doubted = false;
    this.awaited.delete(topic);
  }

  /** @param busy whether the connection has topics that never stay quiet for long */
  isDone(busy: boolean): boolean {
    if (this.doubted && busy) return false;
    return this.awaited.size === 0 || (this.overdue && this.heardAny);
  }

  /** What has not come. */
  missing(): string[] {
    return [...this.awaited];
  }
}
