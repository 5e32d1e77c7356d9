import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  API_ERRORS,
  type BalanceView,
  type ServicesApi,
  type SubscribeRequest,
  type SubscriptionView,
} from '../../src/services/api';
import { ApiApp, KEY, type Answer, type Call } from '../support/api-app';
import type { DocumentedCall } from '../support/open-api-check';

const run = promisify(execFile);
const ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const TIME = '2026-11-21T18:30:00.000Z';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SUBSCRIPTIONS = '/api/v1/subscriptions';

const SUBSCRIPTION: SubscriptionView = {
  id: ID,
  channel_type: 'ticker',
  symbol: 'BTCUSDT',
  market: 'futures',
  topic: 'futures.ticker.BTCUSDT',
  requesting_service: 'risk-engine',
  is_active: true,
  state: 'live',
  state_reason: null,
  created_at: TIME,
  updated_at: TIME,
  last_event_at: null,
};
const OF_ACCOUNT: SubscriptionView = {
  ...SUBSCRIPTION,
  channel_type: 'order',
  symbol: null,
  market: 'account',
  topic: 'account.order',
  state: null,
  last_event_at: TIME,
};
const BALANCE: BalanceView = {
  coin: 'USDT',
  account_type: 'UNIFIED',
  wallet_balance: '-12.500000000000000001',
  equity: '0',
  locked: null,
  borrowed: '12.5',
  accrued_interest: null,
  unrealised_pnl: '-1.25',
  realised_pnl: null,
  usd_value: null,
  timestamp: TIME,
  recorded_at: TIME,
  trace_id: TRACE,
};
const MARGIN = {
  account_type: 'UNIFIED',
  total_equity: '1',
  total_wallet_balance: '1',
  total_margin_balance: null,
  total_available_balance: null,
  total_unrealised_pnl: '-1',
  total_initial_margin: null,
  total_maintenance_margin: null,
  timestamp: TIME,
  recorded_at: TIME,
};

/** What was asked of the use cases, and what they fail with. */
const asked: { readonly what: string; readonly argument: unknown }[] = [];
let failure: Error | undefined;

function answering<Value>(what: string, value: Value): (argument?: unknown) => Promise<Value> {
  return (argument) => {
    asked.push({ what, argument: JSON.parse(JSON.stringify(argument ?? null)) as unknown });
    return failure ? Promise.reject(failure) : Promise.resolve(value);
  };
}

const services: ServicesApi = {
  subscribe: ({ ...request }: SubscribeRequest) =>
    answering('subscribe', request.channel_type === 'order' ? OF_ACCOUNT : SUBSCRIPTION)(request),
  subscriptions: answering('subscriptions', { subscriptions: [OF_ACCOUNT, SUBSCRIPTION], total: 7 }),
  subscription: answering('subscription', SUBSCRIPTION),
  cancel: answering('cancel', { message: 'The subscription is cancelled.', subscription_id: ID }),
  cancelByService: answering('cancelByService', { message: '3 subscriptions are cancelled.', cancelled_count: 3 }),
  balances: answering('balances', { balances: [BALANCE], total: 1, margin: MARGIN }),
  balanceHistory: answering('balanceHistory', { records: [BALANCE, { ...BALANCE, trace_id: null }], total: 2 }),
  syncBalances: answering('syncBalances', { updated_coins: ['USDT'], updated_count: 1 }),
  symbols: answering('symbols', { symbols: [{ symbol: 'BTCUSDT', market: 'futures' as const }], total: 1 }),
  streams: answering('streams', {
    streams: [
      {
        stream: 'mudrex.futures.ticker.BTCUSDT',
        market: 'futures' as const,
        subscribers: 2,
        state: 'refused' as const,
        state_reason: 'symbol not exist',
        seq: null,
        last_update_at: null,
      },
    ],
    total: 1,
  }),
};

let api: ApiApp;
let closed: ApiApp;

beforeAll(async () => {
  api = await ApiApp.start(services);
  closed = await ApiApp.start(services, { apiKeys: [] });
});

beforeEach(() => {
  asked.length = 0;
  api.log.length = 0;
  failure = undefined;
});

