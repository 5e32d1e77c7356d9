import { ApiError } from '../services/api';
import { RETRY_AFTER_SECONDS } from './wrong-keys';

/* Why the entrance lets somebody not in, in the words that callers read and that the OpenAPI document shows. */

export function apiDisabled(): ApiError {
  return new ApiError(
    'API_DISABLED',
    'The REST interface is closed: no API key is configured. Make one with "npm run api-key -- NAME" and set API_KEYS.',
  );
}

export function keyMissing(): ApiError {
  return new ApiError('UNAUTHORIZED', 'The API key is missing; send it in the header X-API-Key.');
}

export function keyUnknown(): ApiError {
  return new ApiError('UNAUTHORIZED', 'The API key is not known here; check the header X-API-Key.');
}

export function tooManyWrongKeys(): ApiError {
  return new ApiError('TOO_MANY_WRONG_KEYS', `Too many wrong API keys; wait ${RETRY_AFTER_SECONDS} s and check the key.`);
}

export function keyInAddress(): ApiError {
  return new ApiError(
    'VALIDATION_ERROR',
    'Send the API key in the header X-API-Key, never in the address: addresses end up in logs. Replace this key, it may be known.',
    [{ field: 'query', problem: 'holds a key' }],
  );
}
