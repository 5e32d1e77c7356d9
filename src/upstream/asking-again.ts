import type { Clock, Timer } from '../clock/clock';

const FIRST_MS = 30_000;
const MAX_MS = 10 * 60_000;
/** Many topics may have been refused together; they are asked for again one by one. */
const APART_MS = 100;

interface Refused {
  readonly timer: Timer;
  readonly waitMs: number;
  readonly at: number;
}

/** Topics that the exchange served and then refused, as it does during maintenance: each is asked for again, with growing waits. */
export class AskingAgain {
  private readonly topics = new Map<string, Refused>();
  private readonly taken = new Set<number>();

  constructor(
    private readonly clock: Clock,
    private readonly ask: (topic: string) => void,
  ) {}

  refused(topic: string): void {
    const before = this.topics.get(topic);
    this.forget(topic);
    const waitMs = before ? Math.min(before.waitMs * 2, MAX_MS) : FIRST_MS;
    const now = this.clock.monotonic();
    let at = now + waitMs;
    while (this.taken.has(slotOf(at))) at += APART_MS;
    this.taken.add(slotOf(at));
    this.topics.set(topic, { waitMs, at, timer: this.clock.after(at - now, () => this.ask(topic)) });
  }

  /** The topic is served again, or nobody wants it any more. */
  forget(topic: string): void {
    const refused = this.topics.get(topic);
    if (!refused) return;
    refused.timer.cancel();
    this.taken.delete(slotOf(refused.at));
    this.topics.delete(topic);
  }

  stop(): void {
    for (const topic of this.topics.keys()) this.forget(topic);
  }
}

function slotOf(at: number): number {
  return Math.floor(at / APART_MS);
}
