/** Why we end a connection; the number tells a client whether to come back. docs/protocol.md lists them for users. */
export const CloseCode = {
  GOING_AWAY: 1001,
  TOO_BIG: 1009,
  IDLE: 4000,
  LIMIT: 4003,
  TOO_SLOW: 4008,
  RATE_ABUSE: 4029,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

const KNOWN = new Set([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4000, 4001, 4003, 4008, 4029]);

/** A metrics label with a bounded set of values: clients may send any code. */
export function closeLabel(code: number): string {
  return KNOWN.has(code) ? String(code) : 'other';
}
