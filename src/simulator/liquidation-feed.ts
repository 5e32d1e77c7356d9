import { padded } from './decimal';
import type { SymbolMarket } from './symbol-market';
import type { TopicFeed } from './topic-feed';

/** `allLiquidation`: an array of what was liquidated in the last half second. */
export class LiquidationFeed implements TopicFeed {
  readonly periodMs = 500;
  private told = 0;

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
  ) {}

  wake(): void {
    this.told = this.market.liquidationCount;
  }

  first(): string[] {
    return [];
  }

  next(now: number): string[] {
    const count = this.market.liquidationCount - this.told;
    if (count === 0) return [];
    this.told = this.market.liquidationCount;
    const { symbol, priceScale, sizeScale } = this.market.instrument;
    const data = this.market.liquidations.slice(-count).map((one) => ({
      T: one.time,
      s: symbol,
      S: one.side,
      v: padded(one.size, sizeScale),
      p: padded(one.price, priceScale),
    }));
    return [JSON.stringify({ topic: this.topic, type: 'snapshot', ts: Math.max(now, data.at(-1)?.T ?? 0), data })];
  }

  stir(now: number): void {
    this.market.liquidate(now);
  }
}
