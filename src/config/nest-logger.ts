import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Lets Nest write to our logger. Nest's last text argument is the context; before it an error may carry its stack. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** Nest tells every route and module at its start: nothing that an operator needs to read each time. */
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const details = {
      ...(typeof context === 'string' && !isStack(context) ? { context } : {}),
      ...errorField(message, rest),
    };
    this.logger[level](details, textOf(message));
  }
}

function errorField(message: unknown, rest: unknown[]): { err?: unknown } {
  const err = [message, ...rest].find((part) => part instanceof Error);
  if (err !== undefined) return { err };
  const stack = rest.find((part) => typeof part === 'string' && isStack(part));
  return stack === undefined ? {} : { err: { stack } };
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}

function isStack(text: string): boolean {
  return text.includes('\n    at ');
}
