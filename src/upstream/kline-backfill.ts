import type { Clock, Timer } from '../clock/clock';
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
/** A fetch that failed is tried again after these, ms: all within the time that live candles wait for it. */
const RETRY_MS = [500, 2_000];
/** Bybit's own rule for an address that it limits. */
const LIMITED_MS = 10 * 60_000;

interface Task {
  readonly stream: KlineStream;
  readonly since: number;
  readonly answered: (frame: RawFrame | undefined) => boolean;
  failures: number;
}

/** Fetches candles that closed while there was no connection. */
export class KlineBackfill {
  /** `filled`, `late`, `failed`, `skipped`: one per stream and reconnect. */
  readonly outcomes = new Counter();
  private waiting: Task[] = [];
  private readonly retries = new Map<Task, Timer>();
  private running = 0;
  private pausedUntil = 0;
  private stopped = false;

  constructor(
    private readonly restUrl: string,
    private readonly fetchJson: FetchJson,
    private readonly clock: Clock,
    private readonly log: UpstreamLog,
  ) {}

  /**
   * `since`: when the oldest candle began that may be missing its close, ms. `answered` hears once, with one frame of closed candles
   * or, when there are none or they cannot be had, with none; it says whether the answer was in time.
   */
  request(stream: KlineStream, since: number, answered: (frame: RawFrame | undefined) => boolean): void {
    if (this.stopped) return;
    const task = { stream, since, answered, failures: 0 };
    if (this.waiting.length >= MAX_WAITING || this.clock.monotonic() < this.pausedUntil) this.skip(task);
    else this.queue(task);
  }

  stop(): void {
    this.stopped = true;
    this.waiting = [];
    for (const timer of this.retries.values()) timer.cancel();
    this.retries.clear();
  }

  private queue(task: Task): void {
    this.waiting.push(task);
    if (this.running < CONCURRENCY) void this.work();
  }

  private async work(): Promise<void> {
    this.running++;
    for (let task = this.waiting.shift(); task; task = this.waiting.shift()) await this.fill(task);
    this.running--;
  }

  private async fill(task: Task): Promise<void> {
    const { stream, since } = task;
    let frame: RawFrame | undefined;
    try {
      frame = await fetchClosedCandles(this.fetchJson, this.restUrl, stream, since);
    } catch (error) {
      if (!this.stopped) this.failed(task, error);
      return;
    }
    if (this.stopped) return;
    this.outcomes.add(task.answered(frame) ? 'filled' : 'late');
  }

  private failed(task: Task, error: unknown): void {
    const limited = error instanceof RestError && error.limited;
    const retryMs = limited ? undefined : RETRY_MS[task.failures++];
    if (retryMs !== undefined) {
      this.retries.set(
        task,
        this.clock.after(retryMs, () => {
          this.retries.delete(task);
          this.queue(task);
        }),
      );
      return;
    }
    const { stream, since } = task;
    const problem = error instanceof Error ? error.message : String(error);
    this.log.warn({ stream: stream.name, since, problem }, 'missed candles could not be fetched');
    this.outcomes.add('failed');
    task.answered(undefined);
    if (limited) this.pause();
  }

  private pause(): void {
    this.pausedUntil = this.clock.monotonic() + LIMITED_MS;
    const given = [...this.waiting, ...this.retries.keys()];
    for (const timer of this.retries.values()) timer.cancel();
    this.retries.clear();
    this.waiting = [];
    for (const task of given) this.skip(task);
  }

  private skip(task: Task): void {
    this.outcomes.add('skipped');
    task.answered(undefined);
  }
}
