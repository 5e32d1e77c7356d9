import type { Message } from '../streams/message';

/** A data frame as parsed from the exchange's JSON; the rest of it is checked by the transform that reads it. */
export interface RawFrame {
  readonly topic: string;
  readonly type?: unknown;
  readonly ts?: unknown;
  readonly cts?: unknown;
  /** Of account frames. */
  readonly creationTime?: unknown;
  readonly data?: unknown;
}

/** A frame, or a part of one, that is not what the exchange documents. */
export class BadFrameError extends Error {
  override readonly name = 'BadFrameError';

  constructor(
    /** A bounded label for metrics: `wrong_shape`, `bad_candle` … */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** What one frame means for one stream. */
export interface Outcome {
  /** In order; empty when the frame changes nothing (a repeat, another symbol's trade). */
  readonly messages: readonly Message[];
  /** Set when the state is lost: ignore the stream until {@link StreamTransform.reset} and a fresh snapshot from the exchange. */
  readonly resync?: string;
  /** Parts that were withheld; the rest of the frame stands. */
  readonly withheld?: readonly BadFrameError[];
}

/** A frame that changes nothing for a stream. */
export const NO_MESSAGES: Outcome = { messages: [] };

/** Turns the frames of one topic into the messages of one stream. Holds the stream's state; knows no sockets and no clock. */
export interface StreamTransform {
  /** `received`: when the frame was read, ms. Throws {@link BadFrameError} for a frame of the wrong shape; state is then unchanged. */
  apply(frame: RawFrame, received: number): Outcome;
  /** The whole state as a `snapshot` message, as of the last applied frame. Undefined for log streams and before the first state. */
  snapshot(): Message | undefined;
  /** The exchange's connection or topic was renewed: what is held is void until the next snapshot from the exchange. */
  reset(): void;
}
