import type { BalanceRecord, BalanceStore, MarginRecord } from '../store/store';
import type { AccountBalance } from '../streams/account';
import { currentTraceId } from '../tracing/trace-context';
import type { AccountState } from '../upstream/account/account-report';
import { AccountError } from '../upstream/bybit/account/account-error';
import type {
  BalanceHistoryQuery,
  BalanceHistoryView,
  BalancesQuery,
  BalancesView,
  BalanceSyncView,
  BalanceView,
  MarginBalanceView,
} from './api';
import { accountNotConfigured, balanceSyncFailed } from './failures';
import { kept } from './subscribing-services';

/** The account's side of the balances: asks the exchange now. */
export interface BalanceSource {
  /** `off`: the account is not followed here. */
  report(): { readonly configured: boolean; readonly state: AccountState };
  /** Fetches them and tells them on their stream, where the account is followed. Rejects with an {@link AccountError}. */
  syncBalances(): Promise<{ readonly coins: readonly string[] }>;
  /** Fetches them and tells nobody. Rejects as the other. */
  wallet(): Promise<{ readonly balance: AccountBalance; readonly asOf: number }>;
}

/** The account's balances as they were recorded. Rejects with an ApiError. */
export class Balances {
  /** Who asks meanwhile gets the same answer. */
  private recording: Promise<readonly string[]> | undefined;

  constructor(
    private readonly store: BalanceStore,
    private readonly source: BalanceSource,
  ) {}

  async latest({ coin, limit, offset }: BalancesQuery): Promise<BalancesView> {
    const { balances, total, margin } = await kept(this.store.latest({ coin }, { limit, offset }));
    return { balances: balances.map(balanceView), total, margin: margin && marginView(margin) };
  }

  async history({ coin, from, to, limit, offset }: BalanceHistoryQuery): Promise<BalanceHistoryView> {
    const { records, total } = await kept(this.store.history({ coin, from, to }, { limit, offset }));
    return { records: records.map(balanceView), total };
  }

  /**
   * What the exchange answers becomes an event like a push, and is recorded as one. Where the account is not followed it is only
   * recorded: events come from the one on duty, which compares by itself.
   */
  async sync(): Promise<BalanceSyncView> {
    if (!this.source.report().configured) {
      throw accountNotConfigured();
    }
    const followed = this.source.report().state !== 'off';
    const coins = followed ? (await this.fetched(this.source.syncBalances())).coins : await (this.recording ??= this.record());
    return { updated_coins: coins, updated_count: coins.length };
  }

  private async record(): Promise<readonly string[]> {
    try {
      const { balance, asOf } = await this.fetched(this.source.wallet());
      await kept(this.store.append(balance, asOf, currentTraceId() ?? null));
      return balance.coins.map(({ coin }) => coin);
    } finally {
      this.recording = undefined;
    }
  }

  private async fetched<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      // Of any other error nobody knows whether it is safe to show.
      if (error instanceof AccountError) throw balanceSyncFailed(error.message);
      throw error;
    }
  }
}

function balanceView(record: BalanceRecord): BalanceView {
  return {
    coin: record.coin,
    account_type: record.accountType,
    wallet_balance: record.walletBalance,
    equity: record.equity,
    locked: record.locked,
    borrowed: record.borrowed,
    accrued_interest: record.accruedInterest,
    unrealised_pnl: record.unrealisedPnl,
    realised_pnl: record.realisedPnl,
    usd_value: record.usdValue,
    timestamp: new Date(record.timestamp).toISOString(),
    recorded_at: new Date(record.recordedAt).toISOString(),
    trace_id: record.traceId,
  };
}

function marginView(record: MarginRecord): MarginBalanceView {
  return {
    account_type: record.accountType,
    total_equity: record.totalEquity,
    total_wallet_balance: record.totalWalletBalance,
    total_margin_balance: record.totalMarginBalance,
    total_available_balance: record.totalAvailableBalance,
    total_unrealised_pnl: record.totalUnrealisedPnl,
    total_initial_margin: record.totalInitialMargin,
    total_maintenance_margin: record.totalMaintenanceMargin,
    timestamp: new Date(record.timestamp).toISOString(),
    recorded_at: new Date(record.recordedAt).toISOString(),
  };
}