afterAll(() => Promise.all([api.stop(), closed.stop()]));

/** Calls, and holds the answer to the OpenAPI document. */
async function call(method: string, path: string, options?: Call, app = api): Promise<Answer> {
  const answer = await app.call(method, path, options);
  const documented = api.check.callFor(method, path.split('?', 1)[0] as string);
  expect(documented && api.check.mistakes(documented, answer.status, answer.body)).toEqual([]);
  expect(answer.headers.get('x-trace-id')).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  return answer;
}

function failed(status: number, code: string, words: RegExp): object {
  return { status, body: { code, error: expect.stringMatching(words) as string } };
}

describe('POST /subscriptions', () => {
  const TICKER = { channel_type: 'ticker', requesting_service: 'risk-engine', symbol: 'BTCUSDT' };

  it('is 201 with the subscription, and hands every field on', async () => {
    const body = { ...TICKER, channel_type: 'kline', topic: 'kline:1h:BTCUSDT', market: 'spot', interval: '1h', depth: 50 };
    expect(await call('POST', SUBSCRIPTIONS, { body })).toMatchObject({ status: 201, body: SUBSCRIPTION });
    expect(asked).toEqual([{ what: 'subscribe', argument: body }]);
  });

  it('takes null for what is left out', async () => {
    const body = { channel_type: 'order', requesting_service: 'risk-engine', symbol: null, topic: null, market: null };
    expect(await call('POST', SUBSCRIPTIONS, { body })).toMatchObject({ status: 201, body: OF_ACCOUNT });
    expect(asked[0]?.argument).toEqual({ channel_type: 'order', requesting_service: 'risk-engine' });
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      'an unknown channel',
      { ...TICKER, channel_type: 'tickers' },
      'INVALID_CHANNEL_TYPE',
      /^channel_type must be one of trades, ticker,/,
    ],
    ['a channel that is no text', { ...TICKER, channel_type: 7 }, 'INVALID_CHANNEL_TYPE', /^channel_type must be one of/],
    ['no channel', { ...TICKER, channel_type: undefined }, 'VALIDATION_ERROR', /^channel_type is missing; it must be one of/],
    [
      'no service',
      { ...TICKER, requesting_service: undefined },
      'VALIDATION_ERROR',
      /^requesting_service is missing; it must be a name/,
    ],
    ['a service of two words', { ...TICKER, requesting_service: 'a.b' }, 'VALIDATION_ERROR', /letters, digits, - and _/],
    ['a symbol that is no text', { ...TICKER, symbol: 5 }, 'VALIDATION_ERROR', /^symbol must be a symbol/],
    ['an endless symbol', { ...TICKER, symbol: 'x'.repeat(65) }, 'VALIDATION_ERROR', /^symbol must be a symbol/],
    ['an endless topic', { ...TICKER, topic: 'x'.repeat(129) }, 'VALIDATION_ERROR', /^topic must be the name of a stream/],
    ['an unknown market', { ...TICKER, market: 'linear' }, 'VALIDATION_ERROR', /^market must be one of futures, spot,/],
    ['an unknown interval', { ...TICKER, interval: '7m' }, 'VALIDATION_ERROR', /^interval must be one of 1m,/],
    ['half a depth', { ...TICKER, depth: 1.5 }, 'VALIDATION_ERROR', /^depth must be a whole number from 1 to/],
    ['an unknown field', { ...TICKER, simbol: 'BTCUSDT' }, 'VALIDATION_ERROR', /^simbol is not a known field; use .*symbol/],
    ['a field that no object should have', '{"__proto__":{"x":1}}', 'VALIDATION_ERROR', /^__proto__ is not a known field/],
    ['a list', [TICKER], 'VALIDATION_ERROR', /^body must be a JSON object/],
    ['nothing', undefined, 'VALIDATION_ERROR', /^channel_type is missing.*requesting_service is missing/],
  ])('is 400 for %s, and nothing is asked', async (_title, body, code, words) => {
    expect(await call('POST', SUBSCRIPTIONS, { body })).toMatchObject(failed(400, code, words));
    expect(asked).toEqual([]);
  });

  it('names every mistake at once, by field', async () => {
    const answer = await call('POST', SUBSCRIPTIONS, { body: { channel_type: 'x', market: 'y', what: 1 } });
    expect(answer.body).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: ['what', 'channel_type', 'requesting_service', 'market'].map((field) => ({ field })),
    });
  });

  it.each([
    ['text', 'text/plain', '{}'],
    ['a form', 'application/x-www-form-urlencoded', 'channel_type=ticker'],
    ['JSON in an unknown encoding', 'application/json; charset=x-none', '{}'],
  ])('is 415 for %s', async (_title, type, body) => {
    const answer = await call('POST', SUBSCRIPTIONS, { headers: { 'Content-Type': type }, body });
    expect(answer).toMatchObject(failed(415, 'UNSUPPORTED_MEDIA_TYPE', /application\/json/));
  });

  it('is 413 for a body that is too large', async () => {
    const body = { ...TICKER, topic: 'x'.repeat(200_000) };
    expect(await call('POST', SUBSCRIPTIONS, { body })).toMatchObject(failed(413, 'PAYLOAD_TOO_LARGE', /send less/));
  });
});

