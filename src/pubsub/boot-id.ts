/**
 * Names one run of one process, so that no epoch of it can be that of another: when it began, and chance for those that began
 * together. Letters and digits.
 * @param now ms since 1970
 * @param random 0 ≤ n < 1
 */
export function bootId(now: number, random: () => number): string {
  return (
    now.toString(36) +
    Math.floor(random() * 36 ** 6)
      .toString(36)
      .padStart(6, '0')
  );
}
