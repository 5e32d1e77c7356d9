import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock/clock';
import { traceOf } from '../tracing/traced';
import { withTraceId } from '../tracing/trace-context';
import type { Tracer } from '../tracing/tracer';

/** What is known of a request only later. */
export interface Logged {
  /** The name of its key, never the key. */
  key: string | null;
}

interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: string;
  readonly originalUrl?: string;
  /** Of the router, once it has found one. */
  readonly route?: { readonly path: unknown };
}

const MAX_PATH = 128;
/** A word of a path. What is none, or longer, may be a value, and somebody's key. */
const WORD = /^(v\d|[a-z-]{0,20})$/i;

/** One line, and one span where there is a tracer, for every request to the REST interface. */
export class RequestLog {
  constructor(
    private readonly log: {
      info(fields: object, message: string): void;
      debug(fields: object, message: string): void;
    },
    private readonly clock: Pick<Clock, 'now' | 'monotonic'>,
    private readonly tracer: Tracer | null,
  ) {}

  /** Runs `work` with the request's trace id for all lines that are logged in it. */
  open(request: RoutedRequest, response: ServerResponse, work: (logged: Logged) => void): void {
    const begun = this.clock.monotonic();
    const startedAt = this.clock.now();
    const trace = traceOf(response);
    const logged: Logged = { key: null };
    response.once('close', () => {
      const { method = '' } = request;
      // A client that went away was answered nothing.
      const status = response.writableFinished ? response.statusCode : 499;
      const ms = Math.round((this.clock.monotonic() - begun) * 100) / 100;
      const route = routeOf(request);
      const fields = { method, route, status, ms, key: logged.key, trace_id: trace.traceId };
      // Whoever guesses keys is not to fill the log.
      if (status === 429) this.log.debug(fields, 'API request');
      else this.log.info(fields, 'API request');
      const about = { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status };
      const failure = status >= 500 ? `status ${status}` : undefined;
      this.tracer?.begin(`${method} ${route}`, 'server', trace, about, startedAt).end(undefined, failure);
    });
    withTraceId(trace.traceId, response, () => work(logged));
  }
}

/** As the router knows it: `/api/v1/subscriptions/:id`; the words of the path, never the query, of what it does not know. */
function routeOf({ route, originalUrl, url = '' }: RoutedRequest): string {
  if (typeof route?.path === 'string') return route.path;
  const [path = ''] = (originalUrl ?? url).split('?', 1);
  const segments = path.slice(0, MAX_PATH).split('/');
  return segments.map((segment) => (WORD.test(segment) ? segment : '*')).join('/');
}
