import type { AccountBalance, AccountExecution, AccountOrder, AccountPosition } from '../../streams/account';
import type { Category } from '../bybit/topics';

export const EVERY_CATEGORY: readonly Category[] = ['linear', 'inverse', 'option', 'spot'];

/** What the exchange answers when it is asked for the account. */
export interface AccountBook {
  readonly categories: readonly Category[];
  now(): number;
  openOrders(category: Category): Promise<readonly AccountOrder[]>;
  pastOrders(
    category: Category,
    made: { readonly from: number; readonly to: number; readonly all: boolean },
  ): Promise<{ readonly orders: readonly AccountOrder[]; readonly complete: boolean }>;
  order(category: Category, orderId: string): Promise<AccountOrder | undefined>;
  positions(category: Category): Promise<readonly AccountPosition[]>;
  positionsOf(category: Category, symbol: string): Promise<readonly AccountPosition[]>;
  executions(
    category: Category,
    since: number,
  ): Promise<{ readonly executions: readonly AccountExecution[]; readonly complete: boolean }>;
  wallet(): Promise<{ readonly balance: AccountBalance; readonly asOf: number }>;
}
