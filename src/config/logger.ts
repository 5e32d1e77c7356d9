import { type DestinationStream, type Logger, pino } from 'pino';
import { currentTraceId } from '../tracing/trace-context';
import type { Settings } from './settings';

type LogSettings = Pick<Settings, 'debug' | 'logLevel' | 'logJson' | 'environment'>;

/** The process's logger: JSON lines or plain text, to standard output unless told otherwise. */
export function createLogger(settings: LogSettings, output: DestinationStream = process.stdout): Logger {
  return pino(
    {
      level: settings.debug && settings.logLevel !== 'trace' ? 'debug' : settings.logLevel,
      base: settings.logJson ? { environment: settings.environment } : null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: traceField,
    },
    settings.logJson ? output : { write: (line) => output.write(plainText(line)) },
  );
}

/** Lines that a request leaves behind carry its trace. A new object each time: pino fills it. */
function traceField(): object {
  const traceId = currentTraceId();
  return traceId === undefined ? {} : { trace_id: traceId };
}

/** `12:30:01.250 WARN  [Upstream] connection lost {"market":"spot"}`, a stack trace on lines of its own. */
function plainText(jsonLine: string): string {
  const line = JSON.parse(jsonLine) as Record<string, unknown>;
  const { time, level, msg, context, err, ...fields } = line;
  const clock = String(time).slice(11, 23);
  const label = String(level).toUpperCase().padEnd(5);
  const from = typeof context === 'string' ? `[${context}] ` : '';
  const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  return `${clock} ${label} ${from}${typeof msg === 'string' ? msg : ''}${rest}\n${stackOf(err)}`;
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('stack' in err) || typeof err.stack !== 'string') return '';
  return `${err.stack}\n`;
}
