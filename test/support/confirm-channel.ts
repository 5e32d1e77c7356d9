import { IllegalOperationError, type Options } from 'amqplib';
import type { SendingChannel } from '../../src/amqp/sending';

type Hear = (confirm: { deliveryTag: number; multiple: boolean }) => void;

/** A confirm channel that keeps what is published, and answers when the test says so. */
export class ModelConfirmChannel implements SendingChannel {
  readonly published: { routingKey: string; body: string; options: Options.Publish }[] = [];
  closed = false;
  private readonly hearers: Record<'ack' | 'nack', Hear[]> = { ack: [], nack: [] };

  get ids(): unknown[] {
    return this.published.map(({ options }) => options.messageId);
  }

  publish(_exchange: string, routingKey: string, content: Buffer, options: Options.Publish): void {
    if (this.closed) throw new IllegalOperationError('Channel closed');
    if (routingKey.length > 255) throw new TypeError("Field 'routingKey' is the wrong type; must be a string (up to 255 chars)");
    this.published.push({ routingKey, body: content.toString(), options });
  }

  on(event: 'ack' | 'nack', hear: Hear): void {
    this.hearers[event].push(hear);
  }

  /** @param deliveryTag 1 for the first that was published here */
  answer(event: 'ack' | 'nack', deliveryTag: number, multiple = false): void {
    for (const hear of this.hearers[event]) hear({ deliveryTag, multiple });
  }
}
