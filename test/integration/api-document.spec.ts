/** The OpenAPI document is true: what it shows is what is answered, and can be sent. */
import { API_ERRORS } from '../../src/services/api';
import { AccountError } from '../../src/upstream/bybit/account/account-error';
import { ApiApp, type Answer, type Call } from '../support/api-app';
import { ModelServices } from '../support/model-services';
import type { DocumentedCall } from '../support/open-api-check';
import { wholeExample, writtenExamples } from '../support/open-api-examples';

const SUBSCRIPTIONS = '/api/v1/subscriptions';
const KLINE = { channel_type: 'kline', interval: '1h', symbol: 'BTCUSDT', requesting_service: 'risk-engine' };
const TICKER = { channel_type: 'ticker', symbol: 'BTCUSDT', requesting_service: 'risk-engine' };

/** What the interface was ordered to answer, by call: what any call may is said once. */
const ORDERED: Readonly<Record<string, readonly string[]>> = {
  subscribe: [
    '201',
    '400 INVALID_CHANNEL_TYPE',
    '400 MISSING_SYMBOL',
    '400 INVALID_SYMBOL',
    '400 INVALID_TOPIC',
    '409 SUBSCRIPTION_EXISTS',
    '502 EXCHANGE_REJECTED',
    '503 STORE_UNAVAILABLE',
  ],
  listSubscriptions: ['200', '503 STORE_UNAVAILABLE'],
  getSubscription: ['200', '404 SUBSCRIPTION_NOT_FOUND', '503 STORE_UNAVAILABLE'],
  cancelSubscription: ['200', '404 SUBSCRIPTION_NOT_FOUND', '503 STORE_UNAVAILABLE'],
  cancelByService: ['200', '503 STORE_UNAVAILABLE'],
  listBalances: ['200', '503 STORE_UNAVAILABLE'],
  listBalanceHistory: ['200', '503 STORE_UNAVAILABLE'],
  syncBalances: ['200', '502 BALANCE_SYNC_FAILED', '503 STORE_UNAVAILABLE'],
  listSymbols: ['200'],
  listStreams: ['200'],
};
const OF_ALL = ['400 VALIDATION_ERROR', '401 UNAUTHORIZED', '503 API_DISABLED'];

let services: ModelServices;
let accountless: ModelServices;
let api: ApiApp;
let withoutAccount: ApiApp;
let closed: ApiApp;

beforeAll(async () => {
  services = new ModelServices({ account: true });
  accountless = new ModelServices({ account: false });
  api = await ApiApp.start(services.api);
  withoutAccount = await ApiApp.start(accountless.api);
  closed = await ApiApp.start(services.api, { apiKeys: [] });
});

beforeEach(asNew);

afterAll(async () => {
  await Promise.all([api.stop(), withoutAccount.stop(), closed.stop()]);
  await Promise.all([services.stop(), accountless.stop()]);
});

/** Nothing is subscribed, and all is well. */
async function asNew(): Promise<void> {
  Object.assign(services, { trouble: undefined, unfetched: undefined, followed: true });
  services.store.available = true;
  services.refusals.clear();
  // What was asked for before is let go.
  services.clock.advance(10_000);
  await api.call('DELETE', `${SUBSCRIPTIONS}/by-service/risk-engine`);
}

/** Calls, and holds the answer to the document. */
async function call(method: string, path: string, options?: Call, app = api): Promise<Answer> {
  const answer = await app.call(method, path, options);
  const documented = api.check.callFor(method, path.split('?', 1)[0] as string);
  expect(documented && api.check.mistakes(documented, answer.status, answer.body)).toEqual([]);
  return answer;
}

/** The path of a call with the document's own examples in it, the body with the first one. */
function shown({ template, operation }: DocumentedCall): { readonly path: string; readonly body?: unknown } {
  let path = template;
  for (const { name, in: place, schema } of operation.parameters ?? []) {
    if (place === 'path') path = path.replace(`{${name}}`, String(schema?.example));
  }
  const [first] = Object.values(operation.requestBody?.content['application/json'].examples ?? {});
  return { path, ...(first && { body: first.value }) };
}

/** A request as the document shows it, with what differs. */
function request(documented: DocumentedCall, options: Call = {}, query = '', app = api): Promise<Answer> {
  const { path, ...usual } = shown(documented);
  return call(documented.method, `${path}${query}`, { ...usual, ...options }, app);
}

function codesOf(documented: DocumentedCall): { readonly status: number; readonly code: string; readonly value: unknown }[] {
  return Object.entries(documented.operation.responses).flatMap(([status, { content }]) =>
    Object.entries(content?.['application/json']?.examples ?? {}).map(([code, { value }]) => ({
      status: Number(status),
      code,
      value,
    })),
  );
}

