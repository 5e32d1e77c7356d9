import { StoreUnavailable, type BalanceRecord, type MarginRecord } from '../store/store';
import type { AccountBalance } from '../streams/account';
import type { AccountState } from '../upstream/account/account-report';
import { AccountError } from '../upstream/bybit/account/account-error';
import { Balances } from './balances';

const RECORD: BalanceRecord = {
  coin: 'USDT',
  equity: '1.5',
  walletBalance: '-2.000000000000000001',
  locked: null,
  borrowed: '3',
  accruedInterest: null,
  unrealisedPnl: null,
  realisedPnl: null,
  usdValue: null,
  accountType: 'UNIFIED',
  timestamp: 1000,
  recordedAt: 2000,
  traceId: 'ab',
};
const MARGIN: MarginRecord = {
  totalEquity: '1',
  totalWalletBalance: null,
  totalMarginBalance: null,
  totalAvailableBalance: null,
  totalUnrealisedPnl: null,
  totalInitialMargin: null,
  totalMaintenanceMargin: null,
  accountType: 'UNIFIED',
  timestamp: 1000,
  recordedAt: 2000,
};
const PAGE = { limit: 10, offset: 0 };

const WALLET: AccountBalance = {
  accountType: 'UNIFIED',
  margin: MARGIN,
  coins: [{ ...RECORD, coin: 'ETH' }],
  origin: 'sync',
};

function setUp(sync: () => Promise<{ coins: string[] }> = () => Promise.resolve({ coins: ['BTC', 'USDT'] }), configured = true) {
  const state = { away: false };
  const account: { state: AccountState } = { state: 'live' };
  const appended: unknown[][] = [];
  const answer = <T>(value: T) => (state.away ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(value));
  const store = {
    append: (...record: unknown[]) => answer(void appended.push(record)),
    latest: () => answer({ balances: [RECORD], total: 1, margin: MARGIN }),
    history: () => answer({ records: [RECORD], total: 7 }),
  };
  const source = {
    report: () => ({ configured, state: account.state }),
    syncBalances: sync,
    wallet: () => Promise.resolve({ balance: WALLET, asOf: 1234 }),
  };
  return { state, account, appended, balances: new Balances(store, source) };
}

describe('balances', () => {
  it('are shown as they were recorded, digit for digit', async () => {
    const { balances } = setUp();
    const shown = {
      coin: 'USDT',
      account_type: 'UNIFIED',
      wallet_balance: '-2.000000000000000001',
      borrowed: '3',
      timestamp: '1970-01-01T00:00:01.000Z',
      recorded_at: '1970-01-01T00:00:02.000Z',
      trace_id: 'ab',
    };
    await expect(balances.latest(PAGE)).resolves.toMatchObject({
      balances: [shown],
      total: 1,
      margin: { account_type: 'UNIFIED', total_equity: '1', total_wallet_balance: null },
    });
    await expect(balances.history(PAGE)).resolves.toMatchObject({ records: [shown], total: 7 });
  });

  it('cannot be shown while the store is away', async () => {
    const { balances, state } = setUp();
    state.away = true;
    await expect(balances.latest(PAGE)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(balances.history(PAGE)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('are fetched now when asked', async () => {
    await expect(setUp().balances.sync()).resolves.toEqual({ updated_coins: ['BTC', 'USDT'], updated_count: 2 });
    await expect(setUp(() => Promise.reject(new AccountError('limited', 'rate limited'))).balances.sync()).rejects.toMatchObject({
      code: 'BALANCE_SYNC_FAILED',
      status: 502,
      message: 'Try again in a moment; the balances could not be fetched from the exchange: rate limited',
    });
    await expect(setUp(undefined, false).balances.sync()).rejects.toMatchObject({ code: 'ACCOUNT_NOT_CONFIGURED' });
  });

  it('are fetched and recorded, once for all who ask meanwhile, where the account is not followed', async () => {
    const { balances, account, appended, state } = setUp(() => Promise.reject(new Error('not followed')));
    account.state = 'off';
    const answer = { updated_coins: ['ETH'], updated_count: 1 };
    await expect(Promise.all([balances.sync(), balances.sync()])).resolves.toEqual([answer, answer]);
    expect(appended).toEqual([[WALLET, 1234, null]]);
    state.away = true;
    await expect(balances.sync()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
