import type { ChannelType } from '../streams/event-type';
import type { ExchangeMarket } from '../streams/stream';
import { ApiError } from './api';

/*
 * Failures in the words that callers read. The OpenAPI document shows what these make, so no example of it differs from an answer.
 */

export function missingSymbol(channel: ChannelType): ApiError {
  return new ApiError('MISSING_SYMBOL', `${channel} needs a symbol, for example "BTCUSDT".`);
}

/** @param nearest symbols of the market that look like it */
export function unknownSymbol(market: ExchangeMarket, symbol: string, nearest: readonly string[]): ApiError {
  const hint = nearest.length > 0 ? `Did you mean ${nearest.join(', ')}?` : `GET /api/v1/symbols?market=${market} lists them.`;
  return new ApiError('INVALID_SYMBOL', `Unknown symbol on ${market}: ${symbol}. ${hint}`, { nearest });
}

export function missingInterval(symbol: string): ApiError {
  return new ApiError('INVALID_TOPIC', `kline needs an interval: send "interval": "1m" or "topic": "kline:1m:${symbol}".`);
}

export function subscriptionNotFound(id: string): ApiError {
  return new ApiError(
    'SUBSCRIPTION_NOT_FOUND',
    `There is no active subscription ${id}; GET /api/v1/subscriptions lists those there are.`,
    { subscription_id: id },
  );
}

export function subscriptionExists(service: string, topic: string): ApiError {
  return new ApiError('SUBSCRIPTION_EXISTS', `${service} has subscribed to ${topic} already.`, {
    topic,
    requesting_service: service,
  });
}

/** @param reason the exchange's words */
export function exchangeRejected(topic: string, reason: string): ApiError {
  return new ApiError('EXCHANGE_REJECTED', `The exchange refused ${topic}: ${reason}`, { topic, reason });
}

/** @param reason safe to show */
export function balanceSyncFailed(reason: string): ApiError {
  return new ApiError(
    'BALANCE_SYNC_FAILED',
    `Try again in a moment; the balances could not be fetched from the exchange: ${reason}`,
  );
}

export function storeUnavailable(): ApiError {
  return new ApiError(
    'STORE_UNAVAILABLE',
    'The database cannot be reached; try again in a moment. What was subscribed before goes on.',
  );
}

export function accountNotConfigured(): ApiError {
  return new ApiError('ACCOUNT_NOT_CONFIGURED', 'No account is followed here; set BYBIT_API_KEY and BYBIT_API_SECRET.');
}

export function servicesUnavailable(): ApiError {
  return new ApiError('SERVICES_UNAVAILABLE', 'The process that serves this does not answer; try again in a moment.');
}
