import type { SymbolMarket } from '../symbol-market';
import type { Order } from './order';

/** One fill of an order, or what else moved a position: all amounts in 10^-18. */
export interface Execution {
  /** Counts all executions of the account. */
  readonly number: number;
  readonly execId: string;
  readonly execType: 'Trade' | 'Funding' | 'BustTrade';
  readonly market: SymbolMarket;
  /** Undefined for funding. */
  readonly order: Order | undefined;
  readonly orderId: string;
  readonly side: 'Buy' | 'Sell';
  readonly price: bigint;
  readonly qty: bigint;
  readonly value: bigint;
  readonly fee: bigint;
  readonly feeRate: bigint;
  readonly feeCurrency: string;
  readonly isMaker: boolean;
  /** What the order had left after this fill. */
  readonly leavesQty: bigint;
  readonly closedSize: bigint;
  /** Before fees. */
  readonly pnl: bigint;
  readonly markPrice: bigint;
  readonly indexPrice: bigint;
  readonly time: number;
  readonly seq: number;
}
