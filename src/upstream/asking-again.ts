import type { Clock, Timer } from '../clock/clock';

const FIRST_MS = 30_000;
const MAX_MS = 10 * 60_000;
/** Many topics may have been refused together; they are asked for again one by one. */
const APART_MS = 100;

interface Refused {
  readonly timer: Timer;
  readonly waitMs: number;
}

/** Topics that the exchange served and then refused, as it does during maintenance: each is asked for again, with growing waits. */
export class AskingAgain {
  private readonly topics = new Map<string, Refused>();
  private lastAt = 0;

  constructor(
    private readonly clock: Clock,
    private readonly ask: (topic: string) => void,
  ) {}

  refused(topic: string): void {
    const before = this.topics.get(topic);
    before?.timer.cancel();
    const waitMs = before ? Math.min(before.waitMs * 2, MAX_MS) : FIRST_MS;
    const now = this.clock.now();
    const at = Math.min(Math.max(now + waitMs, this.lastAt + APART_MS), now + 2 * MAX_MS);
    this.lastAt = at;
    this.topics.set(topic, { waitMs, timer: this.clock.after(at - now, () => this.ask(topic)) });
  }

  /** The topic is served again, or nobody wants it any more. */
  forget(topic: string): void {
    this.topics.get(topic)?.timer.cancel();
    this.topics.delete(topic);
  }

  stop(): void {
    for (const { timer } of this.topics.values()) timer.cancel();
    this.topics.clear();
  }
}
