import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { QueryResult } from 'kysely';
import type { Clock } from '../../clock/clock';
import type { Answer, Failure, Request, ThreadData } from './messages';

const FILE = join(__dirname, 'thread-program.mjs');
/** The first start makes the database, which takes seconds; on a busy machine many. */
const OPEN_MS = 120_000;
/** Nothing asked for here takes as long, even where migrations are run. It cannot be interrupted otherwise. */
const ANSWER_MS = 15_000;
const CLOSE_MS = 3000;

/** A failure in the thread, as the database told it. */
class ThreadFailure extends Error {
  override readonly name = 'ThreadFailure';
  readonly code: string;

  constructor({ message, code }: Failure) {
    super(message);
    this.code = code;
  }
}

interface Asked {
  answered(answer: Exclude<Answer, string>): void;
  failed(error: Error): void;
}

/** The embedded database in a thread of its own. It must not be used further when it ended or did not answer in time. */
export class DatabaseThread {
  private readonly worker: Worker;
  private readonly asked = new Map<number, Asked>();
  private readonly gone: Promise<void>;
  private hearStart: (answer: Answer | Error) => void = () => undefined;
  private ids = 0;
  private end: Error | undefined;
  private killed: Promise<unknown> | undefined;

  private constructor(
    directory: string,
    private readonly clock: Clock,
    private readonly doubt: () => void,
  ) {
    const workerData: ThreadData = { directory };
    this.worker = new Worker(FILE, { workerData, name: 'database' });
    this.worker.on('message', (answer: Answer) => this.hear(answer));
    this.worker.on('error', (error: Error) => this.fail(error));
    this.gone = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.fail(new Error('the connection was lost: the thread of the database has ended'));
        resolve();
        this.doubt();
      });
    });
  }

  /**
   * Resolves when the database is open; what is not there is made. Rejects when that fails, or with `signal`.
   * @param doubt it has ended, wanted or not
   */
  static async start(directory: string, clock: Clock, doubt: () => void, signal: AbortSignal): Promise<DatabaseThread> {
    const thread = new DatabaseThread(directory, clock, doubt);
    const started = new Promise<Answer | Error>((resolve) => (thread.hearStart = resolve));
    const timer = clock.after(OPEN_MS, () => thread.fail(new Error('timeout: the database was not opened')));
    const stop = () => thread.fail(new Error('not wanted any more'));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const answer = await started;
    signal.removeEventListener('abort', stop);
    timer.cancel();
    if (answer === 'open') return thread;
    await thread.kill();
    if (answer === 'made') return DatabaseThread.start(directory, clock, doubt, signal);
    throw answer instanceof Error ? answer : new Error('unexpected answer');
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> {
    if (this.end) return Promise.reject(this.end);
    const id = ++this.ids;
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(ANSWER_MS, () => this.fail(new Error('timeout: the database did not answer')));
      this.asked.set(id, {
        answered: (answer) => {
          timer.cancel();
          if ('rows' in answer) resolve({ rows: answer.rows as Row[], numAffectedRows: BigInt(answer.affected) });
          else if ('failure' in answer) reject(new ThreadFailure(answer.failure));
        },
        failed: (error) => {
          timer.cancel();
          reject(error);
        },
      });
      this.worker.postMessage({ id, sql, parameters } satisfies Request);
    });
  }

  /** Resolves when everything is on disk and the thread has ended. */
  async close(): Promise<void> {
    const timer = this.clock.after(CLOSE_MS, () => void this.kill());
    if (!this.end) this.worker.postMessage('close' satisfies Request);
    await this.gone;
    timer.cancel();
  }

  /** Ends it where it stands, as a crash would: the database repairs itself when it is opened again. */
  async kill(): Promise<void> {
    this.fail(new Error('the connection was ended'));
    this.killed ??= this.worker.terminate();
    await this.killed;
    await this.gone;
  }

  private hear(answer: Answer): void {
    if (answer === 'closed') return;
    if (answer === 'open' || answer === 'made') this.hearStart(answer);
    else if ('refused' in answer) this.hearStart(new ThreadFailure(answer.refused));
    else {
      const asked = this.asked.get(answer.id);
      this.asked.delete(answer.id);
      asked?.answered(answer);
    }
  }

  private fail(error: Error): void {
    this.end ??= error;
    this.hearStart(error);
    for (const asked of this.asked.values()) asked.failed(error);
    this.asked.clear();
  }
}
