import type { Clock, Timer } from '../clock/clock';

/** How long a stream whose symbol is listed no more may be quiet before it counts as ended. */
const QUIET_MS = 60_000;

/**
 * Whether a stream has ended because its symbol was delisted: the exchange's list has it no more and nothing comes any more. Either
 * alone proves nothing: some symbols are quiet for hours, and a list may come incomplete.
 */
export class Delisting {
  private heardAt: number;
  private timer: Timer | undefined;
  private unlisted = false;
  private over_ = false;

  constructor(
    private readonly clock: Clock,
    private readonly ended: () => void,
  ) {
    this.heardAt = clock.monotonic();
  }

  /** Nothing has come for so long that the stream has ended. */
  get over(): boolean {
    return this.over_;
  }

  /** The symbol is not in the exchange's list any more. */
  begin(): void {
    if (this.unlisted) return;
    this.unlisted = true;
    this.arm();
  }

  /** The symbol is listed again, or nobody wants to know any more. */
  stop(): void {
    this.unlisted = this.over_ = false;
    this.timer?.cancel();
  }

  /** Data has come. */
  heard(): void {
    this.heardAt = this.clock.monotonic();
    if (!this.over_) return;
    this.over_ = false;
    this.arm();
  }

  private arm(): void {
    // The timer is not moved by every message; when it fires it looks how long the quiet really lasts.
    this.timer = this.clock.after(Math.max(0, this.heardAt + QUIET_MS - this.clock.monotonic()), () => {
      if (this.clock.monotonic() - this.heardAt < QUIET_MS) {
        this.arm();
        return;
      }
      this.over_ = true;
      this.ended();
    });
  }
}
