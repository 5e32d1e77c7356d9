import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock/clock';
import { traceParentOf } from '../tracing/trace-id';
import { TokenBucket } from './token-bucket';

/** Why a connection is not upgraded, as an HTTP answer. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 503;
  readonly code: string;
  readonly error: string;
  readonly retryAfterSeconds?: number;
}

export interface AdmissionLimits {
  readonly maxClients: number;
  /** New connections: more would take the time that delivery needs. */
  readonly maxHandshakesPerSecond: number;
  /** `*` or a list; requests without an Origin header are no browsers and always pass. */
  readonly allowedOrigins: readonly string[];
  /** Proxies in front whose `X-Forwarded-For` entry is believed. */
  readonly trustedProxies: number;
}

/** A quarter of a second's handshakes may come at once: what they take of the loop stays below what delivery notices. */
const BURST_SHARE = 4;

/** Decides before the upgrade who may come in. */
export class Admission {
  private readonly handshakes: TokenBucket;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly sessions: { readonly active: number; readonly draining: boolean },
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {
    const perSecond = limits.maxHandshakesPerSecond;
    this.handshakes = new TokenBucket(perSecond, Math.max(1, perSecond / BURST_SHARE), clock.monotonic());
  }

  /** Whether one more client can be taken at all. */
  get full(): boolean {
    return this.sessions.active >= this.limits.maxClients;
  }

  judge(request: IncomingMessage): Refusal | undefined {
    if (this.sessions.draining) {
      return { status: 503, code: 'DRAINING', error: 'This replica is shutting down; connect again.', retryAfterSeconds: 1 };
    }
    if (this.full) {
      const error = `The limit of ${this.limits.maxClients} clients is reached; connect again later.`;
      return { status: 503, code: 'CONNECTION_LIMIT', error, retryAfterSeconds: 5 };
    }
    const { origin } = request.headers;
    if (origin !== undefined && !this.limits.allowedOrigins.includes('*') && !this.limits.allowedOrigins.includes(origin)) {
      return { status: 403, code: 'ORIGIN_NOT_ALLOWED', error: 'This origin may not connect; ask the operator to allow it.' };
    }
    if (!this.handshakes.take(this.clock.monotonic())) {
      const error = 'Too many clients are connecting at once; connect again in a moment.';
      return { status: 503, code: 'CONNECTING_TOO_FAST', error, retryAfterSeconds: 1 };
    }
    return undefined;
  }

  /**
   * The client's address: the peer's, or, behind n trusted proxies, the n-th entry of `X-Forwarded-For` from the right. What stands
   * further left was written by the client itself.
   */
  addressOf(request: IncomingMessage): string {
    const peer = request.socket.remoteAddress ?? 'unknown';
    if (this.limits.trustedProxies === 0) return peer;
    const header = request.headers['x-forwarded-for'];
    const entries = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((entry) => entry.trim());
    const entry = entries.at(-this.limits.trustedProxies);
    return entry !== undefined && entry !== '' ? entry.slice(0, 64) : peer;
  }
}

const REASON_PHRASES = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};

/** Answers an upgrade request with an HTTP error, in the trace that it names, and ends the connection. */
export function refuse(
  socket: Duplex,
  { status, code, error, retryAfterSeconds }: Refusal,
  headers: IncomingMessage['headers'],
): void {
  const body = JSON.stringify({ error, code, details: null });
  // A client that keeps its side open must not keep ours.
  socket.once('finish', () => socket.destroy());
  const retry = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`;
  socket.end(
    `HTTP/1.1 ${status} ${REASON_PHRASES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${retry}X-Trace-Id: ${traceParentOf(headers).traceId}\r\n\r\n${body}`,
  );
}
