/** A place in a stream, as clients name it. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** A frame of the native protocol. Clients that got the same text may share one. */
export interface Frame {
  readonly op?: string;
  readonly stream?: string;
  readonly type?: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly data?: unknown;
  readonly [field: string]: unknown;
}

/** What happened to a client; `at` in milliseconds of one clock for all clients. */
export type Entry =
  /** Connected, and subscribed with these places to resume from. */
  | { readonly kind: 'opened'; readonly at: number; readonly where: string; readonly resume: Readonly<Record<string, Position>> }
  | { readonly kind: 'frame'; readonly at: number; readonly frame: Frame }
  | { readonly kind: 'closed'; readonly at: number; readonly code: number; readonly reason: string };

export interface ClientLog {
  readonly client: string;
  readonly entries: readonly Entry[];
}

const STATE_KINDS = new Set(['ticker', 'kline', 'orderbook']);

/** The kind in `mudrex.futures.ticker.BTCUSDT`. */
export function kindOf(stream: string): string {
  return stream.split('.')[2] ?? '';
}

export function isState(stream: string): boolean {
  return STATE_KINDS.has(kindOf(stream));
}
