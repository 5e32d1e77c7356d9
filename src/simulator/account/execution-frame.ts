import { fixed, plain } from './amount';
import type { Execution } from './execution';

/** One execution as the private stream writes it, key for key. */
export function executionFrame(execution: Execution): object {
  return { category: execution.market.instrument.category, ...executionRow(execution) };
}

/** One execution as REST lists it. */
export function executionRow(execution: Execution): object {
  const { order, market } = execution;
  const { category, symbol, priceScale, sizeScale } = market.instrument;
  const spot = category === 'spot';
  // Spot keeps the zeros at the end, derivatives do not.
  const price = (amount: bigint): string => (spot ? fixed(amount, priceScale) : plain(amount));
  const size = (amount: bigint): string => (spot ? fixed(amount, sizeScale) : plain(amount));
  return {
    symbol,
    closedSize: spot ? '' : size(execution.closedSize),
    execFee: plain(execution.fee),
    execId: execution.execId,
    execPrice: price(execution.price),
    execQty: size(execution.qty),
    execType: execution.execType,
    execValue: plain(execution.value),
    feeRate: plain(execution.feeRate),
    tradeIv: '',
    markIv: '',
    blockTradeId: '',
    markPrice: spot ? '' : price(execution.markPrice),
    indexPrice: spot ? '' : price(execution.indexPrice),
    underlyingPrice: '',
    leavesQty: size(execution.leavesQty),
    orderId: execution.orderId,
    orderLinkId: order?.orderLinkId ?? '',
    orderPrice: price(order?.price ?? 0n),
    orderQty: order?.quoteUnit ? plain(order.qty) : size(order?.qty ?? 0n),
    orderType: order?.orderType ?? 'UNKNOWN',
    stopOrderType: spot ? '' : 'UNKNOWN',
    side: execution.side,
    execTime: String(execution.time),
    isLeverage: order?.isLeverage ? '1' : '0',
    isMaker: execution.isMaker,
    seq: execution.seq,
    marketUnit: order?.marketUnit ?? '',
    execPnl: plain(execution.pnl),
    ...(spot ? {} : { createType: order?.createType ?? '' }),
    extraFees: '',
    feeCurrency: execution.feeCurrency,
  };
}

/** One trade as `execution.fast` writes it; a maker's own id of the order is left empty there. */
export function fastExecutionFrame({ market, order, isMaker, ...execution }: Execution): object {
  return {
    category: market.instrument.category,
    symbol: market.instrument.symbol,
    execId: execution.execId,
    execPrice: plain(execution.price),
    execQty: plain(execution.qty),
    orderId: execution.orderId,
    isMaker,
    orderLinkId: isMaker ? '' : (order?.orderLinkId ?? ''),
    side: execution.side,
    execTime: String(execution.time),
    seq: execution.seq,
  };
}
