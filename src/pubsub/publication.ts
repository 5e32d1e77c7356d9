import type { Kind, Market } from '../streams/stream';
import type { MessageType } from '../streams/message';

/** A place in a stream. `seq` counts 1, 2, 3 … within an epoch; 0 means before the first message. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * One numbered step of a stream, encoded once: what travels from the publisher to every listener, on this process or on
 * another. A `gap` stands in a log stream (trade, liquidation) where entries were lost before they reached us: it takes a
 * number of its own, so that whoever resumes across it is told in the right place.
 */
export interface Publication extends Position {
  /** The stream's name without the brand. */
  readonly stream: string;
  readonly market: Market;
  readonly kind: Kind;
  readonly type: MessageType | 'gap';
  /** A closed candle: never conflated away. */
  readonly closed: boolean;
  /** When the frame it was made from was read from the exchange, ms; 0 when it was held back on purpose: its age is no latency. */
  readonly received: number;
  /** The native protocol's JSON text, UTF-8. */
  readonly body: Buffer;
}

/** What a listener needs to stand at the newest place of a stream. */
export interface Recovery extends Position {
  /**
   * To be delivered first, in order. Without a `since`: the newest snapshot of a state stream, if there is one yet. With a
   * `since` that history reaches back to: exactly what was missed.
   */
  readonly publications: readonly Publication[];
  /** Whether `since` was honoured to the letter; false without a `since`. */
  readonly recovered: boolean;
}
