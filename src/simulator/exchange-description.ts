import type { Connection } from './connection';
import type { TopicChannel } from './topic-channel';

/** Sockets and topics as they are now, for people to read. */
export function describeExchange(time: number, connections: Iterable<Connection>, topics: Iterable<TopicChannel>): object {
  return {
    time,
    connections: [...connections].map((one) => ({
      connId: one.connId,
      endpoint: one.endpoint,
      openedAt: one.openedAt,
      framesSent: one.framesSent,
      topics: [...one.topics],
    })),
    topics: [...topics].map(({ category, topic, published, subscribers }) => ({
      category,
      topic,
      published,
      subscribers: subscribers.size,
    })),
  };
}
