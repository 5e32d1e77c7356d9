import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock/clock';
import { Calls, NoAnswer, type Handlers } from './calls';
import { onSilence } from './silence';

/** A process that was forked. */
export interface Forked {
  readonly pid: number;
  /** Carries what is published. */
  readonly socket: Duplex;
  send(message: object): void;
  onMessage(hear: (message: unknown) => void): void;
  /** @param ended `why` is its exit code or the signal's name */
  onExit(ended: (why: string) => void): void;
  /** Asks it to end, however far it has begun. */
  end(): void;
  /** Ends it, even when it is frozen. */
  kill(): void;
}

export interface CrewDeps {
  /** Throws when the machine has no process to give. */
  readonly fork: (number: number) => Forked;
  /** Serves a worker what is published. */
  readonly serve: (socket: Duplex) => void;
  /** What workers may ask of this process, beside what concerns their start. */
  readonly handlers: Handlers;
  /** A worker takes clients. */
  readonly ready?: (calls: Calls) => void;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** What a worker answered, or nothing when it was silent. */
export interface Answers<Answer> {
  readonly answers: readonly Answer[];
  /** Numbers of the workers that did not answer in time. */
  readonly silent: readonly number[];
}

interface Worker {
  readonly number: number;
  readonly process: Forked;
  readonly calls: Calls;
  readonly startedAt: number;
  ready: boolean;
}

/** How a worker ended, or why it did not begin. */
interface Death {
  readonly why: string;
  readonly workerPid?: number;
  /** It had lived for long enough. */
  readonly settled: boolean;
}

/** A worker that lived for so long did not end because it cannot start. */
const SETTLED_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

/** The workers, by number from 1. One that ends is replaced: at once when it had lived for a while, ever later when it keeps ending. */
export class Crew {
  private readonly workers = new Map<number, Worker>();
  private readonly replacements = new Map<number, Timer>();
  private readonly failures = new Map<number, number>();
  private stopping = false;

  /** Workers that were killed because they did not answer. */
  silenced = 0;

  private started:
    | { readonly waiting: Set<number>; readonly resolve: (port: number) => void; readonly reject: (error: Error) => void }
    | undefined;
  private emptied: (() => void) | undefined;

  constructor(
    private readonly size: number,
    private readonly deps: CrewDeps,
  ) {}

  /** Resolves with the port when all workers take clients. Rejects when one of them could not begin; none runs then. */
  async start(): Promise<number> {
    try {
      return await new Promise<number>((resolve, reject) => {
        const numbers = Array.from({ length: this.size }, (_, i) => i + 1);
        this.started = { waiting: new Set(numbers), resolve, reject };
        for (const number of numbers) this.begin(number);
      });
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  get running(): number {
    return this.workers.size;
  }

  /** What each worker answers; those that do not within the time are named. */
  async askAll<Answer>(what: string, withinMs: number): Promise<Answers<Answer>> {
    const silent: number[] = [];
    const answers: Answer[] = [];
    await Promise.all(
      [...this.workers.values()].map(async ({ number, calls }) => {
        try {
          const answer = await calls.ask<Answer | undefined>(what, null, withinMs);
          // One that is still beginning has nothing to tell.
          if (answer === undefined) silent.push(number);
          else answers.push(answer);
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          silent.push(number);
        }
      }),
    );
    return { answers, silent: silent.sort((a, b) => a - b) };
  }

  /** Says something to every worker. */
  tellAll(what: string, argument?: unknown): void {
    for (const { calls } of this.workers.values()) calls.tell(what, argument);
  }

  /** Resolves when all workers have ended; those that have not after `withinMs` are killed. */
  async stop(withinMs: number): Promise<void> {
    this.stopping = true;
    for (const timer of this.replacements.values()) timer.cancel();
    if (this.workers.size === 0) return;
    const ended = new Promise<void>((resolve) => (this.emptied = resolve));
    for (const { ready, calls, process } of this.workers.values()) {
      if (ready) calls.tell('stop');
      // Node drops what is told to a process that does not listen yet.
      else process.end();
    }
    const late = this.deps.clock.after(withinMs, () => {
      for (const { number, process } of this.workers.values()) {
        this.deps.log.warn({ worker: number }, 'a worker does not end and is killed');
        process.kill();
      }
    });
    await ended;
    late.cancel();
  }

  private begin(number: number): void {
    let forked: Forked;
    try {
      forked = this.deps.fork(number);
    } catch (error) {
      this.died(number, { why: error instanceof Error ? error.message : String(error), settled: false });
      return;
    }
    const calls = new Calls(this.deps.clock, (message) => forked.send(message), {
      ...this.deps.handlers,
      ready: (port: number) => this.isReady(worker, port),
      failed: (message: string) => {
        if (this.started) this.started.reject(new WorkerFailed(message));
        else this.deps.log.warn({ worker: number, problem: message }, 'a worker cannot take clients');
      },
    });
    const worker: Worker = { number, process: forked, calls, startedAt: this.deps.clock.monotonic(), ready: false };
    this.workers.set(number, worker);
    this.deps.log.info({ worker: number, workerPid: forked.pid }, 'a worker begins');
    forked.onMessage((message) => calls.receive(message));
    forked.onExit((why) => this.ended(worker, why));
    this.deps.serve(forked.socket);
  }

  private isReady(worker: Worker, port: number): void {
    if (this.stopping) return;
    worker.ready = true;
    this.deps.log.info({ worker: worker.number, workerPid: worker.process.pid, port }, 'a worker takes clients');
    this.deps.ready?.(worker.calls);
    onSilence(worker.calls, this.deps.clock, () => this.isSilent(worker));
    const { started } = this;
    if (!started?.waiting.delete(worker.number) || started.waiting.size > 0) return;
    this.started = undefined;
    started.resolve(port);
  }

  /** It holds its clients and, in its turn, new connections: all of them come back elsewhere once it is gone. */
  private isSilent(worker: Worker): void {
    if (this.stopping || this.workers.get(worker.number) !== worker) return;
    this.silenced++;
    this.deps.log.warn({ worker: worker.number, workerPid: worker.process.pid }, 'a worker does not answer and is killed');
    worker.process.kill();
  }

  private ended(worker: Worker, why: string): void {
    worker.calls.close();
    this.workers.delete(worker.number);
    const settled = worker.ready && this.deps.clock.monotonic() - worker.startedAt >= SETTLED_MS;
    this.died(worker.number, { why, workerPid: worker.process.pid, settled });
  }

  private died(number: number, { settled, ...death }: Death): void {
    if (this.stopping) {
      if (this.workers.size === 0) this.emptied?.();
      return;
    }
    if (this.started) {
      this.started.reject(new WorkerFailed(`worker ${number} ended with ${death.why} before it took clients`));
      return;
    }
    const failures = settled ? 0 : (this.failures.get(number) ?? 0) + 1;
    this.failures.set(number, failures);
    const inMs = failures === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
    this.deps.log.warn({ worker: number, ...death, inMs }, 'a worker has ended and is replaced');
    const begin = () => {
      this.replacements.delete(number);
      this.begin(number);
    };
    this.replacements.set(number, this.deps.clock.after(inMs, begin));
  }
}

/** A worker could not begin to take clients; the message says why, for people. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
}
