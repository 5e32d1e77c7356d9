import { systemClock } from '../../src/clock/clock';
import { InProcessPubSub } from '../../src/pubsub/in-process';
import type { Publication } from '../../src/pubsub/publication';
import { Publisher } from '../../src/pubsub/publisher';
import { plain } from '../../src/simulator/account/amount';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import type { AccountBalance, AccountExecution, AccountOrder, AccountPosition } from '../../src/streams/account';
import { AccountUpstream } from '../../src/upstream/account/account-upstream';
import { BybitCredentials } from '../../src/upstream/bybit/account/credentials';
import { eventually } from '../support/eventually';

const STREAMS = ['account.order', 'account.execution', 'account.position', 'account.balance'];
const API_KEY = { key: 'test-key', secret: 'test-secret' };

let exchange: SimulatedExchange;
let upstream: AccountUpstream;
let told: { stream: string; seq: number; data: AccountOrder | AccountExecution | AccountPosition | AccountBalance | undefined }[];

function startUpstream({ key, secret } = API_KEY): void {
  const pubsub = new InProcessPubSub(1000);
  const clock = systemClock;
  told = [];
  upstream = new AccountUpstream(
    {
      credentials: new BybitCredentials(key, secret),
      wsUrl: exchange.wsUrl,
      restUrl: exchange.restUrl,
      keepAlive: { pingIntervalMs: 1000, pongTimeoutMs: 1000 },
      backoff: { initialMs: 50, maxMs: 100, multiplier: 2 },
      lingerMs: 100,
    },
    {
      demand: pubsub,
      publisher: new Publisher(pubsub, 'mudrex', clock, 'boot'),
      clock,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
    },
  );
  upstream.start();
  const publication = ({ stream, seq, body }: Publication): void => {
    told.push({ stream, seq, data: (JSON.parse(body.toString()) as { data?: AccountOrder }).data });
  };
  for (const stream of STREAMS) pubsub.subscribe(stream, { publication, status: () => undefined });
}

beforeEach(async () => {
  exchange = await SimulatedExchange.start({ apiKey: API_KEY, balances: { USDT: '100000', BTC: '1' } });
});

afterEach(async () => {
  await upstream.stop();
  await exchange.stop();
});

function limit(side: 'Buy' | 'Sell', price: string, more: object = {}): string {
  return exchange.account.create({
    category: 'linear',
    symbol: 'BTCUSDT',
    side,
    orderType: 'Limit',
    qty: '0.01',
    price,
    ...more,
  }).orderId;
}

function of<T>(stream: string): T[] {
  // A gap has none.
  return told.filter((one) => one.stream === stream && one.data !== undefined).map(({ data }) => data as T);
}

function newestOf(id: string): AccountOrder | undefined {
  return of<AccountOrder>('account.order').findLast((order) => order.id === id);
}

