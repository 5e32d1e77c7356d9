import { CandleBuilder } from './candle-builder';
import type { Candle } from './candle';
import type { Instrument } from './instrument';
import { candleStart, KLINE_INTERVALS, type KlineInterval } from './kline-interval';
import { OrderBook, type Side } from './order-book';
import { PriceHistory, turnover } from './price-history';
import { hash, mix, type Random, randomUuid, seededRandom } from './random';
import { type TapeTrade, tickDirection, TradeTape } from './trade-tape';

const HOUR = 3_600_000;

export interface Liquidation {
  readonly time: number;
  /** `Buy`: a long position was liquidated. */
  readonly side: Side;
  readonly price: number;
  readonly size: number;
}

/** Highest, lowest, volume and turnover of the hours that make a day. */
export interface DayStatistics {
  high: number;
  low: number;
  volume: number;
  turnover: bigint;
}

/** Numbers that never come again are counted from here, faster than any exchange of ours makes them. */
const COUNTING_FROM_MS = 1_700_000_000_000;
const TRADES_PER_SECOND = 20;
const STEPS_PER_MS = 20;

/**
 * One symbol's truth: a book and the trades made in it by a seeded random walk, and what follows from them. Every feed and
 * REST answer reads from here. It moves only when {@link event} is called.
 */
export class SymbolMarket {
  readonly book: OrderBook;
  readonly tape = new TradeTape();
  readonly liquidations: Liquidation[] = [];
  readonly history: PriceHistory;
  /** Cross sequence: shared by all feeds of the symbol, grows in jumps. */
  seq: number;
  /** Time of the last change by the matching engine. */
  changed: number;
  markPrice: number;
  indexPrice: number;
  openInterest: number;
  /** In 10^-8. */
  fundingRate = 10_000;
  lastPrice: number;
  /** All that ever happened here, trades or not: a feed that saw this number has nothing to tell. */
  events = 0;
  liquidationCount = 0;
  private readonly candles: Map<KlineInterval, CandleBuilder>;
  private readonly random: Random;
  /** Of its own: an exchange that begins anew tells the same story, but no trade has an id of before. */
  private readonly ids: Random;
  private tradeNumber: number;
  /** Nothing happens before this: candles up to here have been looked at. */
  private seen = 0;
  private direction: TapeTrade['tickDirection'] = 'ZeroPlusTick';

  constructor(
    readonly instrument: Instrument,
    seed: number,
    /** When the whole model began. */
    began: number,
  ) {
    const own = hash(`${instrument.category}.${instrument.symbol}`, seed);
    this.random = seededRandom(own);
    this.ids = seededRandom(mix(own ^ hash('ids', began)));
    const age = Math.max(0, began - COUNTING_FROM_MS);
    this.tradeNumber = Math.floor(age / 1000) * TRADES_PER_SECOND;
    this.history = new PriceHistory(instrument, seed, began);
    this.book = new OrderBook(instrument, instrument.startPrice, own);
    this.lastPrice = this.book.bestBid;
    this.markPrice = this.lastPrice;
    this.indexPrice = this.lastPrice;
    this.openInterest = instrument.usualSize * (40_000 + (own % 20_000));
    this.seq = 40_000_000_000 + (own % 1_000_000_000) * 10 + age * STEPS_PER_MS;
    this.changed = began;
    this.candles = new Map(
      KLINE_INTERVALS.map((interval) => {
        const current = this.history.candle(interval, candleStart(interval, began));
        const earlier = interval === '60' ? this.history.candlesBefore('60', current.start, 24) : [];
        return [interval, new CandleBuilder(interval, current, earlier)];
      }),
    );
  }

  /** One thing happens at `time`: a taker's order, a maker's quote, or the outside world moves mark and index. */
  event(time: number): void {
    const dice = this.random();
    if (dice < 0.3) this.takerOrder(time);
    else if (dice < 0.92) this.makerQuote(time);
    else this.drift(time);
    const risk = this.instrument.liquidations ? 0.004 : 0;
    if (this.random() < risk) this.liquidate(time);
  }

