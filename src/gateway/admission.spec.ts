import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { Admission, refuse, type AdmissionLimits } from './admission';

function request(headers: Record<string, string | string[]>, remoteAddress: string | undefined = '10.0.0.9'): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

function admission(limits: Partial<AdmissionLimits> = {}, sessions = { active: 0, draining: false }): Admission {
  return new Admission({ maxClients: 2, allowedOrigins: ['*'], trustedProxies: 0, ...limits }, sessions);
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
    refuse(socket, { status: 503, code: 'CONNECTION_LIMIT', error: 'Full — later', retryAfterSeconds: 5 });
    await closed;
    const body = '{"error":"Full — later","code":"CONNECTION_LIMIT","details":null}';
    expect(Buffer.concat(chunks).toString()).toBe(
      'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${Buffer.byteLength(body)}\r\nRetry-After: 5\r\n\r\n${body}`,
    );
  });
});
