/** 20 digits before the point and 18 after it are what numeric(38,18) holds. */
const HELD = /^([+-]?\d{1,20})(?:(\.\d{1,18})\d*)?$/;

/**
 * An amount as its column takes it. Null for what is no decimal number or has more digits than any column holds: one odd value must
 * not keep all that comes after it from being stored. What lies beyond 18 decimals is cut off.
 */
export function amountOf(text: string | null): string | null {
  const held = text === null ? null : HELD.exec(text);
  return held ? `${held[1] ?? ''}${held[2] ?? ''}` : null;
}
