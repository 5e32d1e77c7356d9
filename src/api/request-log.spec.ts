import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ManualClock } from '../../test/support/manual-clock';
import { currentTraceId } from '../tracing/trace-context';
import { traced } from '../tracing/traced';
import type { Attributes, Tracer } from '../tracing/tracer';
import { RequestLog } from './request-log';

const NOW = 1_700_000_000_000;

function exchange(request: object, answer: object) {
  const clock = new ManualClock(NOW);
  const lines: object[] = [];
  const spans: unknown[] = [];
  const tracer: Tracer = {
    begin: (name, kind, trace, attributes?: Attributes, startedAt?: number) => {
      spans.push([name, kind, trace.traceId, attributes, startedAt]);
      return { end: (_more, failure) => void spans.push(failure ?? 'well') };
    },
    stop: () => Promise.resolve(),
  };
  const log = new RequestLog(
    { info: (fields) => lines.push({ level: 'info', ...fields }), debug: (fields) => lines.push({ level: 'debug', ...fields }) },
    clock,
    tracer,
  );
  const incoming = { headers: { 'x-trace-id': 'mine' }, ...request } as unknown as IncomingMessage;
  const response = Object.assign(new EventEmitter(), { setHeader: () => undefined, ...answer }) as unknown as ServerResponse;
  traced(incoming, response, () => {
    log.open(incoming, response, (logged) => {
      logged.key = 'desk';
      clock.advance(12);
      expect(currentTraceId()).toBe('mine');
    });
  });
  response.emit('close');
  return { lines, spans };
}

describe('RequestLog', () => {
  it('writes a line and a span when the answer is complete', () => {
    const request = { method: 'GET', url: '/x?secret=1', route: { path: '/api/v1/streams' } };
    const { lines, spans } = exchange(request, { statusCode: 200, writableFinished: true });
    expect(lines).toEqual([
      { level: 'info', method: 'GET', route: '/api/v1/streams', status: 200, ms: 12, key: 'desk', trace_id: 'mine' },
    ]);
    const about = { 'http.request.method': 'GET', 'http.route': '/api/v1/streams', 'http.response.status_code': 200 };
    expect(spans).toEqual([['GET /api/v1/streams', 'server', 'mine', about, NOW], 'well']);
  });

  it('tells a failure of ours as such', () => {
    const { spans } = exchange({ method: 'GET', originalUrl: '/api/v1/a?b' }, { statusCode: 503, writableFinished: true });
    expect(spans[1]).toBe('status 503');
  });

  it('writes 499 for a caller that went away', () => {
    const { lines } = exchange({ method: 'GET', originalUrl: '/api/v1/streams' }, { statusCode: 200, writableFinished: false });
    expect(lines).toMatchObject([{ status: 499, route: '/api/v1/streams' }]);
  });

  it.each([
    ['/api/v1/nothing?secret=1', '/api/v1/nothing'],
    ['/api/v1/subscriptions/by-service/', '/api/v1/subscriptions/by-service/'],
    ['/api/v1/subscriptions/7c9e6679-7425-40de-944b-e07fc1f90ae7', '/api/v1/subscriptions/*'],
    ['/api/v1/lVq0DsRCEkf8J4cPKDbXJ6K9vIBJjBgPDyY3gYvYd5M', '/api/v1/*'],
    [`/api/v1/${'x/'.repeat(500)}`, `/api/v1/${'x/'.repeat(60)}`],
    ['/api/v1/%0Aforged', '/api/v1/*'],
  ])('writes of %s, which no route took, no more than words: %s', (originalUrl, route) => {
    const { lines } = exchange({ method: 'GET', originalUrl }, { statusCode: 404, writableFinished: true });
    expect(lines).toMatchObject([{ route }]);
  });

  it('keeps quiet about those who guess keys', () => {
    const { lines } = exchange({ method: 'GET', url: '/' }, { statusCode: 429, writableFinished: true });
    expect(lines).toMatchObject([{ level: 'debug', status: 429 }]);
  });
});
