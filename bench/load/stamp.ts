/** Sixteen digits whatever the machine's uptime, so that every message has the same length. */
const BASE = 1_000_000_000_000_000;
const DIGITS = 16;

/**
 * Microseconds on the clock that all processes of one machine share (Linux and macOS), so publisher and clients need not agree
 * on the time of day.
 */
export function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return BASE + seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}

const MARK = Buffer.from('"turnover24h":"');

/** The time of sending that a message carries in `turnover24h`; undefined when it has none. */
export function stampIn(message: Buffer): number | undefined {
  const at = message.indexOf(MARK);
  if (at < 0) return undefined;
  const start = at + MARK.length;
  let stamp = 0;
  for (let i = start; i < start + DIGITS; i++) {
    const digit = (message[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return undefined;
    stamp = stamp * 10 + digit;
  }
  return stamp;
}
