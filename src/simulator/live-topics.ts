import type { Category } from './categories';
import type { Connection } from './connection';
import type { TopicSource } from './public-socket';
import type { ExchangeTime } from './push-schedule';
import type { TopicBoard } from './topic-board';

/** Topics that come from the market model. */
export class LiveTopics implements TopicSource {
  constructor(
    private readonly board: TopicBoard,
    private readonly time: ExchangeTime,
  ) {}

  has(category: Category, topic: string): boolean {
    return this.board.has(category, topic);
  }

  subscribe(connection: Connection, category: Category, topic: string): () => void {
    const channel = this.board.join(connection, category, topic, this.time.now());
    return () => channel?.greet(connection, this.time.now());
  }

  unsubscribe(connection: Connection, category: Category, topic: string): void {
    this.board.leave(connection, category, topic);
  }
}
