import type { Clock, Timer } from '../clock/clock';
import type { RawFrame } from '../transform/transform';

/** How long a live candle may wait for those that closed before it. */
const HOLD_MS = 5_000;
/** Live candles come once a second at most; more of them than this wait for nothing. */
const MAX_HELD = 100;

interface Held {
  readonly frame: RawFrame;
  readonly received: number;
  readonly text: string;
}

/** Asks for missed candles; `answered` hears once what came of it and says whether it was still wanted. */
export type FetchMissed = (answered: (missed: RawFrame | undefined) => boolean) => void;

/**
 * Keeps the live candles of one stream back until those that closed while there was no connection have been fetched: candles are
 * sent in order, and one that is overtaken by a newer close would never be sent.
 */
export class CandleHold {
  private fetches = 0;
  private holding = false;
  private held: Held[] = [];
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly take: (frame: RawFrame, received: number, text: string) => void,
  ) {}

  /** A new connection. */
  begin(fetch: FetchMissed): void {
    this.drop();
    this.holding = true;
    const mine = ++this.fetches;
    fetch((missed) => {
      if (!this.holding || mine !== this.fetches) return false;
      if (missed) this.take(missed, this.clock.now(), 'from REST');
      this.release();
      return true;
    });
  }

  /** Whether the frame is kept for later. */
  keeps(frame: RawFrame, received: number, text: string): boolean {
    if (!this.holding) return false;
    if (this.held.length === 0) this.timer = this.clock.after(HOLD_MS, () => this.release());
    this.held.push({ frame, received, text });
    if (this.held.length >= MAX_HELD) this.release();
    return true;
  }

  /** The connection is gone, or nobody listens any more: what is held will be fetched, or is not wanted. */
  drop(): void {
    this.holding = false;
    this.timer?.cancel();
    this.held = [];
  }

  private release(): void {
    const { held } = this;
    this.drop();
    for (const { frame, received, text } of held) this.take(frame, received, text);
  }
}
