/**
 * The native protocol's frames other than data, as types: docs/protocol.md states them for users. Data frames are encoded where they
 * are numbered.
 */
import type { ArgRefusal } from '../../streams/arg';

export type RequestId = string | number;

export interface Rejected {
  /** As the client sent it. */
  readonly arg: unknown;
  readonly reason: string;
  readonly code: ArgRefusal['code'] | 'UNKNOWN_SYMBOL' | 'LIMIT_EXCEEDED' | 'FORBIDDEN' | 'EXCHANGE_REJECTED';
}

export interface StreamEntry {
  readonly arg: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  /** Only in answer to a resume of this stream. */
  readonly recovered?: boolean;
}

export interface SubscribeReply {
  readonly op: 'subscribe';
  readonly id?: RequestId;
  readonly success: boolean;
  readonly args: readonly string[];
  readonly message: string;
  readonly rejected: readonly Rejected[] | null;
  readonly streams: readonly StreamEntry[];
  /** Accepted, but the exchange has not answered yet. */
  readonly pending?: readonly string[];
}

export interface UnsubscribeReply {
  readonly op: 'unsubscribe';
  readonly id?: RequestId;
  readonly success: boolean;
  readonly args: readonly string[];
  readonly message: string;
  /** Only when something could not be read. */
  readonly rejected?: readonly Rejected[];
}

export interface Pong {
  readonly op: 'pong';
  readonly id?: RequestId;
  readonly timestamp: number;
}

export interface ListReply {
  readonly op: 'list';
  readonly id?: RequestId;
  readonly streams: readonly StreamEntry[];
}

export interface ErrorReply {
  readonly op: 'error';
  readonly id?: RequestId;
  readonly code: string;
  readonly message: string;
}

export interface StatusNotice {
  readonly op: 'status';
  readonly market?: string;
  readonly stream?: string;
  readonly state: 'live' | 'stale' | 'resyncing' | 'unavailable';
  readonly reason: string;
  readonly since: number;
}

export interface GapNotice {
  readonly op: 'gap';
  readonly stream: string;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly reason: 'history_exceeded' | 'slow_consumer';
}

/** The fields of a reply that echo the request's id: only when it had one. */
export function echo(id: unknown): { id?: RequestId } {
  return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? { id } : {};
}
