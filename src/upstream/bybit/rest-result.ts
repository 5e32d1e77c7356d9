import { RestError } from '../rest';

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `result` of Bybit's REST envelope, and its `time`, ms. Logical errors come with HTTP 200 and a `retCode`: 10006 is its rate limit. */
export function restResult(answer: unknown): Fields & { readonly list: readonly unknown[]; readonly time: unknown } {
  if (!isFields(answer)) throw new RestError('the answer is not an object');
  const code = answer['retCode'];
  if (code !== 0) throw new RestError(`retCode ${String(code)}: ${String(answer['retMsg'])}`, code === 10006);
  const result = answer['result'];
  if (!isFields(result) || !Array.isArray(result['list'])) throw new RestError('the answer has no list');
  return { ...result, list: result['list'] as unknown[], time: answer['time'] };
}
