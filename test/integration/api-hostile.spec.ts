/** What clumsy and hostile callers send to the REST interface: each gets the one shape of error, or what it asked for. */
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ApiApp, KEY } from '../support/api-app';
import { ModelServices } from '../support/model-services';

const SUBSCRIPTIONS = '/api/v1/subscriptions';
const HISTORY = '/api/v1/balances/history';
const SYNC = '/api/v1/balances/sync';
const TICKER = '"channel_type":"ticker","requesting_service":"a"';
const LONG = 'a'.repeat(7000);

let services: ModelServices;
let api: ApiApp;

beforeAll(async () => {
  services = new ModelServices({ account: true });
  api = await ApiApp.start(services.api);
});

beforeEach(() => (api.log.length = 0));

afterAll(async () => {
  await api.stop();
  await services.stop();
});

interface Sent {
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** To the letter: nothing is put right on its way. A body is JSON unless it says otherwise. */
function call(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const sent = {
      'X-API-Key': KEY,
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    const outgoing = send(`${api.base}${SUBSCRIPTIONS}`, { method, path, headers: sent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('a request that cannot be meant', () => {
  it.each<[string, string, string, Sent, number, string]>([
    ['null', 'POST', SUBSCRIPTIONS, { body: 'null' }, 400, 'BAD_REQUEST'],
    ['a text', 'POST', SUBSCRIPTIONS, { body: '"x"' }, 400, 'BAD_REQUEST'],
    ['a list', 'POST', SUBSCRIPTIONS, { body: '[]' }, 400, 'VALIDATION_ERROR'],
    ['a list where nothing is taken', 'POST', SYNC, { body: '[]' }, 400, 'VALIDATION_ERROR'],
    [
      'lists 45 000 deep in a field',
      'POST',
      SUBSCRIPTIONS,
      { body: `{${TICKER},"symbol":${'['.repeat(45_000)}${']'.repeat(45_000)}}` },
      400,
      'VALIDATION_ERROR',
    ],
    [
      'objects 15 000 deep',
      'POST',
      SUBSCRIPTIONS,
      { body: `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}` },
      400,
      'VALIDATION_ERROR',
    ],
    [
      'a symbol with a zero byte',
      'POST',
      SUBSCRIPTIONS,
      { body: `{${TICKER},"symbol":"BTC\\u0000USDT"}` },
      400,
      'INVALID_SYMBOL',
    ],
    ['half a character', 'POST', SUBSCRIPTIONS, { body: `{${TICKER},"topic":"ticker:BTC\\ud800"}` }, 400, 'INVALID_TOPIC'],
    [
      'bytes that are no text',
      'POST',
      SUBSCRIPTIONS,
      { body: Buffer.from(`{${TICKER},"symbol":"\xff\xfe"}`, 'latin1') },
      400,
      'INVALID_SYMBOL',
    ],
    [
      'what is not compressed as it says',
      'POST',
      SUBSCRIPTIONS,
      { headers: { 'Content-Encoding': 'gzip' }, body: '{}' },
      400,
      'BAD_REQUEST',
    ],
    [
      'little that becomes much',
      'POST',
      SUBSCRIPTIONS,
      { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000_000)) },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'an unknown encoding',
      'POST',
      SUBSCRIPTIONS,
      { headers: { 'Content-Encoding': 'zzz' }, body: '{}' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no content type', 'POST', SUBSCRIPTIONS, { headers: { 'Content-Type': '' }, body: '{}' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'another method in a header',
      'POST',
      SUBSCRIPTIONS,
      { headers: { 'X-HTTP-Method-Override': 'DELETE' } },
      400,
      'VALIDATION_ERROR',
    ],
    ['a body where none is taken', 'GET', SUBSCRIPTIONS, { body: '{}' }, 400, 'VALIDATION_ERROR'],
    ['too large an offset', 'GET', `${SUBSCRIPTIONS}?offset=9007199254740992`, {}, 400, 'VALIDATION_ERROR'],
    ['an endless limit', 'GET', `${SUBSCRIPTIONS}?limit=${'9'.repeat(8000)}`, {}, 400, 'VALIDATION_ERROR'],
    ['an endless parameter', 'GET', `${SUBSCRIPTIONS}?${LONG}=1`, {}, 400, 'VALIDATION_ERROR'],
    ['a day that is none', 'GET', `${HISTORY}?from=2026-02-29T00:00:00Z`, {}, 400, 'VALIDATION_ERROR'],
    ['a time before there were any', 'GET', `${HISTORY}?to=0000-01-01T00:00:00Z`, {}, 400, 'VALIDATION_ERROR'],
    ['an id of a zero byte', 'GET', `${SUBSCRIPTIONS}/%00`, {}, 400, 'VALIDATION_ERROR'],
    ['an endless id', 'DELETE', `${SUBSCRIPTIONS}/${LONG}`, {}, 400, 'VALIDATION_ERROR'],
    ['an empty segment', 'GET', '/api/v1//subscriptions', {}, 404, 'NOT_FOUND'],
    ['a slash too many', 'GET', '//api/v1/subscriptions', {}, 404, 'NOT_FOUND'],
    ['an encoded slash', 'GET', '/api%2Fv1/subscriptions', {}, 404, 'NOT_FOUND'],
    ['a way out', 'GET', '/docs/..%2f..%2fpackage.json', {}, 404, 'NOT_FOUND'],
    ['OPTIONS', 'OPTIONS', SUBSCRIPTIONS, {}, 405, 'METHOD_NOT_ALLOWED'],
    ['TRACE', 'TRACE', SUBSCRIPTIONS, {}, 405, 'METHOD_NOT_ALLOWED'],
    ['PROPFIND', 'PROPFIND', SUBSCRIPTIONS, {}, 405, 'METHOD_NOT_ALLOWED'],
    ['an endless key', 'GET', SUBSCRIPTIONS, { headers: { 'X-API-Key': LONG } }, 401, 'UNAUTHORIZED'],
    ['two keys', 'GET', SUBSCRIPTIONS, { headers: { 'X-API-Key': [KEY, KEY] } }, 401, 'UNAUTHORIZED'],
    ['a key of other letters', 'GET', SUBSCRIPTIONS, { headers: { 'X-API-Key': 'é' } }, 401, 'UNAUTHORIZED'],
    ['its key alone in the address', 'GET', `${SUBSCRIPTIONS}?${KEY}`, { headers: { 'X-API-Key': '' } }, 400, 'VALIDATION_ERROR'],
    ['its key in the path', 'GET', `/api/v1/${KEY}`, {}, 404, 'NOT_FOUND'],
  ])(
    'such as %s is refused in the one shape, with a trace and with nothing of the inside',
    async (_what, method, path, sent, status, code) => {
      const { headers, text, ...answer } = await call(method, path, sent);
      const body = JSON.parse(text) as Record<string, unknown>;
      expect([answer.status, body['code']]).toEqual([status, code]);
      expect([Object.keys(body), headers['content-type']]).toEqual([
        ['error', 'code', 'details'],
        'application/json; charset=utf-8',
      ]);
      expect(headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(text).not.toMatch(/node_modules|RangeError|SyntaxError|\bat \w+ \(/);
      expect(text.length).toBeLessThan(5000);
      expect(JSON.stringify(api.log)).not.toContain(KEY);
      expect(api.log.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('has its answer in the headers alone when it is a HEAD', async () => {
    const found = await call('HEAD', SUBSCRIPTIONS);
    expect([found.status, found.text, found.headers['x-trace-id']]).toEqual([200, '', expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const refused = await call('HEAD', SYNC);
    expect([refused.status, refused.text, refused.headers.allow]).toEqual([405, '', 'POST']);
  });
});

it('with more headers than Node takes is answered by Node itself, without a body and without a trace, as docs/api.md says', async () => {
  const { status, headers, text } = await call('GET', SUBSCRIPTIONS, { headers: { 'X-Much': 'a'.repeat(17_000) } });
  expect([status, headers['x-trace-id'], text]).toEqual([431, undefined, '']);
});

describe('a request that is odd, and clear all the same', () => {
  it.each<[string, string, Sent]>([
    ['a slash at the end', `${SUBSCRIPTIONS}/`, {}],
    ['capitals in the path', '/API/v1/Subscriptions', {}],
    ['the largest offset', `${SUBSCRIPTIONS}?limit=500&offset=9007199254740991`, {}],
    ['all of time', `${HISTORY}?from=0&to=253402300799999`, {}],
    ['an endless trace', SUBSCRIPTIONS, { headers: { 'X-Trace-Id': LONG, traceparent: LONG } }],
    ['another type to accept', SUBSCRIPTIONS, { headers: { Accept: 'application/xml' } }],
    ['a service that is called as objects are', `${SUBSCRIPTIONS}?requesting_service=__proto__`, {}],
  ])('such as %s is answered, with a trace, and kept by no cache', async (_what, path, sent) => {
    const { status, headers } = await call('GET', path, sent);
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(headers['x-trace-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('gives a service its subscriptions whatever it is called', async () => {
    for (const service of ['__proto__', 'constructor', 'toString']) {
      const body = JSON.stringify({ channel_type: 'ticker', requesting_service: service, symbol: 'BTCUSDT' });
      expect((await call('POST', SUBSCRIPTIONS, { body })).status).toBe(201);
      const { text } = await call('DELETE', `${SUBSCRIPTIONS}/by-service/${service}`);
      expect(JSON.parse(text)).toMatchObject({ cancelled_count: 1 });
    }
  });
});
