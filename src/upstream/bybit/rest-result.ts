import { RestError } from '../rest';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `result` of Bybit's REST envelope. Logical errors come with HTTP 200 and a `retCode`: 10006 is its rate limit. */
export function restResult(answer: unknown): Fields & { readonly list: readonly unknown[] } {
  if (!isFields(answer)) throw new RestError('the answer is not an object');
  if (answer['retCode'] !== 0)
    throw new RestError(`retCode ${String(answer['retCode'])}: ${String(answer['retMsg'])}`, answer['retCode'] === 10006);
  const result = answer['result'];
  if (!isFields(result) || !Array.isArray(result['list'])) throw new RestError('the answer has no list');
  return { ...result, list: result['list'] as unknown[] };
}
