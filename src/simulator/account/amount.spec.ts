import fc from 'fast-check';
import { amountOf, fixed, over, parseAmount, plain, rounded, times, toCoin, unitsOf } from './amount';

const amounts = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe('amounts', () => {
  it('are read as they are written', () => {
    fc.assert(fc.property(amounts, (amount) => expect(parseAmount(plain(amount))).toBe(amount)));
    expect(parseAmount('-0.000000000000000001')).toBe(-1n);
    expect(parseAmount('12')).toBe(12n * 10n ** 18n);
  });

  it.each(['', '-', '1.', '.5', '1e3', ' 1', '1,5', '0x1', '0.0000000000000000001', 1, null, undefined])('%j is none', (text) => {
    expect(parseAmount(text)).toBeUndefined();
  });

  it('go to whole units and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), fc.integer({ min: 0, max: 8 }), (units, scale) => {
        expect(unitsOf(amountOf(units, scale), scale)).toBe(units);
      }),
    );
  });

  it('are rounded half away from zero', () => {
    const half = 5n * 10n ** 9n;
    expect(plain(toCoin(half))).toBe('0.00000001');
    expect(plain(toCoin(-half))).toBe('-0.00000001');
    expect(plain(toCoin(half - 1n))).toBe('0');
    expect(fixed(parseAmount('1.005') ?? 0n, 2)).toBe('1.01');
    expect(rounded(7n, 18)).toBe(7n);
  });

  it('are multiplied without error as long as 18 decimals hold the product', () => {
    expect(plain(times(parseAmount('80682.12') ?? 0n, parseAmount('0.00055') ?? 0n))).toBe('44.375166');
    expect(over(1n, 0n)).toBe(0n);
    expect(plain(over(amountOf(1, 0), amountOf(4, 0)))).toBe('0.25');
  });
});
