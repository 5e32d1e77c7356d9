import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

interface Waiting {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A helper process (publisher or load generator) that answers requests one for one. */
export class Helper<Request> {
  private readonly waiting = new Map<number, Waiting>();
  private requests = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, reply, error }: { id: number; reply?: unknown; error?: string }) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(reply);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', (code) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`a helper process ended with ${String(code)}`));
      this.waiting.clear();
    });
  }

  /** @param file below bench/load, without its ending */
  static start<Request>(file: string): Helper<Request> {
    return new Helper(fork(join(__dirname, '../load', file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  ask<Reply>(request: Request): Promise<Reply> {
    const id = ++this.requests;
    return new Promise<Reply>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (reply: unknown) => void, reject });
      this.child.send({ id, request });
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