describe('GET /subscriptions', () => {
  it('is 200 with a page and the total of all, 50 from the first unless told otherwise', async () => {
    const answer = await call('GET', SUBSCRIPTIONS);
    expect(answer).toMatchObject({ status: 200, body: { subscriptions: [OF_ACCOUNT, SUBSCRIPTION], total: 7 } });
    expect(asked).toEqual([{ what: 'subscriptions', argument: { limit: 50, offset: 0 } }]);
  });

  it('hands every filter on', async () => {
    await call('GET', `${SUBSCRIPTIONS}?requesting_service=a_b-1&is_active=false&channel_type=trades&limit=500&offset=1000`);
    const argument = { requesting_service: 'a_b-1', is_active: false, channel_type: 'trades', limit: 500, offset: 1000 };
    expect(asked).toEqual([{ what: 'subscriptions', argument }]);
  });

  it.each([
    ['limit=0', /^limit must be a whole number from 1 to 500/],
    ['limit=501', /^limit must be/],
    ['limit=1e2', /^limit must be/],
    ['limit=', /^limit must be/],
    ['limit=1&limit=2', /^limit must be given once/],
    ['offset=-1', /^offset must be a whole number, 0 or more/],
    ['offset=1.5', /^offset must be/],
    ['is_active=1', /^is_active must be true or false/],
    ['is_active=TRUE', /^is_active must be true or false/],
    ['requesting_service=', /^requesting_service must be a name/],
    ['service=a', /^service is not a known query parameter; use .*requesting_service/],
    ['__proto__=a', /^__proto__ is not a known query parameter/],
    ['limit[a]=1', /^limit\[a\] is not a known query parameter/],
  ])('is 400 for ?%s', async (query, words) => {
    expect(await call('GET', `${SUBSCRIPTIONS}?${query}`)).toMatchObject(failed(400, 'VALIDATION_ERROR', words));
    expect(asked).toEqual([]);
  });

  it('is 400 for an unknown channel', async () => {
    const answer = await call('GET', `${SUBSCRIPTIONS}?channel_type=candles`);
    expect(answer).toMatchObject(failed(400, 'INVALID_CHANNEL_TYPE', /one of trades/));
  });
});

describe('one subscription', () => {
  it('is looked at and cancelled by its id, in any case', async () => {
    expect(await call('GET', `${SUBSCRIPTIONS}/${ID.toUpperCase()}`)).toMatchObject({ status: 200, body: SUBSCRIPTION });
    expect(await call('DELETE', `${SUBSCRIPTIONS}/${ID}`)).toMatchObject({ status: 200, body: { subscription_id: ID } });
    expect(asked).toEqual([
      { what: 'subscription', argument: ID },
      { what: 'cancel', argument: ID },
    ]);
  });

  it('is not cancelled by a request with a body, which was meant to do something', async () => {
    const answer = await call('DELETE', `${SUBSCRIPTIONS}/${ID}`, { body: { reason: 'x' } });
    expect(answer).toMatchObject(failed(400, 'VALIDATION_ERROR', /^DELETE takes no body here/));
    expect(asked).toEqual([]);
  });

  it.each(['GET', 'DELETE'])('is 400 for %s with an id that is none', async (method) => {
    for (const id of ['7', `${ID}0`, ID.replaceAll('-', ''), 'by-service']) {
      expect(await call(method, `${SUBSCRIPTIONS}/${id}`)).toMatchObject(failed(400, 'VALIDATION_ERROR', /^id must be a uuid/));
    }
    expect(asked).toEqual([]);
  });
});

