import type { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { plain } from '../../src/simulator/account/amount';
import type { SymbolMarket } from '../../src/simulator/symbol-market';

/** What has happened to the exchange's account, to compare with what was told of it. Markets are named as the gateway does. */
export interface AccountTruth {
  /** Oldest first, the newest ones if there were very many. */
  readonly executions: readonly { readonly id: string; readonly symbol: string; readonly time: number }[];
  readonly orders: readonly { readonly id: string; readonly status: string; readonly filled: string }[];
  /** Those that are not flat, by market, symbol and side. */
  readonly positions: Readonly<Record<string, string>>;
  /** By coin. */
  readonly balances: Readonly<Record<string, string>>;
}

export function truthOf({ books }: SimulatedExchange['account']): AccountTruth {
  const { orders, positions, wallet } = books;
  return {
    executions: orders
      .trades()
      .reverse()
      .map(({ execId, market, time }) => ({ id: execId, symbol: symbolOf(market.instrument), time })),
    orders: [...orders.closed(), ...orders.open].map(({ orderId, status, filledQty }) => ({
      id: orderId,
      status,
      filled: plain(filledQty),
    })),
    positions: Object.fromEntries(
      positions.held().map(({ instrument, positionIdx, size }) => [`${symbolOf(instrument)} ${positionIdx}`, plain(size)]),
    ),
    balances: Object.fromEntries([...wallet.coins].map(({ coin, balance }) => [coin, plain(balance)])),
  };
}

function symbolOf({ category, symbol }: SymbolMarket['instrument']): string {
  return `${category === 'linear' ? 'futures' : category} ${symbol}`;
}
