import { FakeCollector } from '../support/fake-collector';
import { GatewayProcess } from '../support/gateway-process';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

describe('OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('has a span of every call to the REST interface sent to the collector, beneath the span of its caller', async () => {
    const collector = await FakeCollector.start();
    const gateway = await GatewayProcess.start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
    const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/streams?x=1`, { headers });
    expect([answer.status, answer.headers.get('x-trace-id')]).toEqual([503, TRACE]);
    // What waits is sent at the end.
    expect(await gateway.stop()).toBe(0);
    expect(collector.requests).toEqual(['/v1/traces tapecast']);
    expect(collector.spans).toMatchObject([
      { name: 'GET /api/v1/streams', traceId: TRACE, parentSpanId: CALLER, status: { code: 2 } },
    ]);
    await collector.stop();
  });

  it('that nobody answers at holds up nothing', async () => {
    const gateway = await GatewayProcess.start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await fetch(`http://127.0.0.1:${gateway.port}/api/v1/streams`)).status).toBe(503);
    expect(await gateway.stop()).toBe(0);
  });
});
