import type { Insertable, Selectable } from 'kysely';
import type { AccountBalance } from '../streams/account';
import { amountOf } from './amount';
import type { BalanceRecord, MarginRecord } from './store';
import type { AccountBalancesTable, AccountMarginBalancesTable } from './tables';

export type BalanceRow = Omit<Selectable<AccountBalancesTable>, 'id'>;
export type MarginRow = Omit<Selectable<AccountMarginBalancesTable>, 'id' | 'trace_id'>;

/** What is said of the account besides its amounts. */
export interface Circumstances {
  readonly exchangeTime: Date;
  readonly recordedAt: Date;
  readonly traceId: string | null;
}

/** A row for each coin, but for those whose balance no column holds. */
export function coinRowsOf(
  { accountType, coins }: AccountBalance,
  { exchangeTime, recordedAt, traceId }: Circumstances,
): Insertable<AccountBalancesTable>[] {
  return coins.flatMap((coin) => {
    const walletBalance = amountOf(coin.walletBalance);
    if (walletBalance === null) return [];
    const row = {
      account_type: accountType,
      coin: coin.coin,
      equity: amountOf(coin.equity),
      wallet_balance: walletBalance,
      locked: amountOf(coin.locked),
      borrowed: amountOf(coin.borrowed),
      accrued_interest: amountOf(coin.accruedInterest),
      unrealised_pnl: amountOf(coin.unrealisedPnl),
      realised_pnl: amountOf(coin.realisedPnl),
      usd_value: amountOf(coin.usdValue),
      exchange_time: exchangeTime,
      recorded_at: recordedAt,
      trace_id: traceId,
    };
    return [row];
  });
}

/** Nothing when the exchange said nothing of the account as a whole. */
export function marginRowsOf(
  { accountType, margin }: AccountBalance,
  { exchangeTime, recordedAt, traceId }: Circumstances,
): Insertable<AccountMarginBalancesTable>[] {
  if (Object.values(margin).every((amount: string | null) => amount === null)) return [];
  const row = {
    account_type: accountType,
    total_equity: amountOf(margin.totalEquity),
    total_wallet_balance: amountOf(margin.totalWalletBalance),
    total_margin_balance: amountOf(margin.totalMarginBalance),
    total_available_balance: amountOf(margin.totalAvailableBalance),
    total_unrealised_pnl: amountOf(margin.totalUnrealisedPnl),
    total_initial_margin: amountOf(margin.totalInitialMargin),
    total_maintenance_margin: amountOf(margin.totalMaintenanceMargin),
    exchange_time: exchangeTime,
    recorded_at: recordedAt,
    trace_id: traceId,
  };
  return [row];
}

export function balanceOf(row: BalanceRow): BalanceRecord {
  return {
    accountType: row.account_type,
    coin: row.coin,
    equity: row.equity,
    walletBalance: row.wallet_balance,
    locked: row.locked,
    borrowed: row.borrowed,
    accruedInterest: row.accrued_interest,
    unrealisedPnl: row.unrealised_pnl,
    realisedPnl: row.realised_pnl,
    usdValue: row.usd_value,
    timestamp: row.exchange_time.getTime(),
    recordedAt: row.recorded_at.getTime(),
    traceId: row.trace_id,
  };
}

export function marginOf(row: MarginRow): MarginRecord {
  return {
    accountType: row.account_type,
    totalEquity: row.total_equity,
    totalWalletBalance: row.total_wallet_balance,
    totalMarginBalance: row.total_margin_balance,
    totalAvailableBalance: row.total_available_balance,
    totalUnrealisedPnl: row.total_unrealised_pnl,
    totalInitialMargin: row.total_initial_margin,
    totalMaintenanceMargin: row.total_maintenance_margin,
    timestamp: row.exchange_time.getTime(),
    recordedAt: row.recorded_at.getTime(),
  };
}
