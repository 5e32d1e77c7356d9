import type { Clock } from '../clock/clock';
import { Counter } from '../meters/counter';
import type { RawFrame } from '../transform/transform';
import { fetchClosedCandles } from './bybit/klines';
import type { KlineStream } from './bybit/klines';
import type { UpstreamLog } from './log';
import { RestError } from './rest';
import type { FetchJson } from './rest';

const CONCURRENCY = 4;
/** A reconnect of more candle streams than this leaves the rest with the candles that come live. */
const MAX_WAITING = 1_000;
/** Bybit's own rule for an address that it limits. */
const LIMITED_MS = 10 * 60_000;

interface Task {
  readonly stream: KlineStream;
  readonly since: number;
  readonly deliver: (frame: RawFrame) => void;
}

/** Fetches candles that closed while there was no connection. Never waited for: live data goes on meanwhile. */
export class KlineBackfill {
  /** `filled`, `failed`, `skipped`: one per stream and reconnect. */
  readonly outcomes = new Counter();
  private readonly waiting: Task[] = [];
  private running = 0;
  private pausedUntil = 0;
  private stopped = false;

  constructor(
    private readonly restUrl: string,
    private readonly fetchJson: FetchJson,
    private readonly clock: Clock,
    private readonly log: UpstreamLog,
  ) {}

  /** `since`: when the oldest candle began that may be missing its close, ms. `deliver` gets one frame of closed candles, or none. */
  request(stream: KlineStream, since: number, deliver: (frame: RawFrame) => void): void {
    if (this.stopped || this.waiting.length >= MAX_WAITING || this.clock.now() < this.pausedUntil) {
      this.outcomes.add('skipped');
      return;
    }
    this.waiting.push({ stream, since, deliver });
    if (this.running < CONCURRENCY) void this.work();
  }

  stop(): void {
    this.stopped = true;
    this.waiting.length = 0;
  }

  private async work(): Promise<void> {
    this.running++;
    for (let task = this.waiting.shift(); task; task = this.waiting.shift()) await this.fill(task);
    this.running--;
  }

  private async fill({ stream, since, deliver }: Task): Promise<void> {
    let frame: RawFrame | undefined;
    try {
      frame = await fetchClosedCandles(this.fetchJson, this.restUrl, stream, since);
    } catch (error) {
      this.outcomes.add('failed');
      if (error instanceof RestError && error.limited) {
        this.pausedUntil = this.clock.now() + LIMITED_MS;
        this.outcomes.add('skipped', this.waiting.length);
        this.waiting.length = 0;
      }
      const problem = error instanceof Error ? error.message : String(error);
      this.log.warn({ stream: stream.name, since, problem }, 'missed candles could not be fetched');
      return;
    }
    if (this.stopped) return;
    this.outcomes.add('filled');
    if (frame) deliver(frame);
  }
}
