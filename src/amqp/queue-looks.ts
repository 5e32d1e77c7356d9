import type { Channel, ChannelModel } from 'amqplib';

const NOT_FOUND = 404;

export interface QueueLook {
  readonly messages: number;
  readonly consumers: number;
}

export interface QueueLooksListener {
  looked(queue: string, look: QueueLook): void;
  /** It is not there. */
  gone(queue: string): void;
}

/** Looks at queues without changing them, on a channel of its own: a look at one that is not there costs the channel. */
export class QueueLooks {
  private looking = false;
  private channel: Channel | undefined;

  constructor(private readonly listener: QueueLooksListener) {}

  lost(): void {
    this.channel = undefined;
  }

  /** One look at a time: a broker that is blocked answers when it is not any more. Resolves also when the connection has ended. */
  async look(model: ChannelModel, queues: readonly string[]): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      for (const queue of queues) await this.lookAt(model, queue);
    } catch {
      // Without a connection there is nothing to see, and who holds it hears of its end.
      this.channel = undefined;
    } finally {
      this.looking = false;
    }
  }

  private async lookAt(model: ChannelModel, queue: string): Promise<void> {
    this.channel ??= await this.open(model);
    try {
      const { messageCount, consumerCount } = await this.channel.checkQueue(queue);
      this.listener.looked(queue, { messages: messageCount, consumers: consumerCount });
    } catch (error) {
      this.channel = undefined;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === NOT_FOUND) this.listener.gone(queue);
      // Any other code is about this queue as well, such as one that another connection has for itself.
      else if (code === undefined) throw error;
    }
  }

  private async open(model: ChannelModel): Promise<Channel> {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }
}
