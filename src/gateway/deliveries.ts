import { Counter } from '../meters/counter';
import { Latency } from '../meters/latency';
import type { FrameKind, OutFrame } from './out-frame';

/** Counts what was handed to sockets. One per process, shared by all outboxes. */
export class Deliveries {
  /** Frames written, by kind. */
  readonly sent: Record<FrameKind, number> = { ticker: 0, kline: 0, trade: 0, orderbook: 0, liquidation: 0, control: 0 };
  /** Frames that were queued for a client and never written, by reason. */
  readonly dropped = new Counter();
  /** From reading the exchange's frame to its first write to a client. */
  readonly latency = new Latency();

  written(frame: OutFrame, now: number): void {
    this.sent[frame.kind]++;
    if (frame.written) return;
    frame.written = true;
    if (frame.received > 0) this.latency.observe(now - frame.received);
  }
}
