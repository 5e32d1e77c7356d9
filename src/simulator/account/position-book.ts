import type { Category } from '../categories';
import type { Instrument } from '../instrument';
import { Position, type PositionIdx } from './position';

/** Every position the account ever had, and which symbols are in hedge mode. */
export class PositionBook {
  private readonly positions = new Map<string, Position>();
  private readonly hedged = new Map<string, boolean>();

  /** Which positions a symbol has: one, or one per side. */
  indexes(instrument: Instrument): readonly PositionIdx[] {
    return this.isHedged(instrument) ? [1, 2] : [0];
  }

  isHedged({ category, symbol, settleCoin }: Instrument): boolean {
    if (category !== 'linear') return false;
    return this.hedged.get(symbol) ?? this.hedged.get(`coin ${settleCoin}`) ?? false;
  }

  /** By symbol, or for all symbols that settle in a coin and were not set themselves. */
  setMode(of: { readonly symbol: string } | { readonly coin: string }, hedged: boolean): void {
    this.hedged.set('symbol' in of ? of.symbol : `coin ${of.coin}`, hedged);
  }

  of(instrument: Instrument, positionIdx: PositionIdx): Position {
    const key = `${instrument.category} ${instrument.symbol} ${positionIdx}`;
    let position = this.positions.get(key);
    if (!position) {
      position = new Position(instrument, positionIdx);
      this.positions.set(key, position);
    }
    return position;
  }

  /** Those of a symbol in its present mode. */
  ofSymbol(instrument: Instrument): Position[] {
    return this.indexes(instrument).map((positionIdx) => this.of(instrument, positionIdx));
  }

  /** Those that are not flat. */
  held(category?: Category): Position[] {
    return [...this.positions.values()].filter(
      (one) => one.size > 0n && (category === undefined || one.instrument.category === category),
    );
  }
}
