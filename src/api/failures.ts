import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { httpErrorBody, type HttpErrorBody } from '../health/http-error';
import { API_ERRORS, type ApiErrorCode } from '../services/api';

/** Failures that no use case knows of: what cannot be read, and what is broken. */
const HTTP_ERRORS = { BAD_REQUEST: 400, PAYLOAD_TOO_LARGE: 413, UNSUPPORTED_MEDIA_TYPE: 415, INTERNAL_ERROR: 500 } as const;
type FailureCode = ApiErrorCode | keyof typeof HTTP_ERRORS;

/** What any call under /api/v1 may answer. */
const ANY_CALL: readonly FailureCode[] = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'TOO_MANY_WRONG_KEYS',
  'INTERNAL_ERROR',
  'API_DISABLED',
  'SERVICES_UNAVAILABLE',
];
const WITH_BODY: readonly FailureCode[] = ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

const EXAMPLES: Record<ApiErrorCode, { readonly error: string; readonly details?: unknown }> = {
  VALIDATION_ERROR: {
    error: 'limit must be a whole number from 1 to 500.',
    details: [{ field: 'limit', problem: 'must be a whole number from 1 to 500' }],
  },
  INVALID_CHANNEL_TYPE: {
    error:
      'channel_type must be one of trades, ticker, orderbook, kline, liquidation, funding, order, execution, position, balance.',
    details: [{ field: 'channel_type', problem: 'must be one of trades, ticker, …' }],
  },
  MISSING_SYMBOL: { error: 'A ticker is of a symbol: add one, for example "symbol": "BTCUSDT".' },
  INVALID_SYMBOL: { error: 'Unknown symbol on futures: BTCUSD. Did you mean BTCUSDT?', details: { nearest: ['BTCUSDT'] } },
  INVALID_TOPIC: { error: 'The interval of the kline is missing; add "interval": "1h" or "topic": "kline:1h:BTCUSDT".' },
  UNAUTHORIZED: { error: 'The API key is missing; send it in the header X-API-Key.' },
  SUBSCRIPTION_NOT_FOUND: { error: 'There is no subscription with this id in force; GET /api/v1/subscriptions lists them.' },
  SUBSCRIPTION_EXISTS: { error: 'risk-engine has an active subscription of futures.kline.1h.BTCUSDT already.' },
  TOO_MANY_WRONG_KEYS: { error: 'Too many wrong API keys; wait 5 s and check the key.' },
  EXCHANGE_REJECTED: { error: 'The exchange refused it: Invalid symbol' },
  BALANCE_SYNC_FAILED: { error: 'The exchange did not tell the balances: it is out of reach. Try again.' },
  API_DISABLED: {
    error: 'The REST interface is closed: no API key is configured. Make one with "npm run api-key -- NAME" and set API_KEYS.',
  },
  STORE_UNAVAILABLE: { error: 'The database is out of reach; try again in a moment. Events flow on.' },
  ACCOUNT_NOT_CONFIGURED: { error: 'No exchange account is configured; set BYBIT_API_KEY and BYBIT_API_SECRET.' },
  SERVICES_UNAVAILABLE: { error: 'This process cannot answer now; try again in a moment.' },
};

/** Documents every failure of a call, by status. @param codes what this call may fail with, beside what any may */
export function Fails(...codes: readonly FailureCode[]): MethodDecorator {
  return documented([...ANY_CALL, ...codes]);
}

/** The same of a call that takes a body. */
export function FailsWithBody(...codes: readonly FailureCode[]): MethodDecorator {
  return documented([...ANY_CALL, ...WITH_BODY, ...codes]);
}

function documented(codes: readonly FailureCode[]): MethodDecorator {
  const statuses = [...new Set(codes.map(statusOf))].sort((one, other) => one - other);
  return applyDecorators(
    ...statuses.map((status) => {
      const own = codes.filter((code) => statusOf(code) === status);
      return ApiResponse({ status, description: own.join(', '), content: { 'application/json': contentOf(own) } });
    }),
  );
}

function contentOf(codes: readonly FailureCode[]): object {
  return {
    schema: {
      type: 'object',
      required: ['error', 'code', 'details'],
      properties: {
        error: { type: 'string', minLength: 1, description: 'For people: what was wrong and what to do' },
        code: { type: 'string', enum: codes, description: 'For programs' },
        details: { description: 'More for programs, by code; null where there is nothing more' },
      },
    },
    examples: Object.fromEntries(codes.map((code) => [code, { summary: code, value: exampleOf(code) }])),
  };
}

function exampleOf(code: FailureCode): HttpErrorBody {
  if (!isApiError(code)) return httpErrorBody(HTTP_ERRORS[code]);
  const { error, details = null } = EXAMPLES[code];
  return { error, code, details };
}

function statusOf(code: FailureCode): number {
  return isApiError(code) ? API_ERRORS[code] : HTTP_ERRORS[code];
}

function isApiError(code: FailureCode): code is ApiErrorCode {
  return code in API_ERRORS;
}
