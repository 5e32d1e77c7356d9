import fc from 'fast-check';
import { editDistance, nearestNames } from './nearest';

function naive(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  if (a[0] === b[0]) return naive(a.slice(1), b.slice(1));
  return 1 + Math.min(naive(a.slice(1), b), naive(a, b.slice(1)), naive(a.slice(1), b.slice(1)));
}

test('the edit distance is that of the textbook, cut at the bound', () => {
  const word = fc.string({ unit: fc.constantFrom('A', 'B', 'C'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 5 }), (a, b, bound) => {
      expect(editDistance(a, b, bound)).toBe(Math.min(naive(a, b), bound + 1));
    }),
  );
});

test('the nearest names come first, three at most', () => {
  const names = ['ETHUSDT', 'BTCUSDT', 'BTCPERP', 'BTCUSDC', 'SOLUSDT', 'BTCUSDT-26DEC25'];
  expect(nearestNames('BTCUSD', names)).toEqual(['BTCUSDC', 'BTCUSDT', 'BTCUSDT-26DEC25']);
  expect(nearestNames('ETHUSTD', names)).toEqual(['ETHUSDT', 'BTCUSDC', 'BTCUSDT']);
});

test('the beginning of a name is near to it, however long the rest', () => {
  expect(nearestNames('BTC', ['XBTC', 'BTCUSDT', 'ABC'])).toEqual(['XBTC', 'BTCUSDT', 'ABC']);
});

test('names that are too different, and questions that are too long, have no answer', () => {
  expect(nearestNames('NOSUCHTHING', ['BTCUSDT'])).toEqual([]);
  expect(nearestNames('A'.repeat(41), ['A'.repeat(41)])).toEqual([]);
});

test('many candidates give the same answer as sorting them all', () => {
  const name = fc.string({ unit: fc.constantFrom('A', 'B', 'C', 'D'), minLength: 3, maxLength: 6 });
  fc.assert(
    fc.property(name, fc.uniqueArray(name, { minLength: 20, maxLength: 60, size: 'max' }), (wanted, names) => {
      const distance = (other: string): number =>
        other.startsWith(wanted) || wanted.startsWith(other) ? 1 : editDistance(wanted, other, 4);
      const all = names
        .filter((other) => distance(other) <= 4)
        .sort((a, b) => distance(a) - distance(b) || a.length - b.length || (a < b ? -1 : 1));
      expect(nearestNames(wanted, names)).toEqual(all.slice(0, 3));
    }),
  );
});
