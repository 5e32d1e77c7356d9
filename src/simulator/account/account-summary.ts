import type { Account } from './account';
import { orderRow } from './order-frame';
import { positionRow } from './position-frame';
import { walletRow } from './wallet-frame';

/** The account as it is now, for people to read: in the words of REST. */
export function accountSummary({ books }: Account): object {
  const { wallet, positions, orders, valuation } = books;
  return {
    wallet: walletRow(valuation, [...wallet.coins]),
    positions: positions.held().map((one) => positionRow(one, valuation.markPrice(one.instrument))),
    openOrders: [...orders.open].map(orderRow),
    closedOrders: orders.closed().length,
    executions: orders.trades().length,
  };
}
