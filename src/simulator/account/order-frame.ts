import { fixed, over, plain, rounded } from './amount';
import { isOpen, leaves, type Order } from './order';
import { orderValue } from './valuation';

/** One order as the private stream writes it, key for key. */
export function orderFrame(order: Order): object {
  const { category } = order.market.instrument;
  const spot = category === 'spot';
  const { fee, feeCurrency } = order;
  return {
    category,
    ...orderRow(order),
    feeCurrency: spot ? feeCurrency : '',
    closedPnl: plain(order.closedPnl),
    parentOrderLinkId: '',
    cumFeeDetail: feeCurrency ? { [feeCurrency]: plain(fee) } : {},
  };
}

/** One order as REST lists it: what the stream writes, without what belongs to frames alone. */
export function orderRow(order: Order): object {
  const { market, side, filledQty, filledValue } = order;
  const { category, symbol, priceScale, sizeScale } = market.instrument;
  const spot = category === 'spot';
  const price = (amount: bigint): string => fixed(amount, priceScale);
  const size = (amount: bigint): string => fixed(amount, sizeScale);
  return {
    symbol,
    orderId: order.orderId,
    orderLinkId: order.orderLinkId,
    blockTradeId: '',
    side,
    positionIdx: order.positionIdx,
    orderStatus: order.status,
    cancelType: order.cancelType,
    rejectReason: order.rejectReason,
    timeInForce: order.timeInForce,
    isLeverage: spot ? (order.isLeverage ? '1' : '0') : '',
    price: order.price === 0n ? '0' : price(order.price),
    qty: order.quoteUnit ? plain(order.qty) : size(order.qty),
    avgPrice: averagePrice(order),
    leavesQty: size(leaves(order)),
    leavesValue: plain(order.quoteUnit && isOpen(order) ? order.budget : orderValue(order)),
    cumExecQty: size(filledQty),
    cumExecValue: plain(filledValue),
    cumExecFee: plain(order.fee),
    orderType: order.orderType,
    stopOrderType: '',
    orderIv: '',
    triggerPrice: '',
    takeProfit: order.takeProfit,
    stopLoss: order.stopLoss,
    triggerBy: '',
    tpTriggerBy: '',
    slTriggerBy: '',
    triggerDirection: 0,
    placeType: '',
    lastPriceOnCreated: price(order.lastPriceOnCreated),
    closeOnTrigger: false,
    reduceOnly: order.reduceOnly,
    smpGroup: 0,
    smpType: 'None',
    smpOrderId: '',
    slLimitPrice: '0',
    tpLimitPrice: '0',
    tpslMode: spot ? '' : 'UNKNOWN',
    // Spot orders do not have the key.
    ...(spot ? {} : { createType: order.createType }),
    marketUnit: order.marketUnit,
    createdTime: String(order.createdTime),
    updatedTime: String(order.updatedTime),
  };
}

/** Empty while nothing is filled. */
function averagePrice({ filledQty, filledValue, market }: Order): string {
  if (filledQty === 0n) return '';
  const inverse = market.instrument.category === 'inverse';
  return plain(rounded(inverse ? over(filledQty, filledValue) : over(filledValue, filledQty), 8));
}
