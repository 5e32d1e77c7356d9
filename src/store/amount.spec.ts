import fc from 'fast-check';
import { amountOf } from './amount';

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));

describe('an amount for a column', () => {
  it('is what was written when 20 digits and 18 decimals hold it', () => {
    fc.assert(
      fc.property(fc.constantFrom('', '-', '+'), digits(20), fc.option(digits(18)), (sign, whole, decimals) => {
        const text = `${sign}${whole}${decimals === null ? '' : `.${decimals}`}`;
        expect(amountOf(text)).toBe(text);
      }),
    );
  });

  it('is cut off after 18 decimals', () => {
    fc.assert(
      fc.property(digits(20), digits(18), digits(9), (whole, decimals, beyond) => {
        const kept = decimals.padEnd(18, '7');
        expect(amountOf(`-${whole}.${kept}${beyond}`)).toBe(`-${whole}.${kept}`);
      }),
    );
  });

  it.each(['', ' ', '1.', '.5', '1e3', 'NaN', 'Infinity', '1,5', '0x1', '123456789012345678901', '--1', '1\0'])(
    'is unknown for %j',
    (text) => {
      expect(amountOf(text)).toBeNull();
    },
  );

  it('is unknown when it was', () => {
    expect(amountOf(null)).toBeNull();
  });
});
