import type { Category } from './categories';
import type { Connection } from './connection';
import type { MarketModel } from './market-model';
import { feedOf, marketsOf, parseTopic } from './topic';
import { TopicChannel } from './topic-channel';

/** Every topic that somebody asked for. A topic keeps its update ids while nobody listens, as the exchange does. */
export class TopicBoard {
  private readonly channels = new Map<string, TopicChannel>();
  private readonly listened = new Set<TopicChannel>();
  private readonly refused = new Set<string>();

  constructor(private readonly model: MarketModel) {}

  /** Whether a handler exists: the topic is right, its symbol trades, and no fault refuses it. */
  has(category: Category, topic: string): boolean {
    return !this.isRefused(category, topic) && parseTopic(category, topic, this.model) !== undefined;
  }

  isRefused(category: Category, topic: string): boolean {
    return this.refused.has(key(category, topic));
  }

  /** The topic's channel, made when it is first asked for; undefined when there is no handler. */
  channel(category: Category, topic: string): TopicChannel | undefined {
    const found = this.channels.get(key(category, topic));
    if (found) return found;
    const parsed = parseTopic(category, topic, this.model);
    if (!parsed) return undefined;
    const markets = marketsOf(category, parsed, this.model);
    const channel = new TopicChannel(category, topic, feedOf(category, topic, parsed, markets), markets);
    this.channels.set(key(category, topic), channel);
    return channel;
  }

  join(connection: Connection, category: Category, topic: string, now: number): TopicChannel | undefined {
    const channel = this.channel(category, topic);
    if (!channel) return undefined;
    channel.join(connection, now);
    this.listened.add(channel);
    connection.topics.add(topic);
    return channel;
  }

  leave(connection: Connection, category: Category, topic: string): void {
    connection.topics.delete(topic);
    const channel = this.channels.get(key(category, topic));
    if (!channel) return;
    channel.subscribers.delete(connection);
    if (channel.subscribers.size === 0) this.listened.delete(channel);
  }

  leaveAll(connection: Connection, category: Category): void {
    for (const topic of [...connection.topics]) this.leave(connection, category, topic);
  }

  /** Topics with subscribers. */
  get live(): ReadonlySet<TopicChannel> {
    return this.listened;
  }

  /** Fault: new subscriptions find no handler; those that exist keep flowing. */
  refuse(category: Category, topic: string): void {
    this.refused.add(key(category, topic));
  }

  /** Ends every fault of topics. */
  heal(): void {
    this.refused.clear();
    for (const channel of this.channels.values()) {
      channel.lose = 0;
      channel.repeat = 0;
      channel.stalled = false;
    }
  }
}

function key(category: Category, topic: string): string {
  return `${category} ${topic}`;
}