describe('DELETE /subscriptions/by-service/{name}', () => {
  it('is 200 with how many were cancelled', async () => {
    const answer = await call('DELETE', `${SUBSCRIPTIONS}/by-service/risk-engine`);
    expect(answer).toMatchObject({ status: 200, body: { cancelled_count: 3 } });
    expect(asked).toEqual([{ what: 'cancelByService', argument: 'risk-engine' }]);
  });

  it('is 400 for a name that no service can have', async () => {
    const answer = await call('DELETE', `${SUBSCRIPTIONS}/by-service/a%2Fb`);
    expect(answer).toMatchObject(failed(400, 'VALIDATION_ERROR', /^name must be a name of 1 to 64/));
  });
});

describe('the balances', () => {
  it('are listed by coin, in any case', async () => {
    expect(await call('GET', '/api/v1/balances?coin=usdt&limit=2')).toMatchObject({
      status: 200,
      body: { balances: [BALANCE], margin: MARGIN },
    });
    expect(asked).toEqual([{ what: 'balances', argument: { coin: 'USDT', limit: 2, offset: 0 } }]);
  });

  it.each([
    ['from=2026-11-21T00:00:00Z&to=2026-11-21T00:00:00Z', Date.UTC(2026, 10, 21), Date.UTC(2026, 10, 21)],
    ['from=2026-11-21T02:00:00%2B02:00&to=2026-11-21T12:00:00.5Z', Date.UTC(2026, 10, 21), Date.UTC(2026, 10, 21, 12, 0, 0, 500)],
    ['from=2026-11-21T02:00+02:00', Date.UTC(2026, 10, 21), undefined],
    ['to=1795219200000', undefined, 1_795_219_200_000],
  ])('have a history by time: %s', async (query, from, to) => {
    expect(await call('GET', `/api/v1/balances/history?${query}`)).toMatchObject({ status: 200, body: { total: 2 } });
    expect(asked).toEqual([{ what: 'balanceHistory', argument: { from, to, limit: 50, offset: 0 } }]);
  });

  it.each([
    ['from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z', /^to must not be before from/],
    ['from=2026-11-21', /^from must be a time from 1970 on with its zone, such as/],
    ['from=2026-02-30T00:00:00Z', /^from must be a time/],
    ['from=1969-12-31T23:59:59Z', /^from must be a time from 1970 on/],
    ['from=0000-01-01T00:00:00Z', /^from must be a time from 1970 on/],
    ['from=2026-11-21T00:00:00', /^from must be a time/],
    ['from=2026-13-41T00:00:00Z', /^from must be a time/],
    ['to=yesterday', /^to must be a time/],
    ['to=9999999999999999', /^to must be a time/],
    ['coin=US DT', /^coin must be a coin such as USDT/],
  ])('are 400 for ?%s', async (query, words) => {
    expect(await call('GET', `/api/v1/balances/history?${query}`)).toMatchObject(failed(400, 'VALIDATION_ERROR', words));
  });

  it.each([undefined, {}])('are fetched from the exchange by a POST with %j', async (body) => {
    const answer = await call('POST', '/api/v1/balances/sync', { body });
    expect(answer).toMatchObject({ status: 200, body: { updated_coins: ['USDT'], updated_count: 1 } });
  });

  it('are not fetched by a POST that wants something else', async () => {
    const answer = await call('POST', '/api/v1/balances/sync', { body: { coin: 'USDT' } });
    expect(answer).toMatchObject(failed(400, 'VALIDATION_ERROR', /^coin is not a known field; none is taken here/));
    expect(asked).toEqual([]);
  });
});

