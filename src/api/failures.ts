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
  MISSING_SYMBOL: { error: 'ticker needs a symbol, for example "BTCUSDT".' },
  INVALID_SYMBOL: { error: 'Unknown symbol on futures: BTCUSD. Did you mean BTCUSDT?', details: { nearest: ['BTCUSDT'] } },
  INVALID_TOPIC: { error: 'kline needs an interval: send "interval": "1m" or "topic": "kline:1m:BTCUSDT".' },
  UNAUTHORIZED: { error: 'The API key is missing; send it in the header X-API-Key.' },
  SUBSCRIPTION_NOT_FOUND: {
    error: 'There is no active subscription 7c9e6679-7425-40de-944b-e07fc1f90ae7.',
    details: { subscription_id: '7c9e6679-7425-40de-944b-e07fc1f90ae7' },
  },
  SUBSCRIPTION_EXISTS: {
    error: 'risk-engine has subscribed to futures.kline.1h.BTCUSDT already.',
    details: { topic: 'futures.kline.1h.BTCUSDT', requesting_service: 'risk-engine' },
  },
  TOO_MANY_WRONG_KEYS: { error: 'Too many wrong API keys; wait 5 s and check the key.' },
  EXCHANGE_REJECTED: {
    error: 'The exchange refused futures.ticker.BTCUSDT: error:handler not found,topic:tickers.BTCUSDT',
    details: { topic: 'futures.ticker.BTCUSDT', reason: 'error:handler not found,topic:tickers.BTCUSDT' },
  },
  BALANCE_SYNC_FAILED: {
    error: 'The balances could not be fetched from the exchange: no answer from api.bybit.com',
  },
  API_DISABLED: {
    error: 'The REST interface is closed: no API key is configured. Make one with "npm run api-key -- NAME" and set API_KEYS.',
  },
  STORE_UNAVAILABLE: { error: 'The database cannot be reached; try again in a moment. What was subscribed before goes on.' },
  ACCOUNT_NOT_CONFIGURED: { error: 'No account is followed here; set BYBIT_API_KEY and BYBIT_API_SECRET.' },
  SERVICES_UNAVAILABLE: { error: 'The process that serves this does not answer; try again in a moment.' },
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
