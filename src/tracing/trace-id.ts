import { randomBytes } from 'node:crypto';

/** What ties together the lines, answers and rows that one request or one event leaves behind. */
export interface TraceParent {
  /** 32 hex, or what a caller sent in `X-Trace-Id`. */
  readonly traceId: string;
  /** The caller's span, of `traceparent` only. */
  readonly caller?: {
    /** 16 hex. */
    readonly spanId: string;
    /** Whether the caller keeps its spans of this trace; then ours are kept too. */
    readonly sampled: boolean;
  };
}

const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const OWN_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const ZEROES = /^0+$/;

/** 32 hex, as W3C Trace Context has them. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/**
 * What a caller says that its request belongs to: `traceparent` of W3C Trace Context, else `X-Trace-Id`, 1 to 64 of letters, digits, -
 * and _. One that is malformed counts as not sent; without any the id is new.
 */
export function traceParentOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): TraceParent {
  const { traceparent, 'x-trace-id': ownName } = headers;
  const [, version, traceId, spanId, flags, more] = (typeof traceparent === 'string' && TRACE_PARENT.exec(traceparent)) || [];
  // Version ff is forbidden, and only later versions than 00 may say more.
  const valid = version !== undefined && version !== 'ff' && (version !== '00' || more === undefined);
  if (valid && traceId && spanId && !ZEROES.test(traceId) && !ZEROES.test(spanId)) {
    return { traceId, caller: { spanId, sampled: (parseInt(flags ?? '', 16) & 1) === 1 } };
  }
  return { traceId: typeof ownName === 'string' && OWN_NAME.test(ownName) ? ownName : newTraceId() };
}
