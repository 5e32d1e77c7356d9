import fc from 'fast-check';
import { percentOf } from './percent-change';

describe('percentOf', () => {
  it.each([
    ['0.041525', '4.15'],
    ['0.0144', '1.44'],
    ['0.00125', '0.13'],
    ['-0.00125', '-0.13'],
    ['0.00124999', '0.12'],
    ['-0.00004', '0.00'],
    ['0', '0.00'],
    ['1.005', '100.50'],
    ['12', '1200.00'],
    ['1e-3', '0.10'],
  ])('%s is %s percent', (fraction, percent) => {
    expect(percentOf(fraction)).toBe(percent);
  });

  it('rounds half away from zero where floats would not', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (millionths) => {
        const digits = String(Math.abs(millionths)).padStart(7, '0');
        const fraction = `${millionths < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
        const hundredths = Math.floor((Math.abs(millionths) + 50) / 100);
        const expected = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
        expect(percentOf(fraction)).toBe(millionths < 0 && hundredths > 0 ? `-${expected}` : expected);
      }),
    );
  });
});
