/**
 * Prices and sizes are whole numbers of their smallest unit inside the model, so that nothing is ever rounded;
 * these two write them the two ways the exchange does. `scale` is the number of decimals of the unit.
 */

/** All decimals, trailing zeros kept: 8068200 at scale 2 is "80682.00". */
export function padded(units: number | bigint, scale: number): string {
  if (scale === 0) return units.toString();
  const negative = units < 0;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Without trailing zeros: 8068200 at scale 2 is "80682". */
export function trimmed(units: number | bigint, scale: number): string {
  return trimZeros(padded(units, scale));
}

/** "0.500" to "0.5", "3.00" to "3". */
export function trimZeros(text: string): string {
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  return text.slice(0, text.charCodeAt(end - 1) === 46 ? end - 1 : end);
}