test('the account of the simulated exchange is followed: pushes, and what happened while there was no connection', async () => {
  startUpstream();
  await eventually(() => upstream.report().state === 'live');
  expect(of<AccountBalance>('account.balance')).toMatchObject([{ origin: 'sync', accountType: 'UNIFIED' }]);

  const resting = limit('Buy', '1000');
  await eventually(() => newestOf(resting)?.status === 'New');
  exchange.account.borrow('ETH', '2');
  await eventually(() => of<AccountBalance>('account.balance').some(({ coins }) => coins.some(({ coin }) => coin === 'ETH')));

  const unseen = exchange.account.create.bind(exchange.account);
  let filled = '';
  exchange.faults.drop({ endpoint: 'private' });
  filled = unseen({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.02' }).orderId;
  exchange.account.cancel({ category: 'linear', symbol: 'BTCUSDT', orderId: resting });
  await eventually(() => upstream.report().reconnects === 1 && upstream.report().state === 'live');

  expect(newestOf(resting)).toMatchObject({ status: 'Cancelled' });
  expect(newestOf(filled)).toMatchObject({ status: 'Filled', filledQuantity: expect.stringMatching(/^0\.020*$/) as string });
  const executions = of<AccountExecution>('account.execution').filter(({ orderId }) => orderId === filled);
  expect(new Set(executions.map(({ id }) => id)).size).toBe(executions.length);
  expect(executions.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBeCloseTo(0.02, 8);
  expect(of<AccountPosition>('account.position').at(-1)).toMatchObject({ symbol: 'BTCUSDT', side: 'long', positionIndex: 0 });
  for (const stream of STREAMS) {
    const numbers = told.filter((one) => one.stream === stream).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  }
  expect(upstream.report().bad).toEqual({});
});

test('under trade and broken connections the account is told in full: each execution once, and in the end the truth of everything', async () => {
  await exchange.stop();
  exchange = await SimulatedExchange.start({ apiKey: API_KEY, accountActivity: 400, seed: 7 });
  startUpstream();
  for (let drops = 0; drops < 5; drops++) {
    const before = told.length;
    await eventually(() => upstream.report().state === 'live' && told.length > before + 100);
    exchange.faults.drop({ endpoint: 'private' });
    await eventually(() => upstream.report().reconnects > drops);
  }
  await fetch(`${exchange.restUrl}/control/account`, { method: 'POST', body: JSON.stringify({ do: 'activity', rate: 0 }) });
  // What rests would be filled by the markets at any time.
  exchange.faults.drop({ endpoint: 'private' });
  exchange.account.cancelAll({ category: 'linear', settleCoin: 'USDT' });
  exchange.account.cancelAll({ category: 'spot' });
  await eventually(() => upstream.report().reconnects === 6 && upstream.report().state === 'live');

  const { orders, positions, wallet } = exchange.account.books;
  expect(
    of<AccountExecution>('account.execution')
      .map(({ id }) => id)
      .sort(),
  ).toEqual(
    orders
      .trades()
      .map(({ execId }) => execId)
      .sort(),
  );
  const newest = new Map(of<AccountOrder>('account.order').map((order) => [order.id, order.status]));
  const truth = [...orders.closed(), ...orders.open].map((order) => [order.orderId, order.status] as const);
  expect([...newest].sort()).toEqual([...truth].sort());
  const held = new Map(
    of<AccountPosition>('account.position').map((one) => [`${one.market} ${one.symbol} ${one.positionIndex}`, one.size]),
  );
  const sizes = [...held.values()].filter((size) => Number(size) !== 0);
  expect(sizes).toHaveLength(positions.held().length);
  const coins = new Map(
    of<AccountBalance>('account.balance').flatMap((one) =>
      one.coins.map(({ coin, walletBalance }) => [coin, Number(walletBalance)]),
    ),
  );
  for (const { coin, balance } of wallet.coins) expect(coins.get(coin)).toBeCloseTo(Number(plain(balance)), 8);
  expect(upstream.report()).toMatchObject({ bad: {}, syncs: { ok: expect.any(Number) as number } });
});

test('a wrong secret is refused, said, and not tried again', async () => {
  startUpstream({ ...API_KEY, secret: 'another' });
  await eventually(() => upstream.report().state === 'refused');
  expect(upstream.report().reason).toMatch(/^the exchange refused the API key/);
  expect(exchange.requests.filter(({ request }) => request.op === 'subscribe')).toEqual([]);
});

test('a clock that is wrong does no harm', async () => {
  exchange.faults.skewClock(3_600_000);
  startUpstream();
  await eventually(() => upstream.report().state === 'live');
  exchange.faults.skewClock(-3_600_000);
  exchange.faults.drop({ endpoint: 'private' });
  await eventually(() => upstream.report().reconnects === 1 && upstream.report().state === 'live');
  expect(upstream.report().breaker).toBe('closed');
});

test('balances now are those of the exchange', async () => {
  startUpstream();
  await eventually(() => upstream.report().state === 'live');
  await expect(upstream.syncBalances()).resolves.toEqual({ coins: ['USDT', 'BTC'] });
});
