import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { hashOfKey } from '../../src/api/api-keys';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import type {
  BalanceHistoryView,
  BalancesView,
  StreamsView,
  SubscriptionsView,
  SubscriptionView,
  SymbolsView,
} from '../../src/services/api';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { OpenApiCheck } from '../support/open-api-check';

const KEY = 'key-of-the-risk-engine';
const ACCOUNT = { key: 'test-key', secret: 'test-secret' };
const SUBSCRIPTIONS = '/api/v1/subscriptions';
const TICKER = { channel_type: 'ticker', requesting_service: 'risk-engine', symbol: 'BTCUSDT' };

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let exchange: SimulatedExchange;
let folder: string;
let gateway: GatewayProcess;
let check: OpenApiCheck;

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  gateway = await GatewayProcess.start({
    BYBIT_WS_URL: exchange.wsUrl,
    BYBIT_REST_URL: exchange.restUrl,
    UPSTREAM_LINGER: '0',
    DATA_DIR: folder,
    API_KEYS: `risk-engine:${hashOfKey(KEY)}`,
    ...env,
  });
  check = new OpenApiCheck((await gateway.get('/docs-json')).body as OpenAPIObject);
}

/** Calls, and holds the answer to the OpenAPI document. */
async function call(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
    method,
    headers: { 'X-API-Key': KEY, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const told = { status: answer.status, body: await answer.json() };
  const documented = check.callFor(method, path.split('?', 1)[0] as string);
  expect(documented && check.mistakes(documented, told.status, told.body)).toEqual([]);
  return told;
}

async function subscribed(body: object): Promise<SubscriptionView> {
  const answer = await call('POST', SUBSCRIPTIONS, body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body as SubscriptionView;
}

/** The database opens while clients are already taken. */
async function storeOpen(): Promise<void> {
  await eventually(async () => (await call('GET', SUBSCRIPTIONS)).status === 200);
}

describe.each([
  ['one process', {}],
  ['two workers', { WORKERS: '2' }],
])('the REST interface of %s', (_title, workers: Record<string, string>) => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tapecast-rest-'));
    exchange = await SimulatedExchange.start({ apiKey: ACCOUNT, balances: { USDT: '1000.5' } });
    await start({ ...workers, BYBIT_API_KEY: ACCOUNT.key, BYBIT_API_SECRET: ACCOUNT.secret });
    await storeOpen();
  }, 60_000);

  afterAll(async () => {
    await gateway.stop();
    await exchange.stop();
    await rm(folder, { recursive: true });
  });

  it('asks the exchange before a subscription is answered, and lets go when it is cancelled', async () => {
    const subscription = await subscribed(TICKER);
    expect(subscription).toMatchObject({
      topic: 'futures.ticker.BTCUSDT',
      market: 'futures',
      is_active: true,
      last_event_at: null,
    });
    await exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    expect(await call('GET', `${SUBSCRIPTIONS}/${subscription.id}`)).toMatchObject({
      status: 200,
      body: { id: subscription.id },
    });
    expect(await call('POST', SUBSCRIPTIONS, TICKER)).toMatchObject({ status: 409, body: { code: 'SUBSCRIPTION_EXISTS' } });
    expect(await call('DELETE', `${SUBSCRIPTIONS}/${subscription.id}`)).toMatchObject({
      status: 200,
      body: { subscription_id: subscription.id },
    });
    expect(await call('DELETE', `${SUBSCRIPTIONS}/${subscription.id}`)).toMatchObject({
      status: 404,
      body: { code: 'SUBSCRIPTION_NOT_FOUND' },
    });
    await exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT');
  }, 30_000);

  it.each([
    ['no symbol', { ...TICKER, symbol: undefined }, 'MISSING_SYMBOL'],
    ['an empty symbol', { ...TICKER, symbol: '' }, 'MISSING_SYMBOL'],
    ['an unknown symbol', { ...TICKER, symbol: 'NOSUCHUSDT' }, 'INVALID_SYMBOL'],
    ['a symbol that cannot be', { ...TICKER, symbol: 'BTC USDT' }, 'INVALID_SYMBOL'],
    ['a symbol of the whole account', { ...TICKER, channel_type: 'order' }, 'INVALID_SYMBOL'],
    ['no interval', { ...TICKER, channel_type: 'kline' }, 'INVALID_TOPIC'],
    ['a topic of another channel', { ...TICKER, topic: 'kline:1h:BTCUSDT' }, 'INVALID_TOPIC'],
    ['a depth that the market lacks', { ...TICKER, channel_type: 'orderbook', depth: 7 }, 'INVALID_TOPIC'],
    [
      'liquidations of a market that has none',
      { ...TICKER, channel_type: 'liquidation', market: 'spot' },
      'INVALID_CHANNEL_TYPE',
    ],
  ])('is 400 for %s', async (_what, body, code) => {
    expect(await call('POST', SUBSCRIPTIONS, body)).toMatchObject({ status: 400, body: { code } });
  });

  it('is 502 with the words of an exchange that refuses, and keeps nothing', async () => {
    exchange.faults.refuseTopic('linear', 'publicTrade.ETHUSDT');
    const answer = await call('POST', SUBSCRIPTIONS, { ...TICKER, channel_type: 'trades', symbol: 'ETHUSDT' });
    // As the document shows one of a ticker.
    const reason = 'error:handler not found,topic:publicTrade.ETHUSDT';
    expect(answer).toEqual({
      status: 502,
      body: {
        error: `The exchange refused futures.trade.ETHUSDT: ${reason}`,
        code: 'EXCHANGE_REJECTED',
        details: { topic: 'futures.trade.ETHUSDT', reason },
      },
    });
    expect(await call('GET', `${SUBSCRIPTIONS}?channel_type=trades`)).toMatchObject({ body: { total: 0 } });
  });

  it('lists by page and filter, newest first, and cancels all of a service', async () => {
    for (const symbol of ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']) {
      await subscribed({ channel_type: 'kline', interval: '1m', requesting_service: 'desk', symbol });
    }
    await subscribed({ channel_type: 'order', requesting_service: 'desk' });
    const page = (
      await call('GET', `${SUBSCRIPTIONS}?requesting_service=desk&channel_type=kline&is_active=true&limit=2&offset=1`)
    ).body as SubscriptionsView;
    expect([page.total, page.subscriptions.map(({ symbol }) => symbol)]).toEqual([3, ['ETHUSDT', 'BTCUSDT']]);
    expect(await call('DELETE', `${SUBSCRIPTIONS}/by-service/desk`)).toMatchObject({ status: 200, body: { cancelled_count: 4 } });
    expect(await call('DELETE', `${SUBSCRIPTIONS}/by-service/desk`)).toMatchObject({ status: 200, body: { cancelled_count: 0 } });
    expect(await call('GET', `${SUBSCRIPTIONS}?requesting_service=desk&is_active=false`)).toMatchObject({ body: { total: 4 } });
  }, 30_000);

  it('fetches balances from the exchange, lists them, and says when it cannot', async () => {
    await eventually(async () => (await call('POST', '/api/v1/balances/sync')).status === 200);
    const latest = (await call('GET', '/api/v1/balances?coin=usdt')).body as BalancesView;
    expect([latest.total, Number(latest.balances[0]?.wallet_balance), latest.margin !== null]).toEqual([1, 1000.5, true]);
    const history = (await call('GET', '/api/v1/balances/history?coin=USDT&from=2026-01-01T00:00:00Z&limit=1'))
      .body as BalanceHistoryView;
    expect(history.records).toHaveLength(1);
    exchange.faults.restDown(500);
    expect(await call('POST', '/api/v1/balances/sync')).toMatchObject({ status: 502, body: { code: 'BALANCE_SYNC_FAILED' } });
    exchange.faults.clear();
  }, 60_000);

  it('tells instruments and live streams', async () => {
    await subscribed({ ...TICKER, requesting_service: 'watcher' });
    const symbols = (await call('GET', '/api/v1/symbols?market=futures&query=btcusdt')).body;
    expect((symbols as SymbolsView).symbols).toContainEqual({ symbol: 'BTCUSDT', market: 'futures' });
    await eventually(async () => {
      const { streams } = (await call('GET', '/api/v1/streams')).body as StreamsView;
      const ticker = streams.find(({ stream }) => stream === 'mudrex.futures.ticker.BTCUSDT');
      return ticker?.subscribers === 1 && (ticker.seq ?? 0) > 0;
    });
  }, 30_000);

  it('has its subscriptions live again after a restart', async () => {
    await gateway.stop();
    await exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT');
    await start(workers);
    await exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
    await storeOpen();
    expect(await call('GET', `${SUBSCRIPTIONS}?requesting_service=watcher&is_active=true`)).toMatchObject({ body: { total: 1 } });
    expect(await call('POST', '/api/v1/balances/sync')).toMatchObject({ status: 503, body: { code: 'ACCOUNT_NOT_CONFIGURED' } });
  }, 60_000);
});
