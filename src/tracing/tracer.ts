import type { TraceParent } from './trace-id';

/** What may be known of a piece of work; no secrets, no bodies. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  /** @param failure why it failed, safe to show; without it the work went well */
  end(attributes?: Attributes, failure?: string): void;
}

/**
 * Where spans go. There is one only when a collector is configured: whoever has spans to tell asks `tracer?.begin(…)`, which costs
 * nothing otherwise.
 */
export interface Tracer {
  /** @param startedAt ms since 1970; now when left out */
  begin(name: string, kind: 'server' | 'producer', trace: TraceParent, attributes?: Attributes, startedAt?: number): Span;
  /** Sends what waits. Resolves also when the collector cannot be reached. */
  stop(): Promise<void>;
}
