import type { ExchangeMarket } from '../../../streams/stream';
import { type Fields, isDecimal, wrongShape } from '../../shape';

/*
 * Guards for what the exchange says of the account. It leaves out or leaves empty whatever does not apply (margins in portfolio
 * mode, the side of a flat position), and amounts may be negative; so empty is an answer, and only nonsense is refused.
 */

const MARKET_OF = new Map<unknown, ExchangeMarket>([
  ['linear', 'futures'],
  ['spot', 'spot'],
  ['inverse', 'inverse'],
  ['option', 'option'],
]);

/** `fallback`: the category that was asked for; answers of REST name it once and not in each item. */
export function marketOf(fields: Fields, fallback: string | undefined): ExchangeMarket {
  const category = fields['category'] ?? fallback;
  const market = MARKET_OF.get(category);
  if (!market) throw wrongShape('category', category);
  return market;
}

/** A word of the exchange; "" where there is none. */
export function wordOf(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw wrongShape(name, value);
  return value;
}

export function wordOrNull(fields: Fields, name: string): string | null {
  return wordOf(fields, name) || null;
}

/** A decimal as the exchange writes it; null where there is none. */
export function decimalOrNull(fields: Fields, name: string): string | null {
  const value = fields[name] ?? '';
  if (value === '') return null;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !isDecimal(text)) throw wrongShape(name, value);
  return text;
}

/** An amount that is nothing where the exchange names none. */
export function decimalOf(fields: Fields, name: string): string {
  return decimalOrNull(fields, name) ?? '0';
}

/** A price, of which the exchange writes 0 as well as nothing when there is none. */
export function priceOrNull(fields: Fields, name: string): string | null {
  const price = decimalOrNull(fields, name);
  return price === null || Number(price) === 0 ? null : price;
}

/** Milliseconds, which come as text; `fallback` where there are none. */
export function timeOf(fields: Fields, name: string, fallback: number): number {
  const value = fields[name] ?? '';
  if (value === '' || value === '0') return fallback;
  const time = typeof value === 'string' ? Number(value) : value;
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0) throw wrongShape(name, value);
  return time;
}

/** A cross sequence; null where there is none: -1 of a symbol that was never traded. */
export function sequenceOrNull(fields: Fields): number | null {
  const value = fields['seq'] ?? '';
  if (value === '') return null;
  const sequence = typeof value === 'string' ? Number(value) : value;
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence)) throw wrongShape('seq', value);
  return sequence < 0 ? null : sequence;
}

/** 0 one-way, 1 and 2 the sides of a hedge. Spot and options have none, which is one-way. */
export function positionIndexOf(fields: Fields): number {
  const value = fields['positionIdx'] ?? 0;
  if (value !== 0 && value !== 1 && value !== 2) throw wrongShape('positionIdx', value);
  return value;
}

export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean') throw wrongShape(name, value);
  return value;
}
