import type { Clock, Timer } from '../clock/clock';
import { BrokerUnavailable, type OutgoingEvent } from './broker';
import type { AmqpLog } from './log';
import { REFUSED_PAUSE_MS } from './refused-pause';
import { Sending, type SendingChannel } from './sending';

const WINDOW = { messages: 512, bytes: 8 * 1024 * 1024 } as const;

/** Events that somebody waits for, and how far they are. */
interface Delivery {
  readonly events: readonly OutgoingEvent[];
  /** How many of them are sent. */
  sent: number;
  /** The first that the broker could not take. From there on all are sent again, in order; some of them have then come before it. */
  refusedAt: number | undefined;
  resolve(): void;
  reject(error: BrokerUnavailable): void;
}

export interface AccountDeliveryDeps {
  readonly clock: Clock;
  readonly log: AmqpLog;
  confirmed(events: readonly OutgoingEvent[]): void;
}

/** Account events: one delivery after the other, each in order and waited for until all of it is confirmed. */
export class AccountDelivery {
  refused = 0;
  /** Events that could not be written as messages. */
  unsendable = 0;
  private readonly sending: Sending;
  /** The first one is on its way. */
  private readonly deliveries: Delivery[] = [];
  private flowing = false;
  private pause: Timer | undefined;

  constructor(
    exchange: string,
    private readonly deps: AccountDeliveryDeps,
  ) {
    this.sending = new Sending(exchange, WINDOW, deps, {
      confirmed: (events) => {
        deps.confirmed(events);
        this.pump();
      },
      refused: (events) => this.sendAgain(events),
    });
  }

  get idle(): boolean {
    return this.deliveries.length === 0;
  }

  deliver(events: readonly OutgoingEvent[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.deliveries.push({ events, sent: 0, refusedAt: undefined, resolve, reject });
      this.pump();
    });
  }

  open(channel: SendingChannel): void {
    this.sending.open(channel);
  }

  /** Rejects all that is not confirmed. */
  lost(reason: string): void {
    this.pause?.cancel();
    this.pause = undefined;
    this.sending.close();
    for (const delivery of this.deliveries.splice(0)) delivery.reject(new BrokerUnavailable(reason));
  }

  flow(flowing: boolean): void {
    this.flowing = flowing;
    this.pump();
  }

  private pump(): void {
    for (let delivery = this.deliveries[0]; delivery; delivery = this.deliveries[0]) {
      this.send(delivery);
      if (this.sending.unconfirmed > 0) return;
      if (delivery.refusedAt !== undefined) {
        this.retry(delivery, delivery.refusedAt);
        return;
      }
      if (delivery.sent < delivery.events.length) return;
      this.deliveries.shift();
      delivery.resolve();
    }
  }

  private send(delivery: Delivery): void {
    while (this.flowing && !this.pause && delivery.refusedAt === undefined) {
      const event = delivery.events[delivery.sent];
      if (!event) return;
      const outcome = this.sending.send(event);
      if (outcome === 'later') return;
      if (outcome === 'never') this.unsendable++;
      delivery.sent++;
    }
  }

  private sendAgain(events: readonly OutgoingEvent[]): void {
    this.refused += events.length;
    const delivery = this.deliveries[0];
    const [first] = events;
    if (delivery && first) delivery.refusedAt = Math.min(delivery.refusedAt ?? Infinity, delivery.events.indexOf(first));
    this.pump();
  }

  private retry(delivery: Delivery, from: number): void {
    this.pause ??= this.deps.clock.after(REFUSED_PAUSE_MS, () => {
      this.pause = undefined;
      delivery.sent = from;
      delivery.refusedAt = undefined;
      this.pump();
    });
  }
}
