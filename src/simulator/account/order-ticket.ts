import type { Fields } from '../command-fields';
import type { Instrument } from '../instrument';
import type { MarketModel } from '../market-model';
import { RestError } from '../rest-answer';
import type { SymbolMarket } from '../symbol-market';
import { amountOf, parseAmount } from './amount';
import type { OrderType, Ticket, TimeInForce } from './order';
import type { PositionIdx } from './position';

const TIMES_IN_FORCE: readonly TimeInForce[] = ['GTC', 'IOC', 'FOK', 'PostOnly'];
const LINK_ID = /^[A-Za-z0-9_-]{0,36}$/;

/** Reads what `/v5/order/create` is sent, or throws 10001. Options cannot be ordered here. */
export function readTicket(body: Fields, model: MarketModel): Ticket {
  const market = marketOf(body, model);
  const { instrument } = market;
  const side = one(body, 'side', ['Buy', 'Sell'] as const);
  const orderType = one<OrderType>(body, 'orderType', ['Market', 'Limit']);
  const spotMarket = instrument.category === 'spot' && orderType === 'Market';
  const marketUnit = spotMarket ? optional(body, 'marketUnit') : '';
  // A spot market buy counts in the quote coin unless it says otherwise.
  const quoteUnit = spotMarket && (marketUnit === '' ? side === 'Buy' : marketUnit === 'quoteCoin');
  return {
    market,
    side,
    orderType,
    timeInForce: orderType === 'Market' ? 'IOC' : one(body, 'timeInForce', TIMES_IN_FORCE, 'GTC'),
    qty: readQuantity(body, instrument, quoteUnit),
    price: orderType === 'Limit' ? readPrice(body, instrument) : undefined,
    quoteUnit,
    marketUnit,
    positionIdx: positionIdxOf(body),
    reduceOnly: instrument.category !== 'spot' && body['reduceOnly'] === true,
    isLeverage: instrument.category === 'spot' && body['isLeverage'] === 1,
    orderLinkId: linkIdOf(body),
    takeProfit: optional(body, 'takeProfit'),
    stopLoss: optional(body, 'stopLoss'),
  };
}

/** The market that a body names, or 10001. */
export function marketOf(body: Fields, model: MarketModel): SymbolMarket {
  const category = one(body, 'category', ['linear', 'spot', 'inverse'] as const);
  const symbol = optional(body, 'symbol');
  const market = model.instrument(category, symbol) && model.symbol(category, symbol);
  if (!market) throw invalid(symbol ? 'Symbol Invalid' : 'symbol is required');
  return market;
}

/** A positive decimal on the symbol's step; money in the quote coin has no step. */
export function readQuantity(body: Fields, { sizeScale }: Instrument, quoteUnit: boolean): bigint {
  const qty = parseAmount(body['qty']);
  if (qty === undefined || qty <= 0n || (!quoteUnit && qty % amountOf(1, sizeScale) !== 0n))
    throw new RestError(10001, 'Qty invalid');
  return qty;
}

/** A positive decimal on a tick. */
export function readPrice(body: Fields, { tick, priceScale }: Instrument): bigint {
  const price = parseAmount(body['price']);
  if (price === undefined || price <= 0n || price % amountOf(tick, priceScale) !== 0n) throw invalid('price is invalid');
  return price;
}

/** A text that may be left out. */
export function optional(body: Fields, name: string): string {
  const value = body[name] ?? '';
  if (typeof value !== 'string') throw invalid(`${name} is invalid`);
  return value;
}

function linkIdOf(body: Fields): string {
  const id = optional(body, 'orderLinkId');
  if (!LINK_ID.test(id)) throw invalid('orderLinkId is invalid');
  return id;
}

function positionIdxOf(body: Fields): PositionIdx {
  const value = body['positionIdx'] ?? 0;
  if (value !== 0 && value !== 1 && value !== 2) throw invalid('positionIdx is invalid');
  return value;
}

function one<T extends string>(body: Fields, name: string, of: readonly T[], usual?: T): T {
  const value = body[name] ?? usual;
  const found = of.find((each) => each === value);
  if (found === undefined) throw invalid(`${name} must be one of ${of.join(', ')}`);
  return found;
}

function invalid(what: string): RestError {
  return new RestError(10001, `params error: ${what}`);
}
