import type { AccountOrder } from '../../../streams/account';
import { fieldsOf, nameOf, wrongShape } from '../../shape';
import type { Fields } from '../../shape';
import {
  decimalOf,
  decimalOrNull,
  flagOf,
  marketOf,
  positionIndexOf,
  priceOrNull,
  timeOf,
  wordOf,
  wordOrNull,
} from './account-fields';
import type { ItemSource } from './item-source';

/** Statuses from which an order does not come back. */
const FINAL = new Set(['Filled', 'Cancelled', 'PartiallyFilledCanceled', 'Rejected', 'Deactivated']);

export function isClosed(order: AccountOrder): boolean {
  return FINAL.has(order.status);
}

/** An item of the topic `order`, and of the lists of orders of REST. */
export function readOrder(item: unknown, source: ItemSource): AccountOrder {
  const order = fieldsOf(item, 'an order');
  const status = nameOf(order['orderStatus'], 'orderStatus');
  return {
    id: nameOf(order['orderId'], 'orderId'),
    clientId: wordOrNull(order, 'orderLinkId'),
    symbol: nameOf(order['symbol'], 'symbol'),
    market: marketOf(order, source.category),
    side: sideOf(order['side']),
    type: wordOf(order, 'orderType'),
    status,
    price: priceOrNull(order, 'price'),
    quantity: decimalOf(order, 'qty'),
    filledQuantity: decimalOf(order, 'cumExecQty'),
    remainingQuantity: decimalOf(order, 'leavesQty'),
    filledValue: decimalOrNull(order, 'cumExecValue'),
    averagePrice: priceOrNull(order, 'avgPrice'),
    fee: decimalOrNull(order, 'cumExecFee'),
    timeInForce: wordOf(order, 'timeInForce'),
    reduceOnly: flagOf(order, 'reduceOnly'),
    positionIndex: positionIndexOf(order),
    triggerPrice: priceOrNull(order, 'triggerPrice'),
    takeProfit: priceOrNull(order, 'takeProfit'),
    stopLoss: priceOrNull(order, 'stopLoss'),
    reason: FINAL.has(status) && status !== 'Filled' ? reasonOf(order) : null,
    createdAt: timeOf(order, 'createdTime', source.time),
    updatedAt: timeOf(order, 'updatedTime', source.time),
    origin: source.origin,
  };
}

function sideOf(value: unknown): AccountOrder['side'] {
  if (value === 'Buy') return 'buy';
  if (value === 'Sell') return 'sell';
  throw wrongShape('side', value);
}

function reasonOf(order: Fields): string | null {
  const rejected = wordOf(order, 'rejectReason');
  if (rejected !== '' && rejected !== 'EC_NoError') return rejected;
  const cancelled = wordOf(order, 'cancelType');
  return cancelled === '' || cancelled === 'UNKNOWN' ? null : cancelled;
}
