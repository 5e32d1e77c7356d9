/** Seconds from a time in ms until now, to the millisecond; null when it has not happened. */
export function secondsSince(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, Math.round(now - at)) / 1000;
}
