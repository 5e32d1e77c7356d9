import { type Category, isCategory } from './categories';
import { RestError } from './rest-answer';

/** Parameters of a query, each read or refused with 10001. */

export function categoryOf(query: URLSearchParams): Category {
  const category = query.get('category');
  if (!isCategory(category)) throw new RestError(10001, category ? 'Category is invalid' : 'params error: category is required');
  return category;
}

export function limitOf(query: URLSearchParams, usual: number, most: number): number {
  const limit = numberOf(query, 'limit') ?? usual;
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new RestError(10001, `params error: limit must be 1 to ${most}`);
  return limit;
}

export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw new RestError(10001, `params error: ${name} is invalid`);
  return Number(text);
}

/**
 * `first%3D500`: an offset, or a place in a list that grows; opaque to clients, who send it encoded once more or not.
 * `word` says of which list. Undefined without a cursor.
 */
export function cursorOf(query: URLSearchParams, word: string): number | undefined {
  const cursor = query.get('cursor');
  if (!cursor) return undefined;
  const match = /^(\w+)(?:%3D|=)(\d+)$/.exec(cursor);
  if (match?.[1] !== word) throw new RestError(10001, 'params error: cursor is invalid');
  return Number(match[2]);
}
