import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { OpenTelemetry } from './open-telemetry';

interface SentSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

const CALLER = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
let collector: Server;
let endpoint: string;
const sent: { path: string | undefined; service: unknown; spans: readonly SentSpan[] }[] = [];

async function collect(request: IncomingMessage): Promise<void> {
  const body = (await json(request)) as {
    resourceSpans: {
      resource: { attributes: { key: string; value: { stringValue: string } }[] };
      scopeSpans: { spans: SentSpan[] }[];
    }[];
  };
  for (const { resource, scopeSpans } of body.resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
    sent.push({ path: request.url, service, spans: scopeSpans.flatMap(({ spans }) => spans) });
  }
}

beforeEach(async () => {
  sent.length = 0;
  collector = createServer((request, response) => {
    void collect(request).then(() => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterEach(async () => {
  collector.closeAllConnections();
  collector.close();
  await once(collector, 'close');
});

describe('OpenTelemetry', () => {
  const about = { name: 'tapecast', environment: 'test' };

  it('sends spans to the collector with the trace ids that they have already', async () => {
    const tracer = new OpenTelemetry(`${endpoint}/`, about);
    tracer
      .begin('GET /api/v1/streams', 'server', { traceId: TRACE, caller: { spanId: CALLER, sampled: true } })
      .end({ 'http.status': 200 });
    tracer.begin('event', 'producer', { traceId: TRACE }).end(undefined, 'the broker is away');
    tracer.begin('named otherwise', 'server', { traceId: 'order-7' }).end();
    tracer.begin('not kept by its caller', 'server', { traceId: TRACE, caller: { spanId: CALLER, sampled: false } }).end();
    await tracer.stop();
    expect(sent.map(({ path, service }) => [path, service])).toEqual([['/v1/traces', 'tapecast']]);
    expect(sent[0]?.spans).toHaveLength(3);
    const [request, event, named] = sent[0]?.spans ?? [];
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
