import { CATEGORIES, type Category, isCategory } from './categories';

/** What is wrong with a command, in words for the person who typed it. */
export class ControlError extends Error {}

/** A JSON object that somebody sent. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a body, or throws a {@link ControlError} with an example of a right one. */
export function readFields(body: string, example: string): Fields {
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    throw new ControlError(`the body must be JSON, such as ${example}`);
  }
  if (typeof fields !== 'object' || fields === null) throw new ControlError('the body must be a JSON object');
  return fields as Fields;
}

export function text(fields: Fields, name: string, usual?: string): string {
  const value = fields[name] ?? usual;
  if (typeof value !== 'string') throw new ControlError(`${name} must be a text`);
  return value;
}

export function number(fields: Fields, name: string, usual?: number): number {
  const value = fields[name] ?? usual;
  if (typeof value !== 'number') throw new ControlError(`${name} must be a number`);
  return value;
}

export function category(fields: Fields): Category {
  const value = text(fields, 'category');
  if (!isCategory(value)) throw new ControlError(`category must be one of ${CATEGORIES.join(', ')}`);
  return value;
}
