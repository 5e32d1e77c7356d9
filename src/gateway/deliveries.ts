import { Counter } from '../meters/counter';
import { Latency } from '../meters/latency';
import { zeroes } from '../meters/zeroes';
import { KINDS } from '../streams/stream';
import type { FrameKind, OutFrame } from './out-frame';

/** What became of messages for clients that did not keep up. */
export type SlowOutcome =
  /** A ticker or candle was replaced by a newer one before it was sent. */
  | 'conflated'
  /** A log stream lost messages, and the client was told which. */
  | 'gap'
  /** An order book was begun anew with a snapshot. */
  | 'resnapshot'
  /** The connection was closed with 4008. */
  | 'slow_closed';

/** Counts what was handed to sockets. One per process, shared by all outboxes. */
export class Deliveries {
  /** Frames written, by kind. */
  readonly sent: Record<FrameKind, number> = zeroes([...KINDS, 'control']);
  /** Frames that were meant for a client and never written, by reason. */
  readonly dropped = new Counter();
  readonly slow: Record<SlowOutcome, number> = { conflated: 0, gap: 0, resnapshot: 0, slow_closed: 0 };
  /** From reading the exchange's frame to its first write to a client. */
  readonly latency = new Latency();

  /** @param now ms since 1970 */
  written(frames: readonly OutFrame[], now: number): void {
    for (const frame of frames) {
      this.sent[frame.kind]++;
      if (frame.written) continue;
      frame.written = true;
      if (frame.received > 0) this.latency.observe(now - frame.received);
    }
  }
}
