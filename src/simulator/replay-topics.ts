import type { Clock, Timer } from '../clock/clock';
import type { Category } from './categories';
import type { Connection } from './connection';
import type { AccountFrames } from './private-socket';
import type { TopicSource } from './public-socket';
import type { ExchangeTime } from './push-schedule';
import type { Recording, RecordedFrame } from './recording';

/** Plays a recording to each subscription from its start, keeping the recorded pauses divided by the speed. */
export class ReplayTopics implements TopicSource, AccountFrames {
  private readonly playing = new Map<Connection, Map<string, Timer | undefined>>();

  constructor(
    private readonly recording: Recording,
    private readonly speed: number,
    private readonly faults: { isRefused(category: Category, topic: string): boolean },
    private readonly clock: Clock,
    private readonly time: ExchangeTime,
  ) {}

  has(category: Category, topic: string): boolean {
    return this.recording.of(category, topic) !== undefined && !this.faults.isRefused(category, topic);
  }

  subscribe(connection: Connection, _category: Category, topic: string): () => void {
    connection.topics.add(topic);
    return () => this.join(connection, topic);
  }

  unsubscribe(connection: Connection, _category: Category, topic: string): void {
    connection.topics.delete(topic);
    this.leave(connection, topic);
  }

  join(connection: Connection, topic: string): void {
    const frames = this.recording.of(connection.endpoint, topic);
    if (frames) this.play(connection, topic, frames, 0, 0);
  }

  leave(connection: Connection, topic: string): void {
    const topics = this.playing.get(connection);
    topics?.get(topic)?.cancel();
    topics?.delete(topic);
  }

  leaveAll(connection: Connection): void {
    for (const timer of this.playing.get(connection)?.values() ?? []) timer?.cancel();
    this.playing.delete(connection);
  }

  /** Sends what is due `at` milliseconds into the recording, then waits for the next frame. */
  private play(connection: Connection, topic: string, frames: readonly RecordedFrame[], from: number, at: number): void {
    let next = from;
    for (let frame = frames[next]; frame && frame.offset <= at; frame = frames[++next])
      connection.sendData(frame.text, this.time.now());
    const waiting = frames[next];
    if (!waiting) {
      this.leave(connection, topic);
      return;
    }
    const timer = this.clock.after((waiting.offset - at) / this.speed, () =>
      this.play(connection, topic, frames, next, waiting.offset),
    );
    const topics = this.playing.get(connection) ?? new Map<string, Timer | undefined>();
    this.playing.set(connection, topics.set(topic, timer));
  }
}
