import type { ApiError } from '../services/api';

/** The one shape of every HTTP error of this program. */
export interface HttpErrorBody {
  /** For people: what was wrong and what to do. */
  readonly error: string;
  /** For programs. */
  readonly code: string;
  readonly details: unknown;
}

const BY_STATUS: Readonly<Record<number, HttpErrorBody>> = {
  400: { error: 'The request cannot be read; check its address and its body.', code: 'BAD_REQUEST', details: null },
  404: { error: 'Nothing is served here; GET / tells what is.', code: 'NOT_FOUND', details: null },
  413: { error: 'The body of the request is too large; send less.', code: 'PAYLOAD_TOO_LARGE', details: null },
  415: { error: 'The body cannot be read; send plain JSON as application/json.', code: 'UNSUPPORTED_MEDIA_TYPE', details: null },
  426: {
    error: 'This is a WebSocket address; connect to it with ws:// or wss://.',
    code: 'UPGRADE_REQUIRED',
    details: { websocket: '/ws' },
  },
};
const REFUSED: HttpErrorBody = { error: 'The request cannot be served.', code: 'REQUEST_REFUSED', details: null };
const INTERNAL: HttpErrorBody = { error: 'Internal error; try again.', code: 'INTERNAL_ERROR', details: null };

/** What a caller may know of a failure. */
export function httpErrorBody(status: number): HttpErrorBody {
  return BY_STATUS[status] ?? (status < 500 ? REFUSED : INTERNAL);
}

/** What a use case says of its failure is meant for the caller. */
export function apiErrorBody({ message, code, details }: Pick<ApiError, 'message' | 'code' | 'details'>): HttpErrorBody {
  return { error: message, code, details };
}

/** @param methods those that are served, HEAD not named */
export function wrongMethodBody(methods: readonly string[]): HttpErrorBody {
  const error = `Only ${methods.join(' and ')} ${methods.length > 1 ? 'are' : 'is'} served here.`;
  return { error, code: 'METHOD_NOT_ALLOWED', details: null };
}
