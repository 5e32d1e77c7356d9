import { fixed, plain, times, toCoin } from './amount';
import { share, type Valuation } from './valuation';
import { borrowed, type Holding } from './wallet';

/** The unified account with some of its coins: the stream and REST write it the same way. */
export function walletRow(valuation: Valuation, holdings: readonly Holding[]): object {
  const { wallet, unrealised, initial, maintenance, borrowed: debt } = valuation.totals();
  const margin = wallet + unrealised;
  const dollars = (amount: bigint): string => plain(toCoin(amount));
  const initialRate = fixed(share(initial, margin), 4);
  const maintenanceRate = fixed(share(maintenance, margin), 4);
  return {
    accountIMRate: initialRate,
    accountMMRate: maintenanceRate,
    accountIMRateByMp: initialRate,
    accountMMRateByMp: maintenanceRate,
    totalEquity: dollars(margin),
    totalWalletBalance: dollars(wallet),
    totalMarginBalance: dollars(margin),
    totalAvailableBalance: dollars(margin - initial),
    totalPerpUPL: dollars(unrealised),
    totalInitialMargin: dollars(initial),
    totalMaintenanceMargin: dollars(maintenance),
    totalInitialMarginByMp: dollars(initial),
    totalMaintenanceMarginByMp: dollars(maintenance),
    coin: holdings.map((holding) => coinRow(valuation, holding)),
    accountLTV: plain(share(debt, margin + debt) === 0n ? 0n : toCoin(share(debt, margin + debt))),
    accountType: 'UNIFIED',
  };
}

function coinRow(valuation: Valuation, holding: Holding): object {
  const { coin, balance, interest, realised } = holding;
  const use = valuation.use(coin);
  const equity = balance + use.unrealised - interest;
  const debt = borrowed(holding);
  const free = balance - use.locked - use.orderMargin - use.positionMargin;
  return {
    coin,
    equity: plain(toCoin(equity)),
    usdValue: plain(toCoin(times(equity, valuation.dollars(coin)))),
    walletBalance: plain(balance),
    availableToWithdraw: plain(free > 0n ? toCoin(free) : 0n),
    // Deprecated: always empty.
    availableToBorrow: '',
    borrowAmount: plain(debt),
    accruedInterest: plain(interest),
    totalOrderIM: plain(toCoin(use.orderMargin)),
    totalPositionIM: plain(toCoin(use.positionMargin)),
    totalPositionMM: plain(toCoin(use.maintenance)),
    unrealisedPnl: plain(toCoin(use.unrealised)),
    cumRealisedPnl: plain(realised),
    bonus: '0',
    collateralSwitch: true,
    marginCollateral: true,
    locked: plain(use.locked),
    spotHedgingQty: '0',
    spotBorrow: plain(debt),
  };
}
