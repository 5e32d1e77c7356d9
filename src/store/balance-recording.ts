import type { AccountBalance } from '../streams/account';
import { coinRowsOf, marginRowsOf, type Circumstances } from './balance-rows';
import type { StoreLog } from './database';
import type { TypedDatabase } from './tables';

/** Appends what the exchange said of the account at one time. Call it in a transaction: it writes two tables. */
export async function recordBalance(
  transaction: TypedDatabase,
  balance: AccountBalance,
  circumstances: Circumstances,
  log: StoreLog,
): Promise<void> {
  const coins = coinRowsOf(balance, circumstances);
  const margin = marginRowsOf(balance, circumstances);
  const unfit = balance.coins.length - coins.length;
  const { traceId } = circumstances;
  if (unfit > 0) log.warn({ coins: unfit, trace_id: traceId }, 'balances that are no decimal numbers are not recorded');
  if (coins.length > 0) await transaction.insertInto('account_balances').values(coins).execute();
  if (margin.length > 0) await transaction.insertInto('account_margin_balances').values(margin).execute();
}
