import type { BreakerState } from '../connect-breaker';

/**
 * `off`: no account is configured, or nobody here wants its events. `connecting`: for the first time. `live`: pushed, and compared
 * with what the exchange answers. `stale`: not connected, or not compared since. `refused`: the exchange does not take the key.
 */
export type AccountState = 'off' | 'connecting' | 'live' | 'stale' | 'refused';

/** How the platform's own account is followed, for health and metrics. */
export interface AccountReport {
  readonly configured: boolean;
  readonly state: AccountState;
  /** Why it is not live; safe to show. */
  readonly reason: string;
  /** When this state began, ms. */
  readonly since: number;
  readonly reconnects: number;
  /** When the newest frame of the account was read, ms; null before the first. */
  readonly lastMessageAt: number | null;
  /** Of the key when it was refused, else of the connection. */
  readonly breaker: BreakerState;
  /** Comparisons with the exchange, by outcome: ok, partial, failed. */
  readonly syncs: Readonly<Record<string, number>>;
  /** When the newest complete comparison ended, ms; null before the first. */
  readonly lastSyncAt: number | null;
  /** Events told, by kind and origin: `order.push`. */
  readonly events: Readonly<Record<string, number>>;
  /** Pushes that were older than what a comparison had told, or were told before, by kind. */
  readonly outdated: Readonly<Record<string, number>>;
  /** Frames, and parts of frames and answers, that could not be used, by reason. */
  readonly bad: Readonly<Record<string, number>>;
}
