import { once } from 'node:events';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { type Clock, systemClock, type Timer } from '../../src/clock/clock';
import type { OutgoingEvent } from '../../src/amqp/broker';
import { RabbitBroker, type RabbitOptions } from '../../src/amqp/rabbit-broker';
import { KeptLog } from './amqp-log';
import { eventually } from './eventually';

/** The machine's clock, but what is done again and again is done when the test lets time pass. */
class SteppedClock implements Clock {
  private passed = 0;
  private readonly tasks = new Set<() => void>();

  now(): number {
    return systemClock.now() + this.passed;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.passed;
  }

  after(ms: number, task: () => void): Timer {
    return systemClock.after(ms, task);
  }

  every(_ms: number, task: () => void): Timer {
    this.tasks.add(task);
    return { cancel: () => void this.tasks.delete(task) };
  }

  /** Time goes on, and nothing is done in it. */
  pass(ms: number): void {
    this.passed += ms;
  }

  /** Time for what is done again and again: once. */
  step(ms: number): void {
    this.pass(ms);
    for (const task of this.tasks) task();
  }
}

/** A broker of ours with all that a test looks at. */
export class BrokerSide {
  readonly clock = new SteppedClock();
  readonly log = new KeptLog();
  readonly confirmed: OutgoingEvent[] = [];
  /** Of all that was confirmed; one that was sent again is here once. */
  readonly ids = new Set<string>();
  readonly broker: RabbitBroker;
  private hear: () => void = () => undefined;

  constructor(options: Pick<RabbitOptions, 'url' | 'exchange'> & Partial<RabbitOptions>) {
    this.broker = new RabbitBroker(
      { queueTtlMs: 86_400_000, queueMaxLength: 100_000, ...options },
      { clock: this.clock, random: Math.random, log: this.log, confirmed: (event) => this.confirm(event) },
    );
  }

  private confirm(event: OutgoingEvent): void {
    this.confirmed.push(event);
    this.ids.add(event.messageId);
    this.hear();
  }

  /** Resolves when so many are confirmed; one that was sent again counts again. */
  untilConfirmed(count: number): Promise<void> {
    return this.untilHeard(() => this.confirmed.length >= count);
  }

  /** Resolves when so many different ones are confirmed. */
  untilDifferent(count: number): Promise<void> {
    return this.untilHeard(() => this.ids.size >= count);
  }

  private async untilHeard(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.hear = resolve));
  }

  /** Resolves when the broker is (not) available. */
  async until(available: boolean): Promise<void> {
    if (this.broker.report().available === available) return;
    await new Promise<void>((resolve) => {
      this.broker.onAvailable((is) => {
        if (is === available) resolve();
      });
    });
  }

  /** Looks at all queues until what is seen of one is so. */
  async untilQueue(queue: string, holds: (report: ReturnType<BrokerSide['queue']>) => boolean): Promise<void> {
    this.clock.step(5000);
    await eventually(() => holds(this.queue(queue)));
  }

  queue(queue: string) {
    return this.broker.report().queues.find((one) => one.queue === queue);
  }
}

/** What stands in a queue. */
export interface ReadMessage {
  readonly id: string;
  readonly routingKey: string;
  readonly properties: Readonly<Record<'deliveryMode' | 'contentType' | 'headers' | 'timestamp', unknown>>;
  readonly body: string;
}

/** A consumer, and an operator, as others would write them. */
export class RabbitUser {
  private constructor(
    private readonly model: ChannelModel,
    readonly channel: Channel,
  ) {}

  static async connect(url: string): Promise<RabbitUser> {
    const model = await connect(url);
    // Tests kill the server.
    model.on('error', () => undefined);
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    return new RabbitUser(model, channel);
  }

  /** Takes all out of a queue that is there now. */
  async read(queue: string): Promise<ReadMessage[]> {
    const messages: ReadMessage[] = [];
    for (let got = await this.channel.get(queue, { noAck: true }); got; got = await this.channel.get(queue, { noAck: true })) {
      const { properties, fields, content } = got;
      messages.push({ id: String(properties.messageId), routingKey: fields.routingKey, properties, body: content.toString() });
    }
    return messages;
  }

  /** @returns undefined where there is none, or it has other arguments */
  async declares(queue: string, options: Options.AssertQueue): Promise<boolean> {
    const channel = await this.model.createChannel();
    const closed = once(channel, 'error').then(() => false);
    const declared = channel.assertQueue(queue, options).then(
      () => true,
      () => closed,
    );
    if (!(await declared)) return false;
    await channel.close();
    return true;
  }

  async close(): Promise<void> {
    await this.model.close().catch(() => undefined);
  }
}
