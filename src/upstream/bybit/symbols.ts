import type { Clock, Timer } from '../../clock/clock';
import type { ExchangeMarket } from '../../streams/stream';
import type { SymbolAnswer, SymbolDirectory } from '../../streams/symbol-directory';
import type { UpstreamLog } from '../log';
import { nearestNames } from '../../streams/nearest';
import { RestError, fetchJson } from '../rest';
import type { FetchJson } from '../rest';
import { fetchSymbols } from './instruments';
import { SearchBudget } from './search-budget';
import { listKey, type SymbolNames } from './symbol-names';
import { categoryOf } from './topics';

/** Bybit lists options per base coin and does not say which coins there are. A coin that is missing here is not checked. */
const OPTION_BASE_COINS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'MNT'] as const;

const REFRESH_MS = 60 * 60_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 5 * 60_000;
/** Bybit's own rule for an address that it limits. */
const LIMITED_MS = 10 * 60_000;
/** A symbol that is not in a list of this age may have been listed since: the list is fetched again. */
const SUSPECT_MS = 5 * 60_000;

/** One list that is fetched by itself: a market's, or of options a base coin's. */
interface SymbolList {
  readonly market: ExchangeMarket;
  readonly baseCoin?: string;
  /** Undefined until it has been had once. */
  symbols: ReadonlySet<string> | undefined;
  fetchedAt: number;
  failures: number;
  timer: Timer | undefined;
}

export interface SymbolsOptions {
  /** `https://api.bybit.com` */
  readonly restUrl: string;
  readonly markets: readonly ExchangeMarket[];
}

export interface SymbolsDeps {
  readonly clock: Clock;
  readonly log: UpstreamLog;
  /** Real calls by default. */
  readonly fetchJson?: FetchJson;
  /** Hears what a list fetched anew has no more, and what it did not have before. */
  readonly changed?: (market: ExchangeMarket, gone: ReadonlySet<string>, come: ReadonlySet<string>) => void;
}

/** Bybit's symbols, fetched in the background and again every hour. */
export class Symbols implements SymbolDirectory {
  private readonly byKey = new Map<string, SymbolList>();
  private stopped = false;
  private readonly searches = new SearchBudget();
  private renewed: () => void = () => undefined;

  constructor(
    private readonly options: SymbolsOptions,
    private readonly deps: SymbolsDeps,
  ) {}

  start(): void {
    for (const market of this.options.markets) {
      if (market !== 'option') this.add(market);
      else for (const baseCoin of OPTION_BASE_COINS) this.add(market, baseCoin);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const list of this.byKey.values()) list.timer?.cancel();
  }

  look(market: ExchangeMarket, symbol: string): SymbolAnswer {
    const list = this.byKey.get(listKey(market, symbol));
    if (!list?.symbols || list.symbols.has(symbol)) return { known: true };
    const now = this.deps.clock.now();
    if (now - list.fetchedAt > SUSPECT_MS && list.failures === 0) {
      list.fetchedAt = now; // once per list and SUSPECT_MS, whatever comes of it
      void this.fetch(list);
    }
    return { known: false, nearest: this.searches.take(now) ? nearestNames(symbol, list.symbols) : [] };
  }

  /** Hears that a list has been fetched. */
  onRenewed(listener: () => void): void {
    this.renewed = listener;
  }

  /** Every list that has been had, by {@link listKey}. */
  *lists(): Iterable<SymbolNames> {
    for (const [key, { symbols }] of this.byKey) if (symbols) yield { key, symbols: [...symbols] };
  }

  private add(market: ExchangeMarket, baseCoin?: string): void {
    const list: SymbolList = {
      market,
      ...(baseCoin === undefined ? {} : { baseCoin }),
      symbols: undefined,
      fetchedAt: 0,
      failures: 0,
      timer: undefined,
    };
    this.byKey.set(baseCoin === undefined ? market : `${market}.${baseCoin}`, list);
    void this.fetch(list);
  }

  private async fetch(list: SymbolList): Promise<void> {
    list.timer?.cancel();
    let waitMs = REFRESH_MS;
    try {
      const symbols = await fetchSymbols(
        this.deps.fetchJson ?? fetchJson,
        this.options.restUrl,
        categoryOf(list.market),
        list.baseCoin,
      );
      if (this.stopped) return;
      // An empty list is no reason to refuse everything.
      if (symbols.length > 0) this.renew(list, new Set(symbols));
      list.fetchedAt = this.deps.clock.now();
      list.failures = 0;
      this.deps.log.info({ market: list.market, baseCoin: list.baseCoin, symbols: symbols.length }, 'symbols loaded');
    } catch (error) {
      const backoff = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** list.failures++);
      waitMs = error instanceof RestError && error.limited ? LIMITED_MS : backoff;
      const problem = error instanceof Error ? error.message : String(error);
      this.deps.log.warn(
        { market: list.market, baseCoin: list.baseCoin, problem, waitMs },
        'symbols could not be loaded; what is not known is let through',
      );
    }
    if (this.stopped) return;
    list.timer?.cancel();
    list.timer = this.deps.clock.after(waitMs, () => void this.fetch(list));
  }

  private renew(list: SymbolList, now: ReadonlySet<string>): void {
    const { symbols: before, market } = list;
    list.symbols = now;
    this.renewed();
    if (!before || !this.deps.changed) return;
    const gone = new Set([...before].filter((symbol) => !now.has(symbol)));
    const come = new Set([...now].filter((symbol) => !before.has(symbol)));
    if (gone.size > 0 || come.size > 0) this.deps.changed(market, gone, come);
  }
}
