import type { AmqpLog } from '../../src/amqp/log';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Record<string, unknown>;
}

/** Keeps what is logged. */
export class KeptLog implements AmqpLog {
  readonly lines: LogLine[] = [];

  get texts(): string[] {
    return this.lines.map(({ text }) => text);
  }

  info(fields: object, text: string): void {
    this.lines.push({ level: 'info', text, fields: { ...fields } });
  }

  warn(fields: object, text: string): void {
    this.lines.push({ level: 'warn', text, fields: { ...fields } });
  }

  error(fields: object, text: string): void {
    this.lines.push({ level: 'error', text, fields: { ...fields } });
  }
}
