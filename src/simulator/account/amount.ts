import { padded, trimmed } from '../decimal';

/**
 * The account counts in whole numbers of 10^-18: sizes, prices, values, fees and balances alike, so that price x size x fee
 * rate is exact and sums agree to the last digit.
 */
const SCALE = 18;
const ONE = 10n ** 18n;
const POWERS = Array.from({ length: SCALE + 1 }, (_, i) => 10n ** BigInt(i));
/** Decimals of a coin's balance, and of fees and profits. */
const COIN_DECIMALS = 8;

/** Whole units of 10^-scale, as the market model counts. */
export function amountOf(units: number | bigint, scale: number): bigint {
  return BigInt(units) * (POWERS[SCALE - scale] ?? 1n);
}

/** Back to whole units of 10^-scale, rounded towards zero. */
export function unitsOf(amount: bigint, scale: number): number {
  return Number(amount / (POWERS[SCALE - scale] ?? 1n));
}

/** Reads "-12.5"; undefined for anything that is not a plain decimal of at most 18 decimals. */
export function parseAmount(text: unknown): bigint | undefined {
  const match = typeof text === 'string' ? /^(-?)(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text) : null;
  if (!match) return undefined;
  const amount = BigInt((match[2] ?? '') + (match[3] ?? '').padEnd(SCALE, '0'));
  return match[1] ? -amount : amount;
}

/** Product, rounded towards zero. */
export function times(a: bigint, b: bigint): bigint {
  return (a * b) / ONE;
}

/** Quotient, rounded towards zero; 0 when there is nothing to divide by. */
export function over(a: bigint, b: bigint): bigint {
  return b === 0n ? 0n : (a * ONE) / b;
}

/** Rounded to what a coin is counted in, half away from zero. */
export function toCoin(amount: bigint): bigint {
  return rounded(amount, COIN_DECIMALS);
}

export function rounded(amount: bigint, decimals: number): bigint {
  const unit = POWERS[SCALE - decimals] ?? 1n;
  const half = amount < 0n ? -unit / 2n : unit / 2n;
  return ((amount + half) / unit) * unit;
}

/** "0.5", without trailing zeros. */
export function plain(amount: bigint): string {
  return trimmed(amount, SCALE);
}

/** "0.500", rounded to so many decimals. */
export function fixed(amount: bigint, decimals: number): string {
  return padded(rounded(amount, decimals) / (POWERS[SCALE - decimals] ?? 1n), decimals);
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
