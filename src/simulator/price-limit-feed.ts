import { padded } from './decimal';
import type { SymbolMarket } from './symbol-market';
import type { TopicFeed } from './topic-feed';

/** `priceLimit`: the one public topic whose frames have no `type`. */
export class PriceLimitFeed implements TopicFeed {
  readonly periodMs = 300;
  private told = '';

  constructor(
    private readonly market: SymbolMarket,
    private readonly topic: string,
  ) {}

  wake(): void {
    this.told = '';
  }

  first(now: number): string[] {
    return [this.frame(this.read(), now)];
  }

  next(now: number): string[] {
    const data = this.read();
    if (data === this.told) return [];
    this.told = data;
    return [this.frame(data, now)];
  }

  stir(now: number): void {
    this.market.drift(now);
  }

  private read(): string {
    const { instrument, markPrice } = this.market;
    const limit = (share: number): string =>
      padded(Math.round((markPrice * share) / instrument.tick) * instrument.tick, instrument.priceScale);
    return `{"symbol":"${instrument.symbol}","buyLmt":"${limit(1.05)}","sellLmt":"${limit(0.95)}"}`;
  }

  private frame(data: string, now: number): string {
    return `{"topic":"${this.topic}","data":${data},"ts":${now}}`;
  }
}
