import { Counter } from '../meters/counter';
import { Latency } from '../meters/latency';
import type { MarketReport } from '../upstream/report';

/** Stands where other processes have their upstream. The primary has it, and tells about it. */
export class UpstreamElsewhere {
  readonly running = false;
  readonly messages = new Counter();
  readonly badFrames = new Counter();
  readonly backfills = undefined;
  readonly latency = new Latency();

  report(): MarketReport[] {
    return [];
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
