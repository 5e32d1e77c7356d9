import { RestError } from '../rest-answer';
import { amountOf, times } from './amount';
import { onlyReduces, type Ticket } from './order';
import type { OrderRegister } from './order-register';
import { valueOf } from './position';
import type { PositionBook } from './position-book';
import { LEVERAGE, type Valuation } from './valuation';

/** Dollars. Below it the exchange takes no order that opens something. */
const LEAST_VALUE = amountOf(5, 0);

/** Why the exchange does not take an order, in its own codes: those of spot differ. */
export class Admission {
  constructor(
    private readonly positions: PositionBook,
    private readonly orders: OrderRegister,
    private readonly valuation: Valuation,
  ) {}

  /** Throws a {@link RestError} when the order is not taken. */
  check(ticket: Ticket): void {
    const { market, orderLinkId } = ticket;
    const spot = market.instrument.category === 'spot';
    if (orderLinkId && this.orders.find('', orderLinkId))
      throw spot ? new RestError(170141, 'Duplicate clientOrderId') : new RestError(110072, 'OrderLinkedID is duplicate');
    if (spot) this.checkSpot(ticket);
    else this.checkPosition(ticket);
  }

  private checkSpot(ticket: Ticket): void {
    const { baseCoin, quoteCoin } = ticket.market.instrument;
    const value = worth(ticket);
    if (value < LEAST_VALUE) throw new RestError(170140, 'Order value exceeded lower limit');
    const [coin, cost] = ticket.side === 'Buy' ? [quoteCoin, value] : [baseCoin, ticket.quoteUnit ? base(ticket) : ticket.qty];
    const enough = ticket.isLeverage
      ? times(cost, this.valuation.dollars(coin)) / LEVERAGE <= this.valuation.available()
      : cost <= this.valuation.free(coin);
    if (!enough) throw new RestError(170131, 'Insufficient balance.');
  }

  private checkPosition(ticket: Ticket): void {
    const { market, positionIdx, side } = ticket;
    const { instrument } = market;
    if (!this.positions.indexes(instrument).includes(positionIdx))
      throw new RestError(10001, 'position idx not match position mode');
    const reducible = this.positions.of(instrument, positionIdx).reducible(side);
    if (onlyReduces(ticket)) {
      if (reducible === 0n) throw new RestError(110017, 'current position is zero, cannot fix reduce-only order qty');
      return;
    }
    const value = times(worth(ticket), this.valuation.dollars(instrument.settleCoin));
    if (value < LEAST_VALUE) throw new RestError(110094, 'Order does not meet minimum order value 5USDT');
    if (reducible < ticket.qty && value / LEVERAGE > this.valuation.available())
      throw new RestError(110007, 'ab not enough for new order');
  }
}

/** In the quote coin, on inverse in the coin. Market orders are worth what they would cost at the last price. */
function worth({ market, qty, price, quoteUnit }: Ticket): bigint {
  const last = amountOf(market.lastPrice, market.instrument.priceScale);
  return quoteUnit ? qty : valueOf(market.instrument, qty, price ?? last);
}

/** How much of the base coin so much of the quote coin is at the last price. */
function base({ market, qty }: Ticket): bigint {
  return (qty * amountOf(1, 0)) / amountOf(market.lastPrice, market.instrument.priceScale);
}
