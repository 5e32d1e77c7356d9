import type { ExchangeMarket } from '../streams/stream';
import type { Category } from './bybit/topics';
import type { BreakerState } from './connect-breaker';

/** How one market stands with the exchange, for health, stats and metrics. */
export interface MarketReport {
  readonly market: ExchangeMarket;
  readonly category: Category;
  /** All the connections that the wanted topics need are open. False, and no trouble, when no topic is wanted. */
  readonly connected: boolean;
  readonly connections: number;
  readonly wantedTopics: number;
  /** Topics that the exchange has accepted. */
  readonly subscribedTopics: number;
  /** Data frames since the start. */
  readonly messagesReceived: number;
  readonly reconnects: number;
  /** When the newest data frame was read, ms; null before the first. */
  readonly lastMessageAt: number | null;
  /** How long a connection with busy topics may be silent now, ms. */
  readonly silenceDeadlineMs: number;
  readonly breaker: BreakerState;
}
