import { IllegalOperationError, type Options } from 'amqplib';
import type { Clock } from '../clock/clock';
import type { OutgoingEvent } from './broker';
import { ConfirmWindow, type WindowLimits } from './confirm-window';
import type { AmqpLog } from './log';
import { messageOptions } from './message';
import { bytesOf } from './ring';

/** The broker's answer to a message, or to all up to it. */
interface Confirm {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/** As much of a confirm channel as sending needs. */
export interface SendingChannel {
  publish(exchange: string, routingKey: string, content: Buffer, options: Options.Publish): unknown;
  on(event: 'ack' | 'nack', listener: (confirm: Confirm) => void): unknown;
}

export interface SendingListener {
  /** The broker has them in its queues. In the order they were sent. */
  confirmed(events: readonly OutgoingEvent[]): void;
  /** The broker could not take them. */
  refused(events: readonly OutgoingEvent[]): void;
}

/** `later`: there is no channel, or too much of it is unconfirmed. `never`: such an event cannot be sent at all. */
export type SendOutcome = 'sent' | 'later' | 'never';

/** One confirm channel at a time, with many events on their way. */
export class Sending {
  private readonly window: ConfirmWindow<OutgoingEvent>;
  private channel: SendingChannel | undefined;

  constructor(
    private readonly exchange: string,
    limits: WindowLimits,
    private readonly deps: { readonly clock: Pick<Clock, 'now'>; readonly log: AmqpLog },
    private readonly listener: SendingListener,
  ) {
    this.window = new ConfirmWindow(limits, bytesOf);
  }

  /** How many are sent and not confirmed. */
  get unconfirmed(): number {
    return this.window.size;
  }

  /** @param channel has sent nothing yet */
  open(channel: SendingChannel): void {
    this.channel = channel;
    // The channel's own events: one for many messages, where callbacks would be one for each.
    channel.on('ack', ({ deliveryTag, multiple }) => {
      if (this.channel === channel) this.listener.confirmed(this.window.settle(deliveryTag, multiple));
    });
    channel.on('nack', ({ deliveryTag, multiple }) => {
      if (this.channel === channel) this.listener.refused(this.window.settle(deliveryTag, multiple));
    });
  }

  /** The channel is gone. @returns what has not been confirmed, in the order it was sent: each may have arrived */
  close(): OutgoingEvent[] {
    this.channel = undefined;
    return this.window.clear();
  }

  send(event: OutgoingEvent): SendOutcome {
    const { channel } = this;
    if (!channel || this.window.full) return 'later';
    try {
      channel.publish(this.exchange, event.routingKey, event.body, messageOptions(event, this.deps.clock.now()));
    } catch (error) {
      // The channel has ended and its 'close' event is on its way.
      if (error instanceof IllegalOperationError) return 'later';
      this.deps.log.error({ err: error, messageId: event.messageId }, 'an event cannot be written as a message');
      return 'never';
    }
    this.window.add(event);
    return 'sent';
  }
}
