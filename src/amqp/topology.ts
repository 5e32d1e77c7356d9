import type { Channel, ChannelModel } from 'amqplib';
import { EVENT_TYPES, type EventType } from '../streams/event-type';
import { queueOfClass, queueOfService, type BoundQueue } from './queue-names';

/** What the broker answers when it is about this one queue: not allowed, in use by another, or there with other arguments. */
const OF_ONE_QUEUE: ReadonlySet<unknown> = new Set([403, 405, 406]);

export interface TopologyOptions {
  readonly exchange: string;
  readonly queueTtlMs: number;
  readonly queueMaxLength: number;
}

export interface TopologyListener {
  /** All queues that are wanted are there, or some are not any more. */
  complete(complete: boolean): void;
  /** A queue is there, but not as it should be. @param reason undefined when it is again */
  otherwise(queue: string, reason: string | undefined): void;
  /** The connection is of no use: what concerns all queues has failed. */
  failed(model: ChannelModel, reason: string): void;
}

/** The exchange, the queues, and what binds them: declared, and looked after. */
export class Topology {
  private model: ChannelModel | undefined;
  private readonly wanted = new Map<string, BoundQueue>();
  /** To be declared before anything is sent, so that no event passes a queue that it belongs in. */
  private readonly missing = new Set<string>();
  private declaring = false;

  constructor(
    private readonly options: TopologyOptions,
    private readonly listener: TopologyListener,
  ) {
    for (const eventType of EVENT_TYPES) this.add(queueOfClass(options.exchange, eventType));
  }

  get queues(): readonly string[] {
    return [...this.wanted.keys()];
  }

  /** @returns names of queues that are not wanted any more; they stay where they are */
  want(services: ReadonlyMap<string, ReadonlySet<EventType>>): string[] {
    const { exchange } = this.options;
    const classes = EVENT_TYPES.map((eventType) => queueOfClass(exchange, eventType));
    const ofServices = [...services].flatMap(([service, types]) =>
      [...types].map((type) => queueOfService(exchange, service, type)),
    );
    const now = new Set([...classes, ...ofServices].map(({ queue }) => queue));
    const gone = [...this.wanted.keys()].filter((queue) => !now.has(queue));
    for (const queue of gone) {
      this.wanted.delete(queue);
      this.missing.delete(queue);
    }
    for (const one of ofServices) if (!this.wanted.has(one.queue)) this.add(one);
    this.catchUp();
    return gone;
  }

  /** Declares everything on a new connection. Rejects when that is of no use. */
  async open(model: ChannelModel): Promise<void> {
    this.missing.clear();
    for (const queue of this.wanted.keys()) this.missing.add(queue);
    this.listener.complete(false);
    this.declaring = true;
    try {
      await this.declareMissing(model);
      this.model = model;
    } finally {
      this.declaring = false;
    }
    this.catchUp();
  }

  lost(): void {
    this.model = undefined;
  }

  /** Somebody has deleted it. */
  gone(queue: string): void {
    if (this.wanted.has(queue)) this.missing.add(queue);
    this.catchUp();
  }

  /** Looks at all of them again, and binds what somebody has unbound. */
  lookAgain(): void {
    const { model } = this;
    if (!model || this.declaring) return;
    this.run(model, () => this.declare(model, [...this.wanted.values()]));
  }

  private add(one: BoundQueue): void {
    this.wanted.set(one.queue, one);
    this.missing.add(one.queue);
  }

  private catchUp(): void {
    const { model } = this;
    this.listener.complete(this.missing.size === 0);
    if (!model || this.declaring || this.missing.size === 0) return;
    this.run(model, () => this.declareMissing(model));
  }

  private run(model: ChannelModel, task: () => Promise<void>): void {
    this.declaring = true;
    task().then(
      () => {
        this.declaring = false;
        this.catchUp();
      },
      (error: unknown) => {
        this.declaring = false;
        this.listener.failed(model, error instanceof Error ? error.message : String(error));
      },
    );
  }

  private async declareMissing(model: ChannelModel): Promise<void> {
    while (this.missing.size > 0) {
      const names = [...this.missing];
      await this.declare(
        model,
        names.flatMap((name) => this.wanted.get(name) ?? []),
      );
      for (const name of names) this.missing.delete(name);
    }
  }

  private async declare(model: ChannelModel, queues: readonly BoundQueue[]): Promise<void> {
    const { exchange, queueTtlMs, queueMaxLength } = this.options;
    let channel = await openChannel(model);
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const declared = { durable: true, messageTtl: queueTtlMs, maxLength: queueMaxLength, overflow: 'drop-head' };
    for (const { queue, key } of queues) {
      let reason: string | undefined;
      // Each refusal costs the channel, and nothing else.
      const attempt = async (what: (on: Channel) => Promise<unknown>) => {
        try {
          await what(channel);
        } catch (error) {
          if (!isOfOneQueue(error)) throw error;
          reason ??= error.message;
          channel = await openChannel(model);
        }
      };
      await attempt((on) => on.assertQueue(queue, declared));
      // It takes events also where its arguments differ.
      await attempt((on) => on.bindQueue(queue, exchange, key));
      if (this.wanted.has(queue)) this.listener.otherwise(queue, reason);
    }
    await channel.close();
  }
}

async function openChannel(model: ChannelModel): Promise<Channel> {
  const channel = await model.createChannel();
  // Whoever asked hears of it; an 'error' that nobody hears would end the process.
  channel.on('error', () => undefined);
  return channel;
}

function isOfOneQueue(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && OF_ONE_QUEUE.has(error.code);
}