describe('the OpenAPI document', () => {
  it('has every answer that was ordered', () => {
    for (const documented of api.check.calls) {
      const statuses = Object.keys(documented.operation.responses);
      const codes = codesOf(documented).map(({ status, code }) => `${status} ${code}`);
      expect([...statuses, ...codes]).toEqual(expect.arrayContaining([...(ORDERED[documented.id] ?? ['ordered']), ...OF_ALL]));
    }
    expect(api.check.calls.map(({ id }) => id).sort()).toEqual(Object.keys(ORDERED).sort());
  });

  it('has no example and no default that its own schema refuses', () => {
    const { check } = api;
    const examples = [...writtenExamples(check.document)];
    expect(examples.length).toBeGreaterThan(200);
    const wrong = examples.flatMap(({ value, schema }) => {
      const mistakes = check.mistakesAt(schema, value);
      return mistakes.length > 0 ? [{ at: schema.join(' '), value, mistakes }] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('shows whole answers that its schemas take', () => {
    for (const documented of api.check.calls) {
      const [[status, answer] = []] = Object.entries(documented.operation.responses);
      const schema = answer?.content?.['application/json']?.schema ?? {};
      const example = wholeExample(api.check.document, schema);
      expect([documented.id, api.check.mistakes(documented, Number(status), example)]).toEqual([documented.id, []]);
    }
  });
});

describe('what the document shows', () => {
  function answerOf(id: string, status: number): unknown {
    const documented = api.check.calls.find((each) => each.id === id);
    const schema = documented?.operation.responses[String(status)]?.content?.['application/json']?.schema ?? {};
    return wholeExample(api.check.document, schema);
  }

  it('can be sent to subscribe, each body as it is', async () => {
    const subscribe = api.check.calls.find(({ id }) => id === 'subscribe') as DocumentedCall;
    const bodies = Object.values(subscribe.operation.requestBody?.content['application/json'].examples ?? {});
    expect(bodies).toHaveLength(4);
    for (const { value: body } of bodies) {
      expect(await call('POST', SUBSCRIPTIONS, { body })).toMatchObject({ status: 201 });
      await call('DELETE', `${SUBSCRIPTIONS}/by-service/risk-engine`);
    }
  });

  it('can be sent as parameters, each alone and all together', async () => {
    for (const documented of api.check.calls.filter(({ method }) => method === 'GET')) {
      const pairs = (documented.operation.parameters ?? []).flatMap(({ name, in: place, schema }) =>
        place === 'query' && schema?.example !== undefined ? [`${name}=${encodeURIComponent(String(schema.example))}`] : [],
      );
      for (const query of [...pairs, pairs.join('&')]) {
        const { status } = await request(documented, {}, `?${query}`);
        expect([documented.id, query, status]).toEqual([documented.id, query, documented.template.includes('{id}') ? 404 : 200]);
      }
    }
  });

  it('is answered to the requests that it shows', async () => {
    const made = await call('POST', SUBSCRIPTIONS, { body: KLINE });
    const { id, created_at, updated_at, last_event_at } = made.body as Record<string, string>;
    const shownOne = answerOf('subscribe', 201) as { id: string };
    expect(made.body).toEqual({ ...shownOne, id, created_at, updated_at, last_event_at });
    expect((await call('GET', `${SUBSCRIPTIONS}?is_active=true`)).body).toEqual({
      ...(answerOf('listSubscriptions', 200) as object),
      subscriptions: [made.body],
    });
    expect((await call('DELETE', `${SUBSCRIPTIONS}/${id}`)).body).toEqual({
      ...(answerOf('cancelSubscription', 200) as object),
      subscription_id: id,
    });
    for (const channel_type of ['ticker', 'trades', 'liquidation']) {
      await call('POST', SUBSCRIPTIONS, { body: { ...TICKER, channel_type } });
    }
    expect((await call('DELETE', `${SUBSCRIPTIONS}/by-service/risk-engine`)).body).toEqual(answerOf('cancelByService', 200));
    expect((await call('POST', '/api/v1/balances/sync')).body).toEqual(answerOf('syncBalances', 200));
    expect((await call('GET', '/api/v1/symbols?query=BTC')).body).toEqual(answerOf('listSymbols', 200));
  });
});

describe('every documented failure of every call', () => {
  const WRONG: Readonly<Record<string, (documented: DocumentedCall) => Promise<Answer>>> = {
    subscribe: (documented) => request(documented, { body: { channel_type: 'ticker', symbol: 'BTCUSDT' } }),
    listSubscriptions: (documented) => request(documented, {}, '?limit=0'),
    getSubscription: () => call('GET', `${SUBSCRIPTIONS}/7`),
    cancelSubscription: () => call('DELETE', `${SUBSCRIPTIONS}/7`),
    cancelByService: () => call('DELETE', `${SUBSCRIPTIONS}/by-service/risk%20engine`),
    listBalances: (documented) => request(documented, {}, '?limit=0'),
    listBalanceHistory: (documented) => request(documented, {}, '?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z'),
    syncBalances: (documented) => request(documented, { body: { coin: 'USDT' } }),
    listSymbols: (documented) => request(documented, {}, '?market=linear'),
    listStreams: (documented) => request(documented, {}, '?market=futures'),
  };

  /** How each is brought about, by nothing but what a caller, the exchange or the machines do. */
  const provoke: Readonly<Record<string, (documented: DocumentedCall) => Promise<Answer> | undefined>> = {
    VALIDATION_ERROR: (documented) => WRONG[documented.id]?.(documented),
    INVALID_CHANNEL_TYPE: (documented) =>
      documented.method === 'POST'
        ? request(documented, { body: { ...TICKER, channel_type: 'candles' } })
        : request(documented, {}, '?channel_type=candles'),
    MISSING_SYMBOL: (documented) => request(documented, { body: { ...TICKER, symbol: undefined } }),
    INVALID_SYMBOL: (documented) => request(documented, { body: { ...TICKER, symbol: 'BTCUSD' } }),
    INVALID_TOPIC: (documented) => request(documented, { body: { ...KLINE, interval: undefined } }),
    UNAUTHORIZED: (documented) => request(documented, { headers: { 'X-API-Key': '' } }),
    TOO_MANY_WRONG_KEYS: async (documented) => {
      const headers = { 'X-API-Key': 'guess', 'X-Test-Address': `192.0.2.200-${documented.id}` };
      for (let tries = 0; tries < 20; tries++) await request(documented, { headers });
      return request(documented, { headers });
    },
    BAD_REQUEST: (documented) =>
      documented.method === 'POST'
        ? request(documented, { body: '{' })
        : call(documented.method, documented.template.replace(/\{\w+\}/, '%ZZ')),
    PAYLOAD_TOO_LARGE: (documented) => request(documented, { body: { symbol: 'x'.repeat(200_000) } }),
    UNSUPPORTED_MEDIA_TYPE: (documented) => request(documented, { headers: { 'Content-Type': 'text/plain' }, body: 'x' }),
    SUBSCRIPTION_NOT_FOUND: (documented) => request(documented),
    SUBSCRIPTION_EXISTS: async (documented) => {
      await request(documented);
      return request(documented);
    },
    EXCHANGE_REJECTED: (documented) => {
      services.refusals.set('futures.ticker.BTCUSDT', 'error:handler not found,topic:tickers.BTCUSDT');
      return request(documented, { body: TICKER });
    },
    BALANCE_SYNC_FAILED: (documented) => {
      services.unfetched = new AccountError('unreachable', 'no answer from api.bybit.com');
      return request(documented);
    },
    API_DISABLED: (documented) => request(documented, {}, '', closed),
    STORE_UNAVAILABLE: (documented) => {
      services.store.available = false;
      // Where the account is followed the exchange's answer becomes an event, whether the database is there or not.
      services.followed = documented.id !== 'syncBalances';
      return request(documented);
    },
    ACCOUNT_NOT_CONFIGURED: (documented) =>
      request(
        documented,
        documented.id === 'subscribe' ? { body: { channel_type: 'order', requesting_service: 'risk-engine' } } : {},
        '',
        withoutAccount,
      ),
    SERVICES_UNAVAILABLE: (documented) => {
      services.silence();
      return request(documented);
    },
    INTERNAL_ERROR: (documented) => {
      services.trouble = new Error('secret inside');
      return request(documented);
    },
  };

  it('can be brought about, and is answered to the letter as the document shows it', async () => {
    const seen = new Set<string>();
    for (const documented of api.check.calls) {
      for (const { status, code, value } of codesOf(documented)) {
        await asNew();
        const answer = await provoke[code]?.(documented);
        expect([documented.id, code, answer?.status, answer?.body]).toEqual([documented.id, code, status, value]);
        seen.add(code);
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(provoke).sort());
    expect([...seen]).toEqual(expect.arrayContaining(Object.keys(API_ERRORS)));
  }, 60_000);

  it('tells nothing of the inside', async () => {
    services.unfetched = new Error('secret inside');
    expect(await call('POST', '/api/v1/balances/sync')).toMatchObject({ status: 500, body: { code: 'INTERNAL_ERROR' } });
  });
});