describe('the markets', () => {
  it('are listed by market and part of the symbol', async () => {
    expect(await call('GET', '/api/v1/symbols?market=spot&query=btc')).toMatchObject({ status: 200, body: { total: 1 } });
    expect(asked).toEqual([{ what: 'symbols', argument: { market: 'spot', query: 'BTC' } }]);
    expect(await call('GET', '/api/v1/symbols?market=linear')).toMatchObject(failed(400, 'VALIDATION_ERROR', /^market must be/));
  });

  it('show the streams that flow', async () => {
    expect(await call('GET', '/api/v1/streams')).toMatchObject({ status: 200, body: { total: 1 } });
  });
});

describe('the key', () => {
  it.each([
    ['missing', '', /missing; send it in the header X-API-Key/],
    ['wrong', 'nonsense', /not known here/],
    ['sent twice', `${KEY}, ${KEY}`, /not known here/],
  ])('that is %s is 401', async (_title, key, words) => {
    expect(await call('GET', '/api/v1/streams', { headers: { 'X-API-Key': key } })).toMatchObject(
      failed(401, 'UNAUTHORIZED', words),
    );
    expect(asked).toEqual([]);
  });

  it('is asked for before anything is read, on paths that do not exist too', async () => {
    const headers = { 'X-API-Key': 'nonsense', 'X-Test-Address': '192.0.2.9' };
    expect(await call('POST', SUBSCRIPTIONS, { headers, body: '{' })).toMatchObject({ status: 401 });
    expect(await api.call('GET', '/API/v1/nothing', { headers })).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
  });

  it('in the address is 400, right or wrong, and never logged', async () => {
    for (const query of [
      `api_key=${KEY}`,
      `X-API-Key=${KEY}`,
      'apikey=guess',
      'access_token=guess',
      `q=${KEY}`,
      `limit=1&key=${KEY}`,
    ]) {
      const answer = await call('GET', `/api/v1/streams?${query}`, { headers: { 'X-API-Key': '' } });
      expect(answer).toMatchObject(failed(400, 'VALIDATION_ERROR', /header X-API-Key, never in the address/));
    }
    const text = JSON.stringify(api.log);
    expect([text.includes(KEY), text.includes('guess'), api.log.length]).toEqual([false, false, 6]);
  });

  it('may be wrong 20 times from one address; a right one always passes', async () => {
    const headers = { 'X-API-Key': 'guess', 'X-Test-Address': '192.0.2.1' };
    const statuses: number[] = [];
    for (let tries = 0; tries < 21; tries++) statuses.push((await call('GET', '/api/v1/streams', { headers })).status);
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 401), 429]);
    const limited = await call('GET', '/api/v1/streams', { headers });
    expect([limited.headers.get('retry-after'), limited.body]).toEqual([
      '5',
      expect.objectContaining({ code: 'TOO_MANY_WRONG_KEYS' }),
    ]);
    expect(await call('GET', '/api/v1/streams', { headers: { 'X-Test-Address': '192.0.2.1' } })).toMatchObject({ status: 200 });
    expect(await call('GET', '/api/v1/streams', { headers: { ...headers, 'X-Test-Address': '192.0.2.2' } })).toMatchObject({
      status: 401,
    });
  });
});

describe('without any key configured', () => {
  it('every path of the interface is 503 with the reason', async () => {
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/nothing', `${SUBSCRIPTIONS}/${ID}`]) {
      expect(await closed.call('GET', path)).toMatchObject(failed(503, 'API_DISABLED', /npm run api-key -- NAME/));
    }
  });

  it('the documentation is open', async () => {
    expect((await fetch(`${closed.base}/docs`)).status).toBe(200);
    expect(await closed.call('GET', '/docs-json')).toMatchObject({ status: 200 });
  });
});