  /** A market order whose fills share time and seq. */
  takerOrder(time: number): readonly TapeTrade[] {
    const at = this.move(time);
    const { startPrice, usualSize } = this.instrument;
    // Pulls back to where the walk began, the stronger the further away.
    const pull = Math.max(-0.4, Math.min(0.4, Math.log(startPrice / Math.max(1, this.lastPrice)) * 4));
    const side: Side = this.random() < 0.5 + pull ? 'Buy' : 'Sell';
    const orders = 1 + Math.floor(this.random() ** 4 * 12);
    const fills: TapeTrade[] = [];
    for (let i = 0; i < orders; i++) {
      const size = 1 + Math.floor(usualSize * this.random() ** 4 * 0.8);
      for (const fill of this.book.take(side, size)) fills.push(this.record(side, fill.price, fill.size, at));
    }
    if (this.random() < 0.3) this.openInterest += Math.floor((this.random() - 0.5) * usualSize);
    return fills;
  }

  /** Somebody's own order, in price and size units, as far as the book goes up to its limit. The fills share time and seq. */
  ownOrder(side: Side, size: number, limit: number | undefined, time: number): readonly TapeTrade[] {
    const at = this.move(time);
    return this.book.take(side, size, limit).map((fill) => this.record(side, fill.price, fill.size, at));
  }

  makerQuote(time: number): void {
    this.move(time);
    this.book.quote(this.random);
  }

  /** Mark and index follow other venues: the matching engine's sequence does not move with them. */
  drift(time: number): void {
    this.events++;
    this.roll(time);
    const { tick } = this.instrument;
    const middle = (this.book.bestBid + this.book.bestAsk) / 2;
    this.markPrice = Math.max(1, Math.round(middle + (this.random() - 0.5) * tick * 4));
    this.indexPrice = Math.max(1, Math.round(middle + (this.random() - 0.5) * tick * 8));
    if (this.random() < 0.02) this.fundingRate = 5_000 + Math.floor(this.random() * 10_000);
  }

  /** A position is taken over; it does not trade in the book here. */
  liquidate(time: number): Liquidation {
    this.events++;
    const side: Side = this.random() < 0.5 ? 'Buy' : 'Sell';
    const away = 1 + (side === 'Buy' ? -0.004 : 0.004);
    const { tick, usualSize } = this.instrument;
    const price = Math.max(tick, Math.round((this.lastPrice * away) / tick) * tick);
    const one = { time: Math.max(time, this.changed), side, price, size: 1 + Math.floor(usualSize * this.random()) };
    this.liquidations.push(one);
    this.liquidationCount++;
    if (this.liquidations.length > 200) this.liquidations.shift();
    return one;
  }

  /** The candles of an interval, those that ended by `time` closed. */
  klines(interval: KlineInterval, time: number): CandleBuilder {
    const builder = this.candles.get(interval) as CandleBuilder;
    this.seen = Math.max(this.seen, time);
    builder.roll(time);
    return builder;
  }

  /** Over the last 23 whole hours and the current one. */
  day(time: number): DayStatistics {
    const hours = this.klines('60', time);
    const sum = { high: 0, low: Infinity, volume: 0, turnover: 0n };
    const add = (candle: Candle): void => {
      sum.high = Math.max(sum.high, candle.high);
      sum.low = Math.min(sum.low, candle.low);
      sum.volume += candle.volume;
      sum.turnover += candle.turnover;
    };
    for (const candle of hours.closed.slice(-23)) add(candle);
    add(hours.current);
    return sum;
  }

  /** The price `ago` ms before `time`, to the hour. */
  priceAgo(time: number, ago: number): number {
    const hours = this.klines('60', time);
    return hours.closed.at(-Math.round(ago / HOUR))?.open ?? hours.current.open;
  }

  get tickDirection(): TapeTrade['tickDirection'] {
    return this.direction;
  }

  private move(time: number): number {
    this.events++;
    this.changed = Math.max(this.changed, this.seen, time);
    this.seq += 1 + Math.floor(this.random() * 40);
    this.roll(this.changed);
    return this.changed;
  }

  private roll(time: number): void {
    for (const builder of this.candles.values()) builder.roll(time);
  }

  private record(side: Side, price: number, size: number, time: number): TapeTrade {
    const { category, symbol } = this.instrument;
    this.direction = tickDirection(price, this.lastPrice, this.direction);
    this.lastPrice = price;
    const id = category === 'spot' ? `21000000${String(1_000_000_000 + this.tradeNumber++)}` : randomUuid(this.ids);
    const trade = { id, symbol, price, size, side, time, seq: this.seq, tickDirection: this.direction };
    this.tape.add(trade);
    const value = turnover(this.instrument, price, size);
    for (const builder of this.candles.values()) builder.trade(price, size, value, time);
    return trade;
  }
}
