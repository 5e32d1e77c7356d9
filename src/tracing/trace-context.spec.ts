import { EventEmitter } from 'node:events';
import { createLogger } from '../config/logger';
import { currentTraceId, withTraceId } from './trace-context';

/** Lets what awaits go on. */
async function turn(): Promise<void> {
  await Promise.resolve();
}

describe('withTraceId', () => {
  it('gives the trace to all that the work awaits, each to its own', async () => {
    const seen: unknown[] = [];
    const [first, second] = [new EventEmitter(), new EventEmitter()];
    const work = async () => {
      seen.push(currentTraceId());
      await turn();
      seen.push(currentTraceId());
    };
    withTraceId('a', first, () => void work());
    withTraceId('b', second, () => void work());
    await turn();
    expect(seen).toEqual(['a', 'b', 'a', 'b']);
    first.emit('close');
    second.emit('close');
  });

  it('keeps the trace of one request when another one closes, and works again after all have closed', () => {
    const [first, second, third] = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
    withTraceId('a', first, () => undefined);
    withTraceId('b', second, () => {
      first.emit('close');
      expect(currentTraceId()).toBe('b');
      second.emit('close');
      expect(currentTraceId()).toBeUndefined();
    });
    withTraceId('c', third, () => expect(currentTraceId()).toBe('c'));
    third.emit('close');
    expect(currentTraceId()).toBeUndefined();
  });

  it('writes the trace into every line of the log, and into none outside', () => {
    const lines: unknown[] = [];
    const output = { write: (line: string) => lines.push((JSON.parse(line) as Record<string, unknown>)['trace_id']) };
    const log = createLogger({ debug: false, logLevel: 'info', logJson: true, environment: 'test' }, output);
    const answer = new EventEmitter();
    log.info('before');
    withTraceId('a', answer, () => {
      log.info({ market: 'spot' }, 'within');
      log.child({ context: 'Store' }).warn('deeper');
    });
    answer.emit('close');
    log.info('after');
    expect(lines).toEqual([undefined, 'a', 'a', undefined]);
  });
});