describe('a request that no call takes', () => {
  it.each([
    ['PUT', SUBSCRIPTIONS, 'GET, HEAD, POST', 'Only GET and POST are served here.'],
    ['POST', `${SUBSCRIPTIONS}/${ID}`, 'GET, HEAD, DELETE', 'Only GET and DELETE are served here.'],
    ['GET', `${SUBSCRIPTIONS}/by-service/a`, 'DELETE', 'Only DELETE is served here.'],
    ['GET', '/api/v1/balances/sync', 'POST', 'Only POST is served here.'],
    ['POST', '/api/v1/streams/', 'GET, HEAD', 'Only GET is served here.'],
    ['POST', '/docs', 'GET, HEAD', 'Only GET is served here.'],
  ])('is 405 for %s %s, which names what is', async (method, path, allow, error) => {
    const { status, headers, body } = await api.call(method, path);
    expect([status, headers.get('allow'), body]).toEqual([405, allow, { error, code: 'METHOD_NOT_ALLOWED', details: null }]);
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is 404 elsewhere, in the same shape and with a trace id', async () => {
    const { status, headers, body } = await api.call('GET', '/api/v1/nothing');
    expect([status, body]).toEqual([404, { error: expect.any(String) as string, code: 'NOT_FOUND', details: null }]);
    expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('knows every method of every documented path', async () => {
    for (const { template } of api.check.calls) {
      const answer = await api.call('PATCH', template.replace(/\{\w+\}/g, ID), { body: {} });
      const documented = api.check.calls.filter((each) => each.template === template).map(({ method }) => method);
      const allowed = answer.headers
        .get('allow')
        ?.split(', ')
        .filter((method) => method !== 'HEAD');
      expect([template, answer.status, allowed?.sort()]).toEqual([template, 405, documented.sort()]);
    }
  });
});

describe('the trace', () => {
  it.each([
    ['traceparent', { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, 'X-Trace-Id': 'other' }, TRACE],
    ['X-Trace-Id', { 'X-Trace-Id': 'order-7_A' }, 'order-7_A'],
  ])('of %s is kept, in the answer and in the log', async (_title, headers, trace) => {
    const answer = await call('GET', '/api/v1/streams', { headers });
    expect(answer.headers.get('x-trace-id')).toBe(trace);
    expect(api.log).toMatchObject([{ level: 'info', msg: 'API request', trace_id: trace }]);
  });

  it('is new where none was sent, or one that cannot be', async () => {
    const sent = [{}, { 'X-Trace-Id': 'a b' }, { traceparent: 'x' }];
    const ids = await Promise.all(
      sent.map(async (headers) => (await call('GET', '/api/v1/streams', { headers })).headers.get('x-trace-id')),
    );
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id ?? ''))).toBe(true);
    expect(new Set(ids).size).toBe(3);
  });

  it('is on every page, also on one whose address cannot be read', async () => {
    for (const path of ['/docs', '/docs-json', '/nope', '/%ZZ']) {
      const { headers } = await fetch(`${api.base}${path}`);
      expect([path, headers.get('x-trace-id')]).toEqual([path, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    }
  });
});

describe('the log', () => {
  it('has one line per request with the route and the name of the key, and neither key nor body', async () => {
    await call('GET', `${SUBSCRIPTIONS}/${ID}`);
    await call('GET', `${SUBSCRIPTIONS}?limit=3`, { headers: { 'X-API-Key': 'desk' } });
    await call('POST', SUBSCRIPTIONS, {
      headers: { 'X-API-Key': 'sec-ret', 'X-Test-Address': '192.0.2.77' },
      body: { symbol: 'hidden' },
    });
    expect(api.log).toMatchObject([
      { method: 'GET', route: `${SUBSCRIPTIONS}/:id`, status: 200, key: 'risk-engine' },
      { method: 'GET', route: SUBSCRIPTIONS, status: 200, key: 'desk' },
      { method: 'POST', route: SUBSCRIPTIONS, status: 401, key: null },
    ]);
    expect(api.log.every(({ ms }) => typeof ms === 'number')).toBe(true);
    expect(JSON.stringify(api.log)).not.toMatch(/sec-ret|hidden|key-of/);
  });

  it('carries the trace in what a use case logs by itself, and says what failed inside, which the caller is not told', async () => {
    failure = new Error('secret inside');
    const answer = await call('GET', '/api/v1/streams', { headers: { 'X-Trace-Id': 'mine' } });
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL_ERROR', details: null } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(api.log).toMatchObject([
      { level: 'error', err: { message: 'secret inside' }, trace_id: 'mine' },
      { status: 500, trace_id: 'mine' },
    ]);
  });
});

