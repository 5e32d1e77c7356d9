import fc from 'fast-check';
import { NaiveBook } from '../../test/replay/naive';
import { levelChangesOf } from './level-change';
import { OrderBook } from './order-book';
import { BadFrameError } from './transform';

type Levels = [string, string][];

function bookOf(bids: Levels, asks: Levels, depth = 50): OrderBook {
  const book = new OrderBook(depth);
  book.replace(levelChangesOf(bids, 'bids'), levelChangesOf(asks, 'asks'));
  return book;
}

function apply(book: OrderBook, bids: Levels, asks: Levels): { bids: unknown; asks: unknown } {
  return book.apply(levelChangesOf(bids, 'bids'), levelChangesOf(asks, 'asks'));
}

describe('OrderBook', () => {
  it('inserts, updates and deletes', () => {
    const book = bookOf(
      [
        ['100', '1'],
        ['98', '1'],
      ],
      [['101', '1']],
    );
    apply(
      book,
      [
        ['99', '2'],
        ['98', '0'],
      ],
      [
        ['101', '5'],
        ['100.5', '3'],
      ],
    );
    expect(book.bids()).toEqual([
      ['100', '1'],
      ['99', '2'],
    ]);
    expect(book.asks()).toEqual([
      ['100.5', '3'],
      ['101', '5'],
    ]);
  });

  it('tolerates the delete of a level it does not hold, and does not pass it on', () => {
    const book = bookOf([['100', '1']], []);
    expect(apply(book, [['97', '0']], [['120', '0']])).toEqual({ bids: [], asks: [] });
    expect(book.bids()).toEqual([['100', '1']]);
  });

  it('takes two spellings of a price for one level and keeps the first', () => {
    const book = bookOf([['80682', '1']], []);
    expect(apply(book, [['80682.00', '2']], [])).toEqual({ bids: [['80682', '2']], asks: [] });
    expect(book.bids()).toEqual([['80682', '2']]);
    expect(apply(book, [['80682.0', '0']], [])).toEqual({ bids: [['80682', '0']], asks: [] });
    expect(book.bids()).toEqual([]);
  });

  it('orders by number, not by text', () => {
    expect(
      bookOf(
        [
          ['9', '1'],
          ['10', '1'],
          ['100', '1'],
        ],
        [],
      ).bids(),
    ).toEqual([
      ['100', '1'],
      ['10', '1'],
      ['9', '1'],
    ]);
  });

  it('answers changes best first, each price once, however they came', () => {
    const book = bookOf([], []);
    const delta = apply(
      book,
      [
        ['1', '1'],
        ['3', '1'],
        ['2', '1'],
        ['3', '4'],
      ],
      [
        ['7', '1'],
        ['5', '0.000'],
        ['6', '1'],
      ],
    );
    expect(delta).toEqual({
      bids: [
        ['3', '4'],
        ['2', '1'],
        ['1', '1'],
      ],
      asks: [
        ['6', '1'],
        ['7', '1'],
      ],
    });
  });

  it('finds fault with a crossed or locked book and with an overfull side', () => {
    expect(bookOf([['100', '1']], [['101', '1']]).fault).toBeUndefined();
    expect(bookOf([['100', '1']], []).fault).toBeUndefined();
    expect(bookOf([['101', '1']], [['101.0', '1']]).fault).toBe('crossed_book');
    expect(bookOf([['102', '1']], [['101', '1']]).fault).toBe('crossed_book');
    expect(
      bookOf(
        [
          ['100', '1'],
          ['99', '1'],
        ],
        [],
        1,
      ).fault,
    ).toBe('window_overflow');
    expect(
      bookOf(
        [],
        [
          ['100', '1'],
          ['99', '1'],
        ],
        1,
      ).fault,
    ).toBe('window_overflow');
  });

  it('refuses levels that are not pairs of decimals', () => {
    const wrong: unknown[] = [
      undefined,
      {},
      ['1'],
      [['1']],
      [['x', '1']],
      [['', '1']],
      [['1', 1]],
      [['-1', '1']],
      [['1', '1e5']],
      [['1', ' 1']],
      [['0x1', '1']],
    ];
    for (const levels of wrong) expect(() => levelChangesOf(levels, 'bids')).toThrow(BadFrameError);
  });

  it('is what a sorted map is, with its checksum, after any changes', () => {
    const level = fc.tuple(
      fc.integer({ min: 1, max: 60 }).map((tick) => (tick % 2 === 0 ? String(tick / 2) : (tick / 2).toFixed(2))),
      fc.oneof(fc.constant('0'), fc.integer({ min: 1, max: 9 }).map(String)),
    );
    const side = fc.uniqueArray(level, { selector: ([price]) => Number(price), maxLength: 20, size: 'max' });
    const step = fc.record({ whole: fc.boolean(), b: side, a: side });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const book = new OrderBook(1000);
        const naive = new NaiveBook();
        const listener = new NaiveBook();
        for (const { whole, b, a } of steps) {
          if (whole) {
            book.replace(levelChangesOf(b, 'bids'), levelChangesOf(a, 'asks'));
            naive.replace({ b, a });
            listener.replace({ b: book.bids(), a: book.asks() });
          } else {
            const delta = book.apply(levelChangesOf(b, 'bids'), levelChangesOf(a, 'asks'));
            naive.apply({ b, a });
            listener.apply({ b: delta.bids, a: delta.asks });
          }
          expect([book.bids(), book.asks(), book.checksum]).toEqual([naive.bids, naive.asks, naive.checksum]);
          expect([listener.bids, listener.asks]).toEqual([book.bids(), book.asks()]);
          expect(book.fault === 'crossed_book').toBe(naive.crossed);
        }
      }),
    );
  });
});
