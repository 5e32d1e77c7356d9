import type { Kline, Liquidation, OrderBookData, Ticker, Trade } from '../streams/message';

/** A data frame as docs/protocol.md describes it. */
export interface DataFrame {
  readonly stream: string;
  readonly type: 'snapshot' | 'update' | 'delta';
  readonly seq: number;
  readonly epoch?: string;
  readonly data: Ticker | Kline | OrderBookData | readonly Trade[] | readonly Liquidation[];
  readonly timestamp: number;
}

/** Anything else the server says: a reply, a status, a gap, an error. Which fields are there depends on `op`. */
export interface ControlFrame {
  readonly op: string;
  readonly message?: string;
  readonly code?: string;
  readonly args?: readonly string[];
  readonly rejected?: readonly { readonly arg: unknown; readonly reason: string }[] | null;
  readonly pending?: readonly string[];
  readonly streams?: readonly SubscribedStream[];
  readonly stream?: string;
  readonly market?: string;
  readonly state?: string;
  readonly reason?: string;
  readonly from?: number;
  readonly to?: number;
  readonly epoch?: string;
}

interface SubscribedStream {
  readonly arg: string;
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly recovered?: boolean;
}

export type Frame = DataFrame | ControlFrame;

export function isData(frame: Frame): frame is DataFrame {
  return 'data' in frame;
}