describe('the OpenAPI document', () => {
  it('has the ten calls, each with a summary, the key, and a trace id on every answer', () => {
    expect(api.check.calls.map(({ method, template }) => `${method} ${template}`).sort()).toEqual(
      [
        'POST /api/v1/subscriptions',
        'GET /api/v1/subscriptions',
        'GET /api/v1/subscriptions/{id}',
        'DELETE /api/v1/subscriptions/{id}',
        'DELETE /api/v1/subscriptions/by-service/{name}',
        'GET /api/v1/balances',
        'GET /api/v1/balances/history',
        'POST /api/v1/balances/sync',
        'GET /api/v1/symbols',
        'GET /api/v1/streams',
      ].sort(),
    );
    for (const { operation } of api.check.calls) {
      for (const { headers } of Object.values(operation.responses)) expect(headers).toHaveProperty('X-Trace-Id');
    }
  });

  it('is held to: an answer that it does not describe is a mistake', () => {
    const streams = api.check.callFor('GET', '/api/v1/streams') as DocumentedCall;
    expect(api.check.mistakes(streams, 418, {})).toEqual(['listStreams has no documented answer 418']);
    expect(api.check.mistakes(streams, 200, { streams: [], total: 0, more: 1 })).toHaveLength(1);
    expect(api.check.mistakes(streams, 200, { streams: [{}], total: -1 }).length).toBeGreaterThan(1);
  });

  it('is shown by a page that may load nothing from elsewhere, with what it needs beside it', async () => {
    const page = await fetch(`${api.base}/docs`);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'/);
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, link]) => link as string)
      .filter((link) => link !== 'data:,');
    expect(links).toEqual(['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js']);
    for (const link of links) {
      const asset = await fetch(`${api.base}${link}`);
      const type = link.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
      expect([link, asset.status, asset.headers.get('content-type'), (await asset.text()).length > 100]).toEqual([
        link,
        200,
        type,
        true,
      ]);
    }
  });
});

describe('docs/api.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/api.md'), 'utf8');
  const commands = [...page.matchAll(/^curl .*$/gm)].map(([command]) => command);

  it.each(commands)('%s', async (command) => {
    const env = { ...process.env, TAPECAST: api.base, KEY };
    const { stdout } = await run(
      'sh',
      ['-c', `${command} --silent --show-error --write-out '\n%{http_code} %{method} %{url_effective}'`],
      { env },
    );
    const [body, about] = stdout.split(/\n(?=[^\n]*$)/) as [string, string];
    const [status, method, url] = about.split(' ') as [string, string, string];
    const documented = api.check.callFor(method, new URL(url).pathname) as DocumentedCall;
    expect([documented.id, api.check.mistakes(documented, Number(status), JSON.parse(body))]).toEqual([documented.id, []]);
    expect(Number(status)).toBeLessThan(300);
  });

  it('shows every call, and answers as they are', async () => {
    const shown = commands.map((command) => {
      const path = /\$TAPECAST([^\s"?]*)/.exec(command)?.[1] ?? '';
      return api.check.callFor(/-X (\w+)/.exec(command)?.[1] ?? 'GET', path)?.id;
    });
    expect(shown.sort()).toEqual(api.check.calls.map(({ id }) => id).sort());
    const answers = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text as string) as unknown);
    const subscribe = api.check.callFor('POST', SUBSCRIPTIONS) as DocumentedCall;
    expect(api.check.mistakes(subscribe, 201, answers[0])).toEqual([]);
    expect(Object.keys(answers[0] as object)).toEqual(Object.keys(SUBSCRIPTION));
    expect((await call('GET', `${SUBSCRIPTIONS}?limit=0`)).body).toEqual(answers[1]);
  });

  it('lists every code', () => {
    const listed = [...page.matchAll(/^\| \d{3} \|(.*)$/gm)].flatMap(([, row]) =>
      [...(row as string).matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code),
    );
    expect(listed).toEqual(expect.arrayContaining(Object.keys(API_ERRORS)));
  });
});
