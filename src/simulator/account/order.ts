import type { Side } from '../order-book';
import type { SymbolMarket } from '../symbol-market';
import type { PositionIdx } from './position';

export type OrderType = 'Market' | 'Limit';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK' | 'PostOnly';
export type OrderStatus = 'New' | 'PartiallyFilled' | 'Filled' | 'Cancelled' | 'PartiallyFilledCanceled' | 'Rejected';

/** What somebody asks for, checked. */
export interface Ticket {
  readonly market: SymbolMarket;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  /** Of the base coin or contracts; with `quoteUnit` of the quote coin. */
  readonly qty: bigint;
  /** Undefined for market orders. */
  readonly price: bigint | undefined;
  /** A spot market order's quantity is money to spend or to get. */
  readonly quoteUnit: boolean;
  /** What was said about the quantity's unit: `baseCoin`, `quoteCoin` or nothing. */
  readonly marketUnit: string;
  readonly positionIdx: PositionIdx;
  readonly reduceOnly: boolean;
  readonly isLeverage: boolean;
  readonly orderLinkId: string;
  readonly takeProfit: string;
  readonly stopLoss: string;
}

/** An order, from its acceptance to its end. */
export interface Order extends Omit<Ticket, 'qty' | 'price'> {
  /** Counts all orders of the account. */
  readonly number: number;
  readonly orderId: string;
  readonly createType: string;
  qty: bigint;
  /** A market order's is the worst price the exchange lets it have; 0 on spot. */
  price: bigint;
  status: OrderStatus;
  cancelType: string;
  rejectReason: string;
  filledQty: bigint;
  filledValue: bigint;
  /** Of the quote coin, still to be spent by an order that counts in it. */
  budget: bigint;
  fee: bigint;
  feeCurrency: string;
  closedPnl: bigint;
  readonly lastPriceOnCreated: bigint;
  readonly createdTime: number;
  updatedTime: number;
}

export function isOpen({ status }: Order): boolean {
  return status === 'New' || status === 'PartiallyFilled';
}

/** What is still to be filled; 0 once the order is over, as the exchange counts it. */
export function leaves(order: Order): bigint {
  return isOpen(order) && !order.quoteUnit ? order.qty - order.filledQty : 0n;
}

/** Whether the order, as long as it is open, can only make a position smaller: a hedge's sides have no other way. */
export function onlyReduces({ reduceOnly, positionIdx, side }: Pick<Ticket, 'reduceOnly' | 'positionIdx' | 'side'>): boolean {
  return reduceOnly || (positionIdx === 1 && side === 'Sell') || (positionIdx === 2 && side === 'Buy');
}
