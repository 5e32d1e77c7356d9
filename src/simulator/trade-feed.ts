import { padded, trimmed } from './decimal';
import type { SymbolMarket } from './symbol-market';
import type { TapeTrade } from './trade-tape';
import { IMPLIED_VOLATILITY } from './option-pricing';
import type { TopicFeed } from './topic-feed';

/** Trades of one message; more go into a second one with the same seq. */
const MOST_PER_FRAME = 1024;

/** `publicTrade`: every trade once, in order; nothing from before the subscription. Options come together, by base coin. */
export class TradeFeed implements TopicFeed {
  readonly periodMs = 0;
  private readonly seen = new Map<SymbolMarket, number>();
  private frames = 0;
  private turn = 0;

  constructor(
    private readonly markets: readonly SymbolMarket[],
    private readonly topic: string,
  ) {}

  wake(): void {
    for (const market of this.markets) this.seen.set(market, market.tape.count);
  }

  first(): string[] {
    return [];
  }

  next(now: number): string[] {
    let rows: [SymbolMarket, TapeTrade][] = [];
    for (const market of this.markets) {
      const seen = this.seen.get(market) ?? 0;
      if (market.tape.count === seen) continue;
      for (const trade of market.tape.since(seen)) rows.push([market, trade]);
      this.seen.set(market, market.tape.count);
    }
    if (this.markets.length > 1) rows = rows.sort(([, a], [, b]) => a.time - b.time);
    const frames: string[] = [];
    for (let i = 0; i < rows.length; i += MOST_PER_FRAME) frames.push(this.frame(rows.slice(i, i + MOST_PER_FRAME), now));
    return frames;
  }

  stir(now: number): void {
    this.markets[this.turn++ % this.markets.length]?.takerOrder(now);
  }

  private frame(rows: readonly [SymbolMarket, TapeTrade][], now: number): string {
    const { topic } = this;
    const ts = Math.max(now, rows.at(-1)?.[1].time ?? 0);
    const data = rows.map(([market, trade]) => tradeRow(market, trade));
    const { category } = (rows[0]?.[0] ?? this.markets[0])?.instrument ?? {};
    if (category === 'option')
      return JSON.stringify({ id: `${topic}-${++this.frames}-${ts}`, topic, ts, data, type: 'snapshot' });
    if (category === 'spot') return JSON.stringify({ topic, ts, type: 'snapshot', data });
    return JSON.stringify({ topic, type: 'snapshot', ts, data });
  }
}

/** Keys in the order of each category's frames. */
function tradeRow(market: SymbolMarket, trade: TapeTrade): object {
  const { category, priceScale, sizeScale } = market.instrument;
  const { id: i, time: T, side: S, seq, symbol: s, tickDirection: L } = trade;
  if (category === 'spot') {
    return { i, T, p: trimmed(trade.price, priceScale), v: trimmed(trade.size, sizeScale), S, seq, s, BT: false, RPI: false };
  }
  const row = { T, s, S, v: padded(trade.size, sizeScale), p: padded(trade.price, priceScale), L, i, BT: false, RPI: false, seq };
  if (category !== 'option') return row;
  const iv = IMPLIED_VOLATILITY.toFixed(4);
  return { ...row, mP: padded(market.markPrice, priceScale), iP: padded(market.indexPrice, priceScale), mIv: iv, iv };
}
