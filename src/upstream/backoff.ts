export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly multiplier: number;
}

/**
 * How long to wait before try number `attempt` (0 is the first one after a success), ms: exponential with full jitter, anywhere
 * between nothing and the bound, so that many gateways that lost the exchange together do not come back together.
 */
export function backoffMs(options: BackoffOptions, attempt: number, random: () => number): number {
  return random() * Math.min(options.maxMs, options.initialMs * options.multiplier ** attempt);
}
