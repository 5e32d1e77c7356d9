import { FakeCollector } from '../../test/support/fake-collector';
import { OpenTelemetry } from './open-telemetry';

const CALLER = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
let collector: FakeCollector;

beforeEach(async () => {
  collector = await FakeCollector.start();
});

afterEach(() => collector.stop());

describe('OpenTelemetry', () => {
  const about = { name: 'tapecast', environment: 'test' };

  it('sends spans to the collector with the trace ids that they have already', async () => {
    const tracer = new OpenTelemetry(`${collector.endpoint}/`, about);
    tracer
      .begin('GET /api/v1/streams', 'server', { traceId: TRACE, caller: { spanId: CALLER, sampled: true } })
      .end({ 'http.status': 200 });
    tracer.begin('event', 'producer', { traceId: TRACE }).end(undefined, 'the broker is away');
    tracer.begin('named otherwise', 'server', { traceId: 'order-7' }).end();
    tracer.begin('not kept by its caller', 'server', { traceId: TRACE, caller: { spanId: CALLER, sampled: false } }).end();
    await tracer.stop();
    expect(collector.requests).toEqual(['/v1/traces tapecast']);
    expect(collector.spans).toHaveLength(3);
    const [request, event, named] = collector.spans;
    expect(request).toMatchObject({ name: 'GET /api/v1/streams', traceId: TRACE, parentSpanId: CALLER, kind: 2 });
    expect(request?.attributes).toContainEqual({ key: 'http.status', value: { intValue: 200 } });
    expect(event).toMatchObject({ traceId: TRACE, kind: 4, status: { code: 2, message: 'the broker is away' } });
    expect(event?.parentSpanId).toBeUndefined();
    expect(named?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(named?.attributes).toContainEqual({ key: 'tapecast.trace_id', value: { stringValue: 'order-7' } });
  });

  it('stops also when the collector is away', async () => {
    const tracer = new OpenTelemetry('http://127.0.0.1:1', about);
    tracer.begin('lost', 'server', { traceId: TRACE }).end();
    await expect(tracer.stop()).resolves.toBeUndefined();
  });
});
