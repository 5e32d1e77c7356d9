import type { AccountBalance, CoinBalance } from '../../../streams/account';
import { fieldsOf, listOf, nameOf } from '../../shape';
import { BadFrameError } from '../../transform';
import { decimalOf, decimalOrNull } from './account-fields';
import type { ItemSource } from './item-source';

/** What is wrong with one coin must not cost the others. */
type Withhold = (error: BadFrameError) => void;

/** An item of the topic `wallet`, and of the wallet of REST. Balances may be negative, with what is borrowed. */
export function readBalance(item: unknown, source: ItemSource, withhold: Withhold): AccountBalance {
  const account = fieldsOf(item, 'a wallet');
  const coins: CoinBalance[] = [];
  for (const entry of listOf(account['coin'] ?? [], 'coin')) {
    try {
      coins.push(readCoin(entry));
    } catch (error) {
      if (!(error instanceof BadFrameError)) throw error;
      withhold(error);
    }
  }
  return {
    accountType: nameOf(account['accountType'], 'accountType'),
    margin: {
      totalEquity: decimalOrNull(account, 'totalEquity'),
      totalWalletBalance: decimalOrNull(account, 'totalWalletBalance'),
      totalMarginBalance: decimalOrNull(account, 'totalMarginBalance'),
      totalAvailableBalance: decimalOrNull(account, 'totalAvailableBalance'),
      totalUnrealisedPnl: decimalOrNull(account, 'totalPerpUPL'),
      totalInitialMargin: decimalOrNull(account, 'totalInitialMargin'),
      totalMaintenanceMargin: decimalOrNull(account, 'totalMaintenanceMargin'),
    },
    coins,
    origin: source.origin,
  };
}

function readCoin(entry: unknown): CoinBalance {
  const coin = fieldsOf(entry, 'a coin');
  return {
    coin: nameOf(coin['coin'], 'the name of a coin'),
    equity: decimalOrNull(coin, 'equity'),
    walletBalance: decimalOf(coin, 'walletBalance'),
    locked: decimalOrNull(coin, 'locked'),
    borrowed: decimalOrNull(coin, 'borrowAmount'),
    accruedInterest: decimalOrNull(coin, 'accruedInterest'),
    unrealisedPnl: decimalOrNull(coin, 'unrealisedPnl'),
    realisedPnl: decimalOrNull(coin, 'cumRealisedPnl'),
    usdValue: decimalOrNull(coin, 'usdValue'),
  };
}
