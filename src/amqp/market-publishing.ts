import type { Clock, Timer } from '../clock/clock';
import type { OutgoingEvent } from './broker';
import type { AmqpLog } from './log';
import { REFUSED_PAUSE_MS } from './refused-pause';
import { Ring, type RingLimits } from './ring';
import { Sending, type SendingChannel } from './sending';

/** How much may be on its way at once: enough for a broker that takes 50 ms to write 20,000 in a second. */
const WINDOW = { messages: 1024, bytes: 8 * 1024 * 1024 } as const;
/** So many are sent before clients have their turn again: about a millisecond. What waited for a broker that is back is thousands. */
const SLICE = 64;

export interface MarketPublishingDeps {
  readonly clock: Clock;
  readonly log: AmqpLog;
  /** Runs a task when the turn's input has been read: `setImmediate`. */
  readonly endOfTurn: (task: () => void) => void;
  confirmed(events: readonly OutgoingEvent[]): void;
}

/** Market events: never waited for. What cannot be sent now waits in a ring, and is sent in order when it can. */
export class MarketPublishing {
  /** How many times an event was sent again because the broker could not take it. */
  refused = 0;
  private readonly ring: Ring;
  private readonly sending: Sending;
  private unsendable = 0;
  private flowing = false;
  private pause: Timer | undefined;
  /** The rest follows at the end of the turn. */
  private resting = false;

  constructor(
    exchange: string,
    limits: RingLimits,
    private readonly deps: MarketPublishingDeps,
  ) {
    this.ring = new Ring(limits);
    this.sending = new Sending(exchange, WINDOW, deps, {
      confirmed: (events) => {
        deps.confirmed(events);
        this.pump();
      },
      refused: (events) => this.sendAgain(events),
    });
  }

  get waiting(): number {
    return this.ring.length;
  }

  get dropped(): number {
    return this.ring.dropped + this.unsendable;
  }

  /** Whether nothing waits and all that was sent is confirmed. */
  get idle(): boolean {
    return this.ring.length === 0 && this.sending.unconfirmed === 0;
  }

  publish(event: OutgoingEvent): void {
    this.ring.push(event);
    this.pump();
  }

  open(channel: SendingChannel): void {
    this.sending.open(channel);
    this.pump();
  }

  /** What was not confirmed is sent again on the next channel, before all that waits. */
  lost(): void {
    this.ring.giveBack(this.sending.close());
  }

  /** Whether events may be sent. */
  flow(flowing: boolean): void {
    this.flowing = flowing;
    this.pump();
  }

  stop(): void {
    this.pause?.cancel();
    this.pause = undefined;
  }

  private pump(): void {
    if (!this.flowing || this.pause || this.resting) return;
    let sent = 0;
    for (let event = this.ring.first; event; event = this.ring.first) {
      if (++sent > SLICE) {
        this.rest();
        return;
      }
      const outcome = this.sending.send(event);
      if (outcome === 'later') return;
      if (outcome === 'never') this.unsendable++;
      this.ring.shift();
    }
  }

  private rest(): void {
    this.resting = true;
    this.deps.endOfTurn(() => {
      this.resting = false;
      this.pump();
    });
  }

  private sendAgain(events: readonly OutgoingEvent[]): void {
    this.refused += events.length;
    this.ring.giveBack(events);
    this.pause ??= this.deps.clock.after(REFUSED_PAUSE_MS, () => {
      this.pause = undefined;
      this.pump();
    });
  }
}
