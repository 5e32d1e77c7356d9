import type { Position } from '../pubsub/publication';
import type { ArgRefusal } from '../streams/arg';

/** Why an arg was not accepted. */
export interface RejectedArg {
  readonly arg: unknown;
  readonly reason: string;
  readonly code: ArgRefusal['code'] | 'UNKNOWN_SYMBOL' | 'LIMIT_EXCEEDED' | 'EXCHANGE_REJECTED';
}

export interface AcceptedArg {
  readonly arg: string;
  /** The stream's name without the brand. */
  readonly stream: string;
  readonly position: Position;
  /** Set when the client asked to resume this stream. */
  readonly recovered?: boolean;
}

export interface SubscribeOutcome {
  readonly accepted: readonly AcceptedArg[];
  readonly rejected: readonly RejectedArg[];
  /** Accepted args whose streams the exchange has not answered for yet. */
  readonly pending: readonly string[];
  /** Lets the data flow. To be called after the reply is queued, so that the reply comes first. */
  readonly release: () => void;
}
