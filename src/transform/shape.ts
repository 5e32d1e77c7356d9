import { BadFrameError } from './transform';

/** Guards for what comes from outside: each answers with the typed value or throws a {@link BadFrameError} `wrong_shape`. */

export type Fields = Readonly<Record<string, unknown>>;

/** Plain decimals as exchanges write prices and sizes; no sign, no exponent. */
const AMOUNT = /^\d+(?:\.\d+)?$/;
/** Decimals that may be negative or in exponent form: rates, changes, derived values. */
const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** The text of a wrong value, bounded because it goes into a log line. */
function sample(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export function wrongShape(what: string, value: unknown): BadFrameError {
  return new BadFrameError('wrong_shape', `${what} is ${sample(value)}`);
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongShape(what, value);
  return value as Fields;
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongShape(what, value);
  return value;
}

export function isAmount(value: unknown): value is string {
  return typeof value === 'string' && AMOUNT.test(value);
}

export function amountOf(value: unknown, what: string): string {
  if (!isAmount(value)) throw wrongShape(what, value);
  return value;
}

export function isDecimal(value: string): boolean {
  return DECIMAL.test(value);
}

/** A whole number that a double holds exactly: times, update ids, sequences. */
export function countOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrongShape(what, value);
  return value;
}

export function nameOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw wrongShape(what, value);
  return value;
}
