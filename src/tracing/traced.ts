import type { IncomingMessage, ServerResponse } from 'node:http';
import { traceParentOf, type TraceParent } from './trace-id';

const TRACES = new WeakMap<ServerResponse, TraceParent>();

/** Express middleware: every answer says which trace it belongs to, whatever becomes of the request. */
export function traced(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const trace = traceParentOf(request.headers);
  TRACES.set(response, trace);
  response.setHeader('X-Trace-Id', trace.traceId);
  next();
}

/** The trace of an answer that went through {@link traced}. */
export function traceOf(response: ServerResponse): TraceParent {
  return TRACES.get(response) ?? { traceId: '' };
}
