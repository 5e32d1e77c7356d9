import type { ExchangeTime } from '../push-schedule';
import { type Random, randomUuid } from '../random';
import type { SymbolMarket } from '../symbol-market';
import { amountOf } from './amount';
import type { Order, Ticket } from './order';
import type { Position } from './position';

/** 5 %: how much worse than the last price a market order may fill on derivatives. */
const MARKET_RANGE = 20n;

/** Makes orders of tickets, and names orders and fills: derivatives by uuid, spot by number. */
export class OrderIntake {
  private accepted = 0;
  /** No number comes twice, also when an exchange begins anew. */
  private readonly began: number;

  constructor(
    private readonly time: ExchangeTime,
    private readonly random: Random,
  ) {
    this.began = time.now();
  }

  accept(ticket: Ticket, createType: string): Order {
    const { market, quoteUnit, qty } = ticket;
    const now = this.time.now();
    const number = ++this.accepted;
    return {
      ...ticket,
      number,
      orderId: isSpot(market) ? String(BigInt(this.began) * 1_000_000n + BigInt(number)) : randomUuid(this.random),
      createType,
      price: ticket.price ?? worstPrice(ticket),
      status: 'New',
      cancelType: 'UNKNOWN',
      rejectReason: 'EC_NoError',
      filledQty: 0n,
      filledValue: 0n,
      budget: quoteUnit ? qty : 0n,
      fee: 0n,
      feeCurrency: '',
      closedPnl: 0n,
      lastPriceOnCreated: lastPrice(market),
      createdTime: now,
      updatedTime: now,
    };
  }

  /** For a fill that the tape has no name for. */
  execId({ market }: Order): string {
    if (!isSpot(market)) return randomUuid(this.random);
    return `22000000${String(10 ** 9 + Math.floor(this.random() * 9 * 10 ** 9))}`;
  }
}

/** What the liquidation engine orders to close a position. */
export function takeOverTicket({ side, size, positionIdx }: Position, market: SymbolMarket): Ticket {
  return {
    market,
    side: side === 'Buy' ? 'Sell' : 'Buy',
    orderType: 'Market',
    timeInForce: 'IOC',
    qty: size,
    price: undefined,
    quoteUnit: false,
    marketUnit: '',
    positionIdx,
    reduceOnly: true,
    isLeverage: false,
    orderLinkId: '',
    takeProfit: '',
    stopLoss: '',
  };
}

/** What a market order may cost at most, on a tick; 0 on spot, which has no such bound. */
function worstPrice({ market, side }: Ticket): bigint {
  if (isSpot(market)) return 0n;
  const last = lastPrice(market);
  const tick = amountOf(market.instrument.tick, market.instrument.priceScale);
  const worst = side === 'Buy' ? last + last / MARKET_RANGE : last - last / MARKET_RANGE;
  return (worst / tick) * tick;
}

function lastPrice({ lastPrice: units, instrument }: SymbolMarket): bigint {
  return amountOf(units, instrument.priceScale);
}

function isSpot({ instrument }: SymbolMarket): boolean {
  return instrument.category === 'spot';
}
