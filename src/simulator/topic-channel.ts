import type { Category } from './categories';
import type { Connection } from './connection';
import type { SymbolMarket } from './symbol-market';
import type { TopicFeed } from './topic-feed';

/** A topic with its subscribers: a frame is made once and goes to all of them. */
export class TopicChannel {
  readonly subscribers = new Set<Connection>();
  /** When the next push is due. */
  due = 0;
  /** Frames published since the start. */
  published = 0;
  /** Fault: this many of the next frames are lost on the way. */
  lose = 0;
  /** Fault: this many of the next frames come twice. */
  repeat = 0;
  /** Fault: the topic stalls. */
  stalled = false;

  constructor(
    readonly category: Category,
    readonly topic: string,
    readonly feed: TopicFeed,
    readonly markets: readonly SymbolMarket[],
  ) {}

  join(connection: Connection, now: number): void {
    if (this.subscribers.size === 0) {
      this.feed.wake(now);
      this.due = now + this.feed.periodMs;
    }
    this.subscribers.add(connection);
  }

  /** What a newcomer gets at once. */
  greet(connection: Connection, now: number): void {
    if (this.stalled) return;
    for (const frame of this.feed.first(now)) connection.sendData(frame, now);
  }

  /** Pushes what is new; returns how many frames that were. */
  publish(now: number): number {
    this.due = now + this.feed.periodMs;
    if (this.stalled) return 0;
    const frames = this.feed.next(now);
    for (const frame of frames) {
      if (this.lose > 0) {
        this.lose--;
        continue;
      }
      this.deliver(frame, now);
      if (this.repeat > 0) {
        this.repeat--;
        this.deliver(frame, now);
      }
    }
    return frames.length;
  }

  /** Any text, to every subscriber. */
  deliver(frame: string, now: number): void {
    this.published++;
    const bytes = Buffer.from(frame);
    for (const connection of this.subscribers) connection.sendData(bytes, now);
  }
}
