import type { Clock } from '../clock/clock';
import { Counter } from '../meters/counter';
import type { Market } from '../streams/stream';
import type { UpstreamLog } from './log';

const LOG_EVERY_MS = 60_000;
const SAMPLE_LENGTH = 200;

/** Frames, or parts of them, that could not be used: each counted by reason, one per reason and minute logged. */
export class BadFrames {
  readonly counter = new Counter();
  private readonly loggedAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly log: UpstreamLog,
  ) {}

  /** `reason` is one of a bounded set; of the frame's `text` only the beginning is logged. */
  add(market: Market, reason: string, problem: string, text: string): void {
    this.counter.add(reason);
    const now = this.clock.monotonic();
    const last = this.loggedAt.get(reason);
    if (last !== undefined && now - last < LOG_EVERY_MS) return;
    this.loggedAt.set(reason, now);
    this.log.warn(
      { market, reason, problem, count: this.counter.get(reason), sample: text.slice(0, SAMPLE_LENGTH) },
      'bad frame from the exchange',
    );
  }
}
