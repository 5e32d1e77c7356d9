import type { Clock } from '../../clock/clock';
import { nearestNames } from '../../streams/nearest';
import type { ExchangeMarket } from '../../streams/stream';
import type { SymbolAnswer, SymbolDirectory } from '../../streams/symbol-directory';
import { SearchBudget } from './search-budget';
import { listKey, type SymbolNames } from './symbol-names';

/** Symbols that another process fetches and tells us. */
export class SymbolsElsewhere implements SymbolDirectory {
  private readonly lists = new Map<string, ReadonlySet<string>>();
  private readonly searches = new SearchBudget();

  /** @param unknown hears of a symbol that is in no list: it may have been listed since */
  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly unknown: (market: ExchangeMarket, symbol: string) => void,
  ) {}

  told(lists: readonly SymbolNames[]): void {
    for (const { key, symbols } of lists) this.lists.set(key, new Set(symbols));
  }

  look(market: ExchangeMarket, symbol: string): SymbolAnswer {
    const symbols = this.lists.get(listKey(market, symbol));
    if (!symbols || symbols.has(symbol)) return { known: true };
    if (!this.searches.take(this.clock.now())) return { known: false, nearest: [] };
    this.unknown(market, symbol);
    return { known: false, nearest: nearestNames(symbol, symbols) };
  }
}
