import type { Side } from './order-book';

export type TickDirection = 'PlusTick' | 'ZeroPlusTick' | 'MinusTick' | 'ZeroMinusTick';

/** One fill; numbers in the instrument's units. All fills of one taker's order share time and seq. */
export interface TapeTrade {
  readonly id: string;
  readonly symbol: string;
  readonly price: number;
  readonly size: number;
  readonly side: Side;
  readonly time: number;
  readonly seq: number;
  readonly tickDirection: TickDirection;
}

/** Trades that are kept: REST gives out 1000, and feeds that have their turn late read from here. */
const KEPT = 4000;

/** The newest trades of a symbol, in order. A reader remembers how many it has seen. */
export class TradeTape {
  private trades: TapeTrade[] = [];
  private dropped = 0;

  /** Number of trades ever made. */
  get count(): number {
    return this.dropped + this.trades.length;
  }

  get last(): TapeTrade | undefined {
    return this.trades.at(-1);
  }

  add(trade: TapeTrade): void {
    this.trades.push(trade);
    if (this.trades.length < 2 * KEPT) return;
    this.trades = this.trades.slice(KEPT);
    this.dropped += KEPT;
  }

  /** The trades after the first `seen`, oldest first. */
  since(seen: number): TapeTrade[] {
    return this.trades.slice(Math.max(0, seen - this.dropped));
  }

  /** Newest first. */
  newest(count: number): TapeTrade[] {
    return this.trades.slice(-count).reverse();
  }
}

/** The direction of a fill after one at `previous` that went `before`. */
export function tickDirection(price: number, previous: number, before: TickDirection): TickDirection {
  if (price > previous) return 'PlusTick';
  if (price < previous) return 'MinusTick';
  return before === 'PlusTick' || before === 'ZeroPlusTick' ? 'ZeroPlusTick' : 'ZeroMinusTick';
}
