import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<string>();
let open = 0;

/** The trace id of the request that is being answered; undefined outside of one. */
export function currentTraceId(): string | undefined {
  return open === 0 ? undefined : context.getStore();
}

/**
 * Runs `work`, and all that it awaits, with this trace id until `answer` closes. While no such request is open the storage is off:
 * on Node 20 it would otherwise be told of every promise, timer and write of the process, of which a gateway has very many.
 */
export function withTraceId(
  traceId: string,
  answer: { once(event: 'close', listener: () => void): unknown },
  work: () => void,
): void {
  open++;
  answer.once('close', () => {
    if (--open === 0) context.disable();
  });
  context.run(traceId, work);
}
