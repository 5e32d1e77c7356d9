import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { ManualClock } from '../../test/support/manual-clock';
import { Admission, refuse, type AdmissionLimits } from './admission';

function request(headers: Record<string, string | string[]>, remoteAddress: string | undefined = '10.0.0.9'): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

function admission(
  limits: Partial<AdmissionLimits> = {},
  sessions = { active: 0, draining: false },
  clock = new ManualClock(),
): Admission {
  return new Admission(
    { maxClients: 2, maxHandshakesPerSecond: 100, allowedOrigins: ['*'], trustedProxies: 0, ...limits },
    sessions,
    clock,
  );
}

describe('Admission', () => {
  it('refuses when full and when draining, with a time to come back', () => {
    expect(admission({}, { active: 1, draining: false }).judge(request({}))).toBeUndefined();
    expect(admission({}, { active: 2, draining: false }).judge(request({}))).toEqual({
      status: 503,
      code: 'CONNECTION_LIMIT',
      error: 'The limit of 2 clients is reached; connect again later.',
      retryAfterSeconds: 5,
    });
    expect(admission({}, { active: 0, draining: true }).judge(request({}))).toMatchObject({ status: 503, code: 'DRAINING' });
  });

  it('takes a burst of a quarter second, then a steady rate, and tells the others to come again', () => {
    const clock = new ManualClock();
    const gate = admission({ maxHandshakesPerSecond: 40 }, undefined, clock);
    const taken = (): number => Array.from({ length: 50 }, () => gate.judge(request({}))).filter((no) => no === undefined).length;
    expect(taken()).toBe(10);
    expect(gate.judge(request({}))).toEqual({
      status: 503,
      code: 'CONNECTING_TOO_FAST',
      error: 'Too many clients are connecting at once; connect again in a moment.',
      retryAfterSeconds: 1,
    });
    clock.advance(100);
    expect(taken()).toBe(4);
    clock.advance(60_000);
    expect(taken()).toBe(10);
  });

  it('takes one client at a time even at the lowest rate', () => {
    const clock = new ManualClock();
    const gate = admission({ maxHandshakesPerSecond: 1 }, undefined, clock);
    expect([gate.judge(request({}))?.code, gate.judge(request({}))?.code]).toEqual([undefined, 'CONNECTING_TOO_FAST']);
    clock.advance(1000);
    expect(gate.judge(request({}))).toBeUndefined();
  });

  it('counts no handshake of a client that is refused for another reason', () => {
    const gate = admission({ maxHandshakesPerSecond: 1, allowedOrigins: ['https://app.example'] });
    expect(gate.judge(request({ origin: 'https://evil.example' }))?.status).toBe(403);
    expect(gate.judge(request({}))).toBeUndefined();
  });

  it.each([
    [['*'], 'https://evil.example', undefined],
    [['https://app.example'], 'https://app.example', undefined],
    [['https://app.example'], undefined, undefined],
    [['https://app.example'], 'https://app.example.evil', 403],
    [['https://app.example'], 'null', 403],
  ])('with origins %j answers a request from %s with %s', (allowedOrigins, origin, status) => {
    expect(admission({ allowedOrigins }).judge(request(origin === undefined ? {} : { origin }))?.status).toBe(status);
  });

  it.each([
    [0, '1.1.1.1', '10.0.0.9'],
    [1, '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '6.6.6.6, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
    [2, '1.1.1.1', '10.0.0.9'],
    [1, '', '10.0.0.9'],
    [1, ['6.6.6.6', '1.1.1.1'], '1.1.1.1'],
  ])('behind %i trusted proxies takes %j for %s', (trustedProxies, forwarded, address) => {
    expect(admission({ trustedProxies }).addressOf(request({ 'x-forwarded-for': forwarded }))).toBe(address);
  });
});

describe('A refusal', () => {
  it('is a whole HTTP answer, after which the socket is let go', async () => {
    const socket = new PassThrough();
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    refuse(
      socket,
      { status: 503, code: 'CONNECTION_LIMIT', error: 'Full — later', retryAfterSeconds: 5 },
      { 'x-trace-id': 'mine' },
    );
    await closed;
    const body = '{"error":"Full — later","code":"CONNECTION_LIMIT","details":null}';
    expect(Buffer.concat(chunks).toString()).toBe(
      'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${Buffer.byteLength(body)}\r\nRetry-After: 5\r\nX-Trace-Id: mine\r\n\r\n${body}`,
    );
  });
});
