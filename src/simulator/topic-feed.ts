/** What one topic says: frames as text, ready for the wire. One feed serves all subscribers of its topic. */
export interface TopicFeed {
  /** How often the exchange pushes, in milliseconds. */
  readonly periodMs: number;
  /** The topic has its first listener (again): what happened meanwhile is not told. */
  wake(now: number): void;
  /** What a new subscriber gets at once. */
  first(now: number): string[];
  /** What is new since the last call, oldest first; empty when nothing is. */
  next(now: number): string[];
  /** Moves the market so that {@link next} has something to tell. */
  stir(now: number): void;
}

/** A feed that can say its whole state at any time. */
export interface SnapshotFeed extends TopicFeed {
  /** A whole-state frame out of turn: the exchange sends one when it must. */
  unsolicitedSnapshot(now: number): string;
}

/** A feed that numbers its frames. */
export interface RestartableFeed extends TopicFeed {
  /** The service restarted: update id 1 and the whole book, as a snapshot or (seen in the wild) typed delta. */
  restart(now: number, type: 'snapshot' | 'delta'): string;
}

export function canSnapshot(feed: TopicFeed): feed is SnapshotFeed {
  return 'unsolicitedSnapshot' in feed;
}

export function canRestart(feed: TopicFeed): feed is RestartableFeed {
  return 'restart' in feed;
}
