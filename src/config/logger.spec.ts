import { createLogger } from './logger';
import { NestLogger } from './nest-logger';
import { Settings } from './settings';

class Lines {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  get json(): Record<string, unknown>[] {
    const lines = this.text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

function loggerWith(settings: Partial<Settings>): { lines: Lines; logger: ReturnType<typeof createLogger> } {
  const lines = new Lines();
  return { lines, logger: createLogger(Object.assign(new Settings(), settings), lines) };
}

describe('createLogger', () => {
  it('writes JSON with level, time, environment, message and fields', () => {
    const { lines, logger } = loggerWith({ environment: 'staging' });
    logger.warn({ market: 'spot' }, 'connection lost');
    expect(lines.json).toMatchObject([{ level: 'warn', environment: 'staging', market: 'spot', msg: 'connection lost' }]);
    expect(lines.json[0]?.['time']).toMatch(/^\d{4}-.*Z$/);
  });

  it('writes one plain line per entry when not JSON', () => {
    const { lines, logger } = loggerWith({ logJson: false });
    logger.info({ context: 'Upstream', market: 'spot' }, 'connected');
    logger.warn('bare');
    expect(lines.text).toMatch(/^[\d:.]{12} INFO {2}\[Upstream\] connected \{"market":"spot"\}\n[\d:.]{12} WARN {2}bare\n$/);
  });

  it('writes the stack of an error below its plain line', () => {
    const { lines, logger } = loggerWith({ logJson: false });
    logger.error(new Error('broken'));
    expect(lines.text).toMatch(/ERROR broken\nError: broken\n {4}at /);
  });

  it('keeps lines below its level to itself', () => {
    const { lines, logger } = loggerWith({ logLevel: 'warn' });
    logger.info('quiet');
    logger.error('loud');
    expect(lines.json.map((line) => line['msg'])).toEqual(['loud']);
  });

  it.each([
    ['info', 'debug'],
    ['error', 'debug'],
    ['trace', 'trace'],
  ] as const)('logs at least debug when DEBUG is on and LOG_LEVEL is %s', (logLevel, level) => {
    expect(loggerWith({ debug: true, logLevel }).logger.level).toBe(level);
  });
});

describe('NestLogger', () => {
  it.each([
    ['log', 'debug'],
    ['fatal', 'fatal'],
    ['error', 'error'],
    ['warn', 'warn'],
    ['debug', 'debug'],
    ['verbose', 'trace'],
  ] as const)('writes %s as %s with the context of Nest', (method, level) => {
    const { lines, logger } = loggerWith({ logLevel: 'trace' });
    new NestLogger(logger)[method]('started', 'NestFactory');
    expect(lines.json).toMatchObject([{ level, msg: 'started', context: 'NestFactory' }]);
  });

  it('keeps the error that it is given', () => {
    const { lines, logger } = loggerWith({});
    new NestLogger(logger).error(new Error('broken'), 'ExceptionsHandler');
    expect(lines.json).toMatchObject([{ msg: 'broken', context: 'ExceptionsHandler', err: { message: 'broken' } }]);
  });

  it('does not mistake a stack for a context', () => {
    const { lines, logger } = loggerWith({});
    new NestLogger(logger).error('broken', 'Error: broken\n    at somewhere');
    expect(lines.json[0]).toMatchObject({ msg: 'broken', err: { stack: 'Error: broken\n    at somewhere' } });
    expect(lines.json[0]).not.toHaveProperty('context');
  });

  it('writes an object as JSON', () => {
    const { lines, logger } = loggerWith({});
    new NestLogger(logger).warn({ a: 1 });
    expect(lines.json).toMatchObject([{ msg: '{"a":1}' }]);
  });
});
