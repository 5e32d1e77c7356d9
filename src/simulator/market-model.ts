import { CATEGORIES, type Category } from './categories';
import type { Instrument } from './instrument';
import { listInstruments, recordedInstrument } from './instrument-list';
import { SymbolMarket } from './symbol-market';

/**
 * Every symbol that trades. A symbol's market comes to life when somebody first asks for it; how it then moves depends on
 * the seed and its name alone, not on what else is alive.
 */
export class MarketModel {
  private readonly instruments: Map<Category, Map<string, Instrument>>;
  private readonly markets = new Map<string, SymbolMarket>();
  private readonly delisted = new Set<string>();

  constructor(
    private readonly seed: number,
    /** Exchange time at the start; prices before it are history. */
    readonly began: number,
    symbols?: number,
  ) {
    const listed = listInstruments(symbols);
    this.instruments = new Map(
      CATEGORIES.map((category) => [category, new Map((listed.get(category) ?? []).map((one) => [one.symbol, one]))]),
    );
  }

  /** What trades now, in listing order. */
  list(category: Category): Instrument[] {
    const all = this.instruments.get(category)?.values() ?? [];
    return [...all].filter((one) => !this.delisted.has(key(category, one.symbol)));
  }

  instrument(category: Category, symbol: string): Instrument | undefined {
    if (this.delisted.has(key(category, symbol))) return undefined;
    return this.instruments.get(category)?.get(symbol);
  }

  /** The market of a listed symbol; undefined for any other. */
  symbol(category: Category, symbol: string): SymbolMarket | undefined {
    const alive = this.markets.get(key(category, symbol));
    if (alive) return alive;
    const instrument = this.instrument(category, symbol);
    if (!instrument) return undefined;
    const market = new SymbolMarket(instrument, this.seed, this.began);
    this.markets.set(key(category, symbol), market);
    return market;
  }

  /** Whether options on a coin trade: their trades come by coin. */
  hasOptionsOn(baseCoin: string): boolean {
    return this.list('option').some((one) => one.baseCoin === baseCoin);
  }

  delist(category: Category, symbol: string): boolean {
    const known = this.instruments.get(category)?.has(symbol) ?? false;
    if (known) this.delisted.add(key(category, symbol));
    return known;
  }

  relistAll(): void {
    this.delisted.clear();
  }

  /** Lists a symbol that a recording needs. */
  addRecorded(category: Category, symbol: string): void {
    const known = this.instruments.get(category);
    if (known && !known.has(symbol)) known.set(symbol, recordedInstrument(category, symbol));
  }
}

function key(category: Category, symbol: string): string {
  return `${category} ${symbol}`;
}
