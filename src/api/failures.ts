import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { apiErrorBody, httpErrorBody, type HttpErrorBody } from '../health/http-error';
import { API_ERRORS, type ApiError, type ApiErrorCode } from '../services/api';
import {
  accountNotConfigured,
  balanceSyncFailed,
  exchangeRejected,
  missingInterval,
  missingSymbol,
  servicesUnavailable,
  storeUnavailable,
  subscriptionExists,
  subscriptionNotFound,
  unknownSymbol,
} from '../services/failures';
import { apiDisabled, keyMissing, tooManyWrongKeys } from './key-failures';
import { refusalOf } from './request-pipe';
import { EXAMPLE_ID, SubscriptionFilter } from './subscription-requests';

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

const TOPIC = 'futures.kline.1h.BTCUSDT';
const REASON = 'error:handler not found,topic:tickers.BTCUSDT';

/** How each looks; mistakes differ from call to call. */
const EXAMPLES: Record<Exclude<ApiErrorCode, 'VALIDATION_ERROR'>, ApiError> = {
  INVALID_CHANNEL_TYPE: refusalOf('query', { channel_type: 'candles' }, SubscriptionFilter),
  MISSING_SYMBOL: missingSymbol('ticker'),
  INVALID_SYMBOL: unknownSymbol('futures', 'BTCUSD', ['BTCUSDT']),
  INVALID_TOPIC: missingInterval('BTCUSDT'),
  UNAUTHORIZED: keyMissing(),
  SUBSCRIPTION_NOT_FOUND: subscriptionNotFound(EXAMPLE_ID),
  SUBSCRIPTION_EXISTS: subscriptionExists('risk-engine', TOPIC),
  TOO_MANY_WRONG_KEYS: tooManyWrongKeys(),
  EXCHANGE_REJECTED: exchangeRejected('futures.ticker.BTCUSDT', REASON),
  BALANCE_SYNC_FAILED: balanceSyncFailed('no answer from api.bybit.com'),
  API_DISABLED: apiDisabled(),
  STORE_UNAVAILABLE: storeUnavailable(),
  ACCOUNT_NOT_CONFIGURED: accountNotConfigured(),
  SERVICES_UNAVAILABLE: servicesUnavailable(),
};

/**
 * Documents every failure of a call, by status.
 * @param mistake how a request is refused that it cannot take
 * @param codes what this call may fail with, beside what any may
 */
export function Fails(mistake: ApiError, ...codes: readonly FailureCode[]): MethodDecorator {
  return documented(mistake, [...ANY_CALL, ...codes]);
}

/** The same of a call that takes a body. */
export function FailsWithBody(mistake: ApiError, ...codes: readonly FailureCode[]): MethodDecorator {
  return documented(mistake, [...ANY_CALL, ...WITH_BODY, ...codes]);
}

function documented(mistake: ApiError, codes: readonly FailureCode[]): MethodDecorator {
  const statuses = [...new Set(codes.map(statusOf))].sort((one, other) => one - other);
  return applyDecorators(
    ...statuses.map((status) => {
      const own = codes.filter((code) => statusOf(code) === status);
      return ApiResponse({ status, description: own.join(', '), content: { 'application/json': contentOf(mistake, own) } });
    }),
  );
}

function contentOf(mistake: ApiError, codes: readonly FailureCode[]): object {
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
    examples: Object.fromEntries(codes.map((code) => [code, { summary: code, value: exampleOf(mistake, code) }])),
  };
}

function exampleOf(mistake: ApiError, code: FailureCode): HttpErrorBody {
  if (!isApiError(code)) return httpErrorBody(HTTP_ERRORS[code]);
  return apiErrorBody(code === 'VALIDATION_ERROR' ? mistake : EXAMPLES[code]);
}

function statusOf(code: FailureCode): number {
  return isApiError(code) ? API_ERRORS[code] : HTTP_ERRORS[code];
}

function isApiError(code: FailureCode): code is ApiErrorCode {
  return code in API_ERRORS;
}
