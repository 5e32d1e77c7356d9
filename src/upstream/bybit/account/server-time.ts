import type { Clock } from '../../../clock/clock';
import type { FetchJson } from '../../rest';
import { RestError } from '../../rest';

/** Old measurements are of no use once the machine's clock has drifted. */
const FRESH_MS = 10 * 60_000;

/** The exchange's clock, by which signatures are judged. */
export class ServerTime {
  private offset = 0;
  private measuredAt: number | undefined;

  constructor(
    private readonly restUrl: string,
    private readonly fetchJson: FetchJson,
    private readonly clock: Clock,
  ) {}

  /** Milliseconds since 1970, by the exchange's clock as far as it is known. */
  now(): number {
    return Math.round(this.clock.now() + this.offset);
  }

  /** Whether it was measured lately. */
  get fresh(): boolean {
    return this.measuredAt !== undefined && this.clock.monotonic() - this.measuredAt < FRESH_MS;
  }

  /** The next signature needs a new measurement. */
  doubt(): void {
    this.measuredAt = undefined;
  }

  /**
   * Asks the exchange; its answer is taken to be half a round trip old. Returns the time that it told: nothing that it is asked
   * later is older. Rejects with a {@link RestError}.
   */
  async measure(): Promise<number> {
    const sent = this.clock.now();
    const began = this.clock.monotonic();
    const told = timeIn(await this.fetchJson(`${this.restUrl}/v5/market/time`));
    const tripMs = this.clock.monotonic() - began;
    this.offset = told + tripMs / 2 - (sent + tripMs);
    this.measuredAt = this.clock.monotonic();
    return Math.floor(told);
  }
}

/** Of `result.timeNano`, else of the envelope's own `time`. */
function timeIn(answer: unknown): number {
  const { result, time } = (answer ?? {}) as { readonly result?: { readonly timeNano?: unknown }; readonly time?: unknown };
  const nano = Number(result?.timeNano);
  const told = nano > 0 ? nano / 1e6 : Number(time);
  if (!(told > 0)) throw new RestError('the answer names no time');
  return told;
}
