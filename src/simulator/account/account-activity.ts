import type { Clock, Timer } from '../../clock/clock';
import type { MarketModel } from '../market-model';
import type { ExchangeTime } from '../push-schedule';
import type { Random } from '../random';
import { RestError } from '../rest-answer';
import type { SymbolMarket } from '../symbol-market';
import type { Account } from './account';
import { amountOf, fixed, over, rounded } from './amount';
import type { Order } from './order';

const TURN_MS = 20;
/** After a stall it does not catch up with more than this. */
const MOST_CATCH_UP_MS = 500;
/** It trades a few symbols that everybody knows, so that their positions move. */
const SYMBOLS = [
  ['linear', 'BTCUSDT'],
  ['linear', 'ETHUSDT'],
  ['linear', 'SOLUSDT'],
  ['linear', 'XRPUSDT'],
  ['spot', 'BTCUSDT'],
] as const;
/** This one in hedge mode, unless somebody else has decided. */
const HEDGED = 'SOLUSDT';
/** In dollars: small, so that the account lives long. */
const ORDER_VALUE = amountOf(100, 0);
const MOST_OPEN = 12;

/** Trades by itself, for demos and load: orders that rest, fill and are cancelled, and positions that go up and down. */
export class AccountActivity {
  private timer: Timer | undefined;
  private last = 0;
  private owed = 0;

  constructor(
    private readonly account: Account,
    private readonly model: MarketModel,
    private readonly clock: Clock,
    private readonly time: ExchangeTime,
    private readonly random: Random,
    private readonly pushes: { readonly events: number },
  ) {}

  /** So many frames of order, execution, position and wallet a second; 0 stops. Throws a RangeError for what is no rate. */
  setRate(rate: number): void {
    if (!(rate >= 0 && rate <= 10_000)) throw new RangeError(`a rate is from 0 to 10000 events a second, not ${rate}`);
    this.stop();
    if (rate === 0) return;
    this.last = this.clock.monotonic();
    this.owed = 0;
    this.timer = this.clock.every(TURN_MS, () => this.run(rate));
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private run(rate: number): void {
    const now = this.clock.monotonic();
    this.owed += (rate * Math.min(MOST_CATCH_UP_MS, now - this.last)) / 1000;
    this.last = now;
    while (this.owed >= 1) {
      const before = this.pushes.events;
      this.act();
      this.owed -= Math.max(1, this.pushes.events - before);
    }
  }

  /** One thing: an order, or the end of one. */
  private act(): void {
    const open = [...this.account.books.orders.open];
    const [oldest] = open;
    try {
      if (oldest && (open.length >= MOST_OPEN || this.random() < 0.2)) this.cancel(oldest);
      else this.order();
    } catch (error) {
      // What the exchange refuses, an account that is used up for one, is not the end of the demo.
      if (!(error instanceof RestError)) throw error;
    }
  }

  private cancel({ orderId, market }: Order): void {
    this.account.cancel({ category: market.instrument.category, orderId });
  }

  private order(): void {
    const [category, symbol] = SYMBOLS[Math.floor(this.random() * SYMBOLS.length)] ?? SYMBOLS[0];
    const market = this.model.symbol(category, symbol);
    if (!market) return;
    market.event(this.time.now());
    const { instrument } = market;
    const limit = this.random() < 0.5;
    const side = this.side(market);
    const price = amountOf(side === 'Buy' ? market.book.bestBid : market.book.bestAsk, instrument.priceScale);
    const step = amountOf(1, instrument.sizeScale);
    const qty = rounded(over(ORDER_VALUE, price) + step, instrument.sizeScale);
    this.account.create({
      category,
      symbol,
      side,
      orderType: limit ? 'Limit' : 'Market',
      qty: fixed(qty, instrument.sizeScale),
      ...(limit ? { price: fixed(price, instrument.priceScale) } : {}),
      ...(category === 'spot' ? { marketUnit: 'baseCoin' } : { positionIdx: this.positionIdx(market, side) }),
    });
  }

  /** Back towards flat, the more the larger the position. */
  private side(market: SymbolMarket): 'Buy' | 'Sell' {
    const { positions } = this.account.books;
    const [position] = positions.ofSymbol(market.instrument);
    const held = market.instrument.category === 'spot' || !position || position.side === '' ? undefined : position;
    if (held && held.entryValue > ORDER_VALUE * 20n) return held.side === 'Buy' ? 'Sell' : 'Buy';
    return this.random() < 0.5 ? 'Buy' : 'Sell';
  }

  private positionIdx(market: SymbolMarket, side: 'Buy' | 'Sell'): number {
    const { positions, orders } = this.account.books;
    const { instrument } = market;
    if (instrument.symbol === HEDGED && !positions.isHedged(instrument) && orders.openIn(market).length === 0) {
      if (positions.of(instrument, 0).size === 0n) this.account.switchMode({ category: 'linear', symbol: HEDGED, mode: 3 });
    }
    if (!positions.isHedged(instrument)) return 0;
    // Closes what is held on the other side, or opens on this one.
    const [long, short] = side === 'Buy' ? ([1, 2] as const) : ([2, 1] as const);
    return positions.of(instrument, short).reducible(side) > 0n && this.random() < 0.6 ? short : long;
  }
}
