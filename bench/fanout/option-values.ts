/** @returns the one that is named so. Throws an error for the user when none is */
export function oneOf<Choice extends string>(option: string, choices: readonly Choice[], text: string): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(`--${option} must be one of ${choices.join(', ')}, not "${text}"`);
  return found;
}

/** @returns what is given, or the fallback. Throws an error for the user when it is no number above 0 */
export function numberAbove0(option: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!(value > 0)) throw new Error(`--${option} must be a number above 0, not "${String(text)}"`);
  return value;
}

/** The same for what is counted. */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!(Number.isInteger(value) && value > 0))
    throw new Error(`--${option} must be a whole number above 0, not "${String(text)}"`);
  return value;
}
