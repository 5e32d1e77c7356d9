import type { Category } from './categories';
import type { ExchangeTime } from './push-schedule';
import { instrumentInfo } from './instrument-info';
import { isKlineInterval } from './kline-interval';
import type { MarketModel } from './market-model';
import { RestError, restAnswer } from './rest-answer';
import { categoryOf, cursorOf, limitOf, numberOf } from './rest-query';
import { klineRows, orderBookResult, recentTrades, restTicker } from './rest-results';
import type { SymbolMarket } from './symbol-market';

const BOOK_LIMITS: Record<Category, { usual: number; most: number }> = {
  spot: { usual: 1, most: 1000 },
  linear: { usual: 25, most: 1000 },
  inverse: { usual: 25, most: 1000 },
  option: { usual: 1, most: 25 },
};

/** Public REST: answers from the same model as the streams. */
export class RestApi {
  constructor(
    private readonly model: MarketModel,
    private readonly time: ExchangeTime,
    /** Markets that nobody listens to move on when they are looked at. */
    private readonly alive: boolean,
  ) {}

  /** The envelope for a path, or undefined when there is nothing at it. */
  answer(path: string, query: URLSearchParams): object | undefined {
    const route = this.routes[path];
    if (!route) return undefined;
    const time = this.time.now();
    return restAnswer(time, () => route(query, time));
  }

  private readonly routes: Readonly<Record<string, (query: URLSearchParams, time: number) => object>> = {
    '/v5/market/time': (_, time) => ({ timeSecond: String(Math.floor(time / 1000)), timeNano: `${time}000000` }),
    '/v5/market/instruments-info': (query) => this.instruments(query),
    '/v5/market/kline': (query, time) => this.klines(query, time),
    '/v5/market/orderbook': (query, time) => this.orderBook(query, time),
    '/v5/market/tickers': (query, time) => this.tickers(query, time),
    '/v5/market/recent-trade': (query, time) => this.trades(query, time),
  };

  private instruments(query: URLSearchParams): object {
    const category = categoryOf(query);
    const status = query.get('status') ?? 'Trading';
    const symbol = query.get('symbol');
    const baseCoin = query.get('baseCoin') ?? (category === 'option' && !symbol ? 'BTC' : null);
    let list = status === 'Trading' ? this.model.list(category) : [];
    if (symbol) list = list.filter((one) => one.symbol === symbol);
    if (baseCoin) list = list.filter((one) => one.baseCoin === baseCoin);
    if (category === 'spot') return { category, list: list.map(instrumentInfo) };
    const limit = limitOf(query, 500, 1000);
    const from = cursorOf(query, 'first') ?? 0;
    const next = from + limit;
    return {
      category,
      list: list.slice(from, next).map(instrumentInfo),
      nextPageCursor: next < list.length ? `first%3D${next}` : '',
    };
  }

  private klines(query: URLSearchParams, time: number): object {
    const category = query.has('category') ? categoryOf(query) : 'linear';
    if (category === 'option') throw new RestError(10001, 'Category is invalid');
    const market = this.market(category, query, time);
    const interval = query.get('interval');
    if (!isKlineInterval(interval)) throw new RestError(10001, 'Invalid period!');
    const end = numberOf(query, 'end');
    const start = numberOf(query, 'start');
    const limit = limitOf(query, 200, 1000);
    return { symbol: market.instrument.symbol, category, list: klineRows(market, interval, { start, end, limit }, time) };
  }

  private orderBook(query: URLSearchParams, time: number): object {
    const category = categoryOf(query);
    const { usual, most } = BOOK_LIMITS[category];
    return orderBookResult(this.market(category, query, time), limitOf(query, usual, most), time);
  }

  private tickers(query: URLSearchParams, time: number): object {
    const category = categoryOf(query);
    const baseCoin = query.get('baseCoin');
    if (query.get('symbol')) return { category, list: [restTicker(this.market(category, query, time), time)] };
    if (category === 'option' && !baseCoin) throw new RestError(10001, 'params error: symbol or baseCoin is required');
    const list = this.model.list(category).filter((one) => !baseCoin || one.baseCoin === baseCoin);
    const markets = list.map((one) => this.model.symbol(category, one.symbol)).filter((market) => market !== undefined);
    return { category, list: markets.map((market) => restTicker(market, time)) };
  }

  private trades(query: URLSearchParams, time: number): object {
    const category = categoryOf(query);
    const limit = limitOf(query, category === 'spot' ? 60 : 500, category === 'spot' ? 60 : 1000);
    if (category !== 'option' || query.get('symbol'))
      return { category, list: recentTrades([this.market(category, query, time)], limit) };
    const baseCoin = query.get('baseCoin') ?? 'BTC';
    const list = this.model.list('option').filter((one) => one.baseCoin === baseCoin);
    const markets = list.map((one) => this.model.symbol('option', one.symbol)).filter((market) => market !== undefined);
    return { category, list: recentTrades(markets, limit) };
  }

  private market(category: Category, query: URLSearchParams, time: number): SymbolMarket {
    const symbol = query.get('symbol') ?? '';
    const market = this.model.instrument(category, symbol) && this.model.symbol(category, symbol);
    if (!market) throw new RestError(10001, symbol ? 'params error: Symbol Invalid' : 'params error: symbol is required');
    if (this.alive) catchUp(market, time);
    return market;
  }
}

/** A second's silence is an event, up to a bound; a market that never traded makes its first trades. */
function catchUp(market: SymbolMarket, time: number): void {
  for (let missed = Math.min(20, Math.floor((time - market.changed) / 1000)); missed > 0; missed--) market.event(time);
  if (market.tape.count === 0) for (let i = 0; i < 10; i++) market.takerOrder(time);
}
