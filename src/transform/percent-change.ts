import Big from 'big.js';

/**
 * A fraction as percent with 2 decimals: "0.041525" -> "4.15". Computed on decimals; a tie goes away from zero
 * ("0.00125" -> "0.13", "-0.00125" -> "-0.13"), and what rounds to nothing has no sign: "0.00".
 */
export function percentOf(fraction: string): string {
  const percent = new Big(fraction).times(100).toFixed(2, Big.roundHalfUp);
  return percent === '-0.00' ? '0.00' : percent;
}
