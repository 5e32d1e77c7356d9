import type { MarketModel } from '../market-model';
import type { SymbolMarket } from '../symbol-market';
import { amountOf, over, times } from './amount';
import { leaves, onlyReduces, type Order } from './order';
import type { OrderRegister } from './order-register';
import { valueOf } from './position';
import type { PositionBook } from './position-book';
import { borrowed, type Wallet } from './wallet';

/** Every position's leverage: it cannot be changed here. */
export const LEVERAGE = 10n;
/** 0.5 %: the usual rate of the lowest risk tier. */
export const MAINTENANCE = 5n * 10n ** 15n;
const DOLLARS = new Set(['USD', 'USDT', 'USDC']);

/** What positions and open orders do to one coin, in it. */
interface CoinUse {
  readonly unrealised: bigint;
  readonly orderMargin: bigint;
  readonly positionMargin: bigint;
  readonly maintenance: bigint;
  /** For open spot orders. */
  readonly locked: bigint;
}

/** The whole account, in dollars. */
interface Totals {
  readonly wallet: bigint;
  readonly unrealised: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly borrowed: bigint;
}

/** What the account is worth at the prices of now. */
export class Valuation {
  constructor(
    private readonly model: MarketModel,
    private readonly wallet: Wallet,
    private readonly positions: PositionBook,
    private readonly orders: OrderRegister,
  ) {}

  /** Of one coin; 0 for what no spot market knows. */
  dollars(coin: string): bigint {
    if (DOLLARS.has(coin)) return amountOf(1, 0);
    const market = this.model.symbol('spot', `${coin}USDT`);
    return market ? amountOf(market.lastPrice, market.instrument.priceScale) : 0n;
  }

  markPrice({
    category,
    symbol,
  }: {
    readonly category: 'linear' | 'spot' | 'inverse' | 'option';
    readonly symbol: string;
  }): bigint {
    const market = this.model.symbol(category, symbol);
    return market ? markOf(market) : 0n;
  }

  use(coin: string): CoinUse {
    let [unrealised, orderMargin, positionMargin, maintenance, locked] = [0n, 0n, 0n, 0n, 0n];
    for (const position of this.positions.held()) {
      const { instrument, size } = position;
      if (instrument.settleCoin !== coin) continue;
      const mark = this.markPrice(instrument);
      const value = valueOf(instrument, size, mark);
      unrealised += position.unrealised(mark);
      positionMargin += value / LEVERAGE;
      maintenance += times(value, MAINTENANCE);
    }
    for (const order of this.orders.open) {
      const { category, settleCoin } = order.market.instrument;
      if (category === 'spot') locked += lockedBy(order, coin);
      else if (settleCoin === coin && !onlyReduces(order)) orderMargin += orderValue(order) / LEVERAGE;
    }
    return { unrealised, orderMargin, positionMargin, maintenance, locked };
  }

  totals(): Totals {
    const sum = { wallet: 0n, unrealised: 0n, initial: 0n, maintenance: 0n, borrowed: 0n };
    for (const holding of this.wallet.coins) {
      const price = this.dollars(holding.coin);
      const use = this.use(holding.coin);
      sum.wallet += times(holding.balance, price);
      sum.unrealised += times(use.unrealised, price);
      sum.initial += times(use.orderMargin + use.positionMargin, price);
      sum.maintenance += times(use.maintenance, price);
      sum.borrowed += times(borrowed(holding), price);
    }
    return sum;
  }

  /** Dollars that new orders may still bind. */
  available(): bigint {
    const { wallet, unrealised, initial } = this.totals();
    return wallet + unrealised - initial;
  }

  /** What spot orders may still spend of a coin without borrowing. */
  free(coin: string): bigint {
    return this.wallet.of(coin).balance - this.use(coin).locked;
  }
}

export function markOf({ markPrice, instrument }: SymbolMarket): bigint {
  return amountOf(markPrice, instrument.priceScale);
}

/** What the rest of an open order is worth at its price. */
export function orderValue(order: Order): bigint {
  return valueOf(order.market.instrument, leaves(order), order.price);
}

/** Share of a total; 0 of nothing. */
export function share(part: bigint, whole: bigint): bigint {
  return whole <= 0n ? 0n : over(part, whole);
}

function lockedBy(order: Order, coin: string): bigint {
  const { baseCoin, quoteCoin } = order.market.instrument;
  if (order.side === 'Sell') return coin === baseCoin ? leaves(order) : 0n;
  return coin === quoteCoin ? orderValue(order) : 0n;
}
