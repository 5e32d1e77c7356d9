import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace as traces, type Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type IdGenerator } from '@opentelemetry/sdk-trace-base';
import { newTraceId, type TraceParent } from './trace-id';
import type { Attributes, Span, Tracer } from './tracer';

const HEX_ID = /^[0-9a-f]{32}$/;
const KINDS = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER };
/** Waiting for a collector that is away; more are dropped. */
const MAX_WAITING = 10_000;
const SEND_EVERY_MS = 1000;
/** All tries of one batch: also how long a collector that is away may hold up the end. */
const SEND_WITHIN_MS = 1500;

/** Gives a root span the trace id that its request or event has already. */
class KnownTraceIds implements IdGenerator {
  known: string | undefined;

  generateTraceId(): string {
    return this.known ?? newTraceId();
  }

  generateSpanId(): string {
    return randomBytes(8).toString('hex');
  }
}

/** Sends spans to a collector over OTLP and HTTP, in batches. Loaded only when there is one. */
export class OpenTelemetry implements Tracer {
  private readonly ids = new KnownTraceIds();
  private readonly provider: BasicTracerProvider;

  /** @param endpoint without `/v1/traces`, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it */
  constructor(endpoint: string, about: { readonly name: string; readonly environment: string }) {
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    this.provider = new BasicTracerProvider({
      idGenerator: this.ids,
      resource: resourceFromAttributes({
        'service.name': about.name,
        'deployment.environment.name': about.environment,
      }),
      spanProcessors: [
        new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: SEND_WITHIN_MS }), {
          maxQueueSize: MAX_WAITING,
          scheduledDelayMillis: SEND_EVERY_MS,
        }),
      ],
    });
  }

  begin(name: string, kind: keyof typeof KINDS, trace: TraceParent, attributes: Attributes = {}, startedAt?: number): Span {
    this.ids.known = HEX_ID.test(trace.traceId) ? trace.traceId : undefined;
    const options = {
      kind: KINDS[kind],
      attributes: { ...attributes, 'tapecast.trace_id': trace.traceId },
      ...(startedAt !== undefined && { startTime: startedAt }),
    };
    const span = this.provider.getTracer('tapecast').startSpan(name, options, contextOf(trace));
    return {
      end: (more, failure) => {
        if (more) span.setAttributes(more);
        if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        span.end();
      },
    };
  }

  async stop(): Promise<void> {
    try {
      await this.provider.shutdown();
    } catch {
      // A collector that is away must not hold up the end.
    }
  }
}

/** Beneath the caller's span where it named one. */
function contextOf({ traceId, caller }: TraceParent): Context {
  if (!caller) return ROOT_CONTEXT;
  const traceFlags = caller.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return traces.setSpanContext(ROOT_CONTEXT, { traceId, spanId: caller.spanId, traceFlags, isRemote: true });
}
