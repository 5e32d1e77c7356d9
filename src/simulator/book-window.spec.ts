import fc from 'fast-check';
import type { Category } from './categories';
import { BookFeed } from './book-feed';
import { BookWindow, type UnitLevel } from './book-window';
import { MarketModel } from './market-model';
import { OrderBook } from './order-book';
import type { SymbolMarket } from './symbol-market';

const BEGAN = Date.UTC(2026, 10, 21, 12);

function marketOf(category: Category, symbol: string, seed: number): SymbolMarket {
  const market = new MarketModel(seed, BEGAN).symbol(category, symbol);
  if (!market) throw new Error(`${symbol} does not trade`);
  return market;
}

interface BookFrame {
  type: string;
  data: { u: number; b: [string, string][]; a: [string, string][] };
}

/** The stupid model: a plain Map, sorted when asked. */
class PlainBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();

  apply(frame: BookFrame): void {
    for (const [side, levels] of [
      [this.bids, frame.data.b],
      [this.asks, frame.data.a],
    ] as const) {
      for (const [price, size] of levels) {
        if (size === '0') expect(side.delete(price)).toBe(true);
        else side.set(price, size);
      }
    }
  }

  sorted(): { bids: [number, number][]; asks: [number, number][] } {
    const list = (side: Map<string, string>, sign: number): [number, number][] =>
      [...side].map(([price, size]): [number, number] => [Number(price), Number(size)]).sort((a, b) => sign * (a[0] - b[0]));
    return { bids: list(this.bids, -1), asks: list(this.asks, 1) };
  }
}

describe('a book window', () => {
  it.each<[Category, string, number]>([
    ['linear', 'BTCUSDT', 50],
    ['linear', 'DOGEUSDT', 200],
    ['spot', 'ETHUSDT', 50],
    ['spot', 'BTCUSDT', 1000],
    ['inverse', 'BTCUSD', 200],
    ['option', 'BTC-27MAR26-70000-P-USDT', 25],
    ['option', 'ETH-25DEC26-2400-C-USDT', 100],
  ])('of %s %s keeps exactly %i levels a side when its deltas are replayed, and equals the book', (category, symbol, depth) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 20, maxLength: 60, size: 'max' }),
        (seed, bursts) => {
          const market = marketOf(category, symbol, seed);
          const feed = new BookFeed(market, `orderbook.${depth}.${symbol}`, depth);
          feed.wake();
          const plain = new PlainBook();
          const [snapshot] = feed.first(BEGAN).map((text) => JSON.parse(text) as BookFrame);
          if (!snapshot) throw new Error('no snapshot');
          let { u } = snapshot.data;
          plain.apply(snapshot);
          const { priceScale, sizeScale } = market.instrument;
          const numbers = ([price, size]: UnitLevel): [number, number] => [
            Number((price / 10 ** priceScale).toFixed(priceScale)),
            Number((size / 10 ** sizeScale).toFixed(sizeScale)),
          ];
          for (const [i, events] of bursts.entries()) {
            for (let k = 0; k < events; k++) market.event(BEGAN + i * 20);
            for (const text of feed.next(BEGAN + i * 20)) {
              const delta = JSON.parse(text) as {
                type: string;
                data: { u: number; b: [string, string][]; a: [string, string][] };
              };
              expect(delta.type).toBe('delta');
              expect(delta.data.u).toBe(++u);
              expect(delta.data.b.length + delta.data.a.length).toBeGreaterThan(0);
              expect(delta.data.b.map(([price]) => Number(price))).toEqual(
                delta.data.b.map(([price]) => Number(price)).sort((x, y) => y - x),
              );
              expect(delta.data.a.map(([price]) => Number(price))).toEqual(
                delta.data.a.map(([price]) => Number(price)).sort((x, y) => x - y),
              );
              plain.apply(delta);
            }
            expect(plain.bids.size).toBe(depth);
            expect(plain.asks.size).toBe(depth);
          }
          const held = new BookWindow(market.book, depth);
          held.advance();
          const { bids, asks } = held.held();
          expect(plain.sorted()).toEqual({ bids: bids.map(numbers), asks: asks.map(numbers) });
        },
      ),
      { numRuns: depth >= 200 ? 5 : 20 },
    );
  });

  it('is told nothing when nothing in it changed', () => {
    const { instrument } = marketOf('linear', 'BTCUSDT', 1);
    const book = new OrderBook(instrument, instrument.startPrice, 1);
    const window = new BookWindow(book, 50);
    expect(window.advance()).toBeDefined();
    expect(window.advance()).toBeUndefined();
    const far = book.bids.prices[60] ?? 0;
    book.bids.set(far, 7);
    book.version++;
    expect(window.advance()).toBeUndefined();
  });
});

describe('an order book', () => {
  it('is never crossed, never empty, and has its sides in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom('BTCUSDT', 'XRPUSDT', '1000000BOBUSDT'),
        (seed, symbol) => {
          const market = marketOf('linear', symbol, seed);
          for (let i = 0; i < 2_000; i++) market.event(BEGAN + i);
          const { book } = market;
          expect(book.bestBid).toBeGreaterThan(0);
          expect(book.bestAsk).toBeGreaterThan(book.bestBid);
          expect(book.bids.prices).toEqual([...new Set(book.bids.prices)].sort((a, b) => b - a));
          expect(book.asks.prices).toEqual([...new Set(book.asks.prices)].sort((a, b) => a - b));
          expect([...book.bids.sizes, ...book.asks.sizes].every((size) => size > 0)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });
});
