import type { Clock } from '../clock/clock';

/** What the other process may ask of this one, by name. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

type Message =
  | { readonly ask: string; readonly argument: unknown; readonly id?: number }
  | { readonly answered: number; readonly answer?: unknown; readonly failed?: true };

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The other process did not answer in time, could not, or is gone. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Questions and answers between the primary and one worker, over the channel that Node gives to a child. For what is rare: data has a path of its own. */
export class Calls {
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private closed = false;

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly send: (message: object) => void,
    private readonly handlers: Handlers,
  ) {}

  /** Says something that needs no answer. */
  tell(what: string, argument: unknown = null): void {
    if (!this.closed) this.send({ ask: what, argument } satisfies Message);
  }

  /** Rejects with {@link NoAnswer} after `withinMs`. */
  ask<Answer>(what: string, argument: unknown, withinMs: number): Promise<Answer> {
    if (this.closed) return Promise.reject(new NoAnswer('the other process is gone'));
    const id = ++this.asked;
    return new Promise<Answer>((resolve, reject) => {
      const late = this.clock.after(withinMs, () => this.settle(id)?.reject(new NoAnswer(`no answer within ${withinMs} ms`)));
      this.waiting.set(id, {
        resolve: (answer) => {
          late.cancel();
          resolve(answer as Answer);
        },
        reject: (error) => {
          late.cancel();
          reject(error);
        },
      });
      this.send({ ask: what, argument, id } satisfies Message);
    });
  }

  /** What came over the channel. */
  receive(message: unknown): void {
    const known = message as Message;
    if ('answered' in known) {
      const waiting = this.settle(known.answered);
      if (known.failed) waiting?.reject(new NoAnswer('the other process could not answer'));
      else waiting?.resolve(known.answer);
      return;
    }
    void this.handle(known);
  }

  /** The other process is gone. */
  close(): void {
    this.closed = true;
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(new NoAnswer('the other process is gone'));
  }

  private async handle({ ask, argument, id }: Extract<Message, { ask: string }>): Promise<void> {
    let answer: unknown;
    let failed = false;
    try {
      answer = await this.handlers[ask]?.(argument as never);
    } catch {
      failed = true;
    }
    if (id === undefined || this.closed) return;
    this.send({ answered: id, ...(failed ? { failed: true } : { answer }) } satisfies Message);
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
