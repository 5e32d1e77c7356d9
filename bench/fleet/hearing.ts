import { Latencies, type Percentiles } from '../load/latencies';
import { microseconds, stampIn } from '../load/stamp';
import type { Publication } from '../../src/pubsub/publication';
import type { StreamListener } from '../../src/pubsub/pubsub';

/** What a listener has heard since it was told to begin. */
export interface Heard {
  readonly messages: number;
  /** From `publish()` to here. */
  readonly latency: Percentiles;
  readonly bytesPerMessage: number;
  /** Numbers that were left out or came twice. */
  readonly wrong: number;
}

/** Listens to all streams, and does nothing with a message but read its stamp. */
export class Hearing implements StreamListener {
  private readonly latencies = new Latencies();
  private readonly places = new Map<string, number>();
  private messages = 0;
  private bytes = 0;
  private wrong = 0;

  publication({ stream, seq, body }: Publication): void {
    const stamp = stampIn(body);
    if (stamp !== undefined) this.latencies.add(microseconds() - stamp);
    const before = this.places.get(stream);
    if (before !== undefined && seq !== before + 1) this.wrong++;
    this.places.set(stream, seq);
    this.messages++;
    this.bytes += body.length;
  }

  status(): void {
    // Only messages are timed.
  }

  begin(): void {
    this.latencies.clear();
    this.messages = this.bytes = this.wrong = 0;
  }

  heard(): Heard {
    const { messages, wrong } = this;
    return { messages, wrong, bytesPerMessage: this.bytes / messages, latency: this.latencies.percentiles() };
  }
}
