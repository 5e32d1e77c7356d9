import { ExchangeClient } from '../../../test/support/exchange-client';
import { ManualClock } from '../../../test/support/manual-clock';
import { PrivateClient } from '../../../test/support/private-client';
import { signRealtime } from '../api-key';
import { SimulatedExchange } from '../simulated-exchange';

describe('signed REST', () => {
  let clock: ManualClock;
  let exchange: SimulatedExchange;
  let client: PrivateClient;
  const limit = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', qty: '0.001', price: '70000.00' };
  const BALANCE = '/v5/account/wallet-balance?accountType=UNIFIED';

  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    exchange = await SimulatedExchange.start({ manual: true, clock });
    client = await PrivateClient.open(exchange);
  });

  afterEach(async () => {
    await exchange.stop();
    await client.close();
  });

  it('answers what is signed rightly', async () => {
    const { retCode, result } = await client.get(BALANCE);
    expect(retCode).toBe(0);
    expect(result.list).toHaveLength(1);
    expect(result.list[0]).toMatchObject({ accountType: 'UNIFIED', totalEquity: expect.stringMatching(/^\d+/) as string });
    const coins = result.list[0]?.['coin'] as Record<string, string>[];
    expect(coins.map(({ coin }) => coin)).toEqual(['USDT', 'USDC', 'BTC', 'ETH']);
    expect(coins[3]).toMatchObject({ walletBalance: '-1.5', borrowAmount: '1.5' });
    const one = await client.get(`${BALANCE}&coin=BTC,USDC`);
    expect((one.result.list[0]?.['coin'] as unknown[]).length).toBe(2);
  });

  it.each<[string, Record<string, string> | (() => Record<string, string>), number, RegExp]>([
    ['another key', { 'X-BAPI-API-KEY': 'other' }, 10003, /^API key is invalid\.$/],
    ['no key', { 'X-BAPI-API-KEY': '' }, 10003, /invalid/],
    ['another signature', { 'X-BAPI-SIGN': 'ab' }, 10004, /^error sign! origin_string\[\d+test-key5000accountType=UNIFIED\]$/],
    ['a time too old', () => ({ 'X-BAPI-TIMESTAMP': String(clock.now() - 5_001) }), 10002, /recv_window\[5000\]$/],
    ['a time ahead', () => ({ 'X-BAPI-TIMESTAMP': String(clock.now() + 1_000) }), 10002, /req_timestamp/],
    ['no time', { 'X-BAPI-TIMESTAMP': '' }, 10002, /req_timestamp\[\]/],
  ])('refuses %s', async (_, headers, retCode, message) => {
    const answer = await client.get(BALANCE, typeof headers === 'function' ? headers() : headers);
    expect(answer).toMatchObject({ retCode, result: {} });
    expect(answer.retMsg).toMatch(message);
  });

  it('takes times at the edges of the window', async () => {
    for (const offset of [-5_000, 999])
      expect((await client.get(BALANCE, { 'X-BAPI-TIMESTAMP': String(clock.now() + offset) })).retCode).toBe(0);
  });

  it('is refused, limited and skewed on command', async () => {
    exchange.faults.account.refuseAuth();
    expect((await client.get(BALANCE)).retCode).toBe(10003);
    const socket = await ExchangeClient.open(`${exchange.wsUrl}/v5/private`);
    const expires = clock.now() + 1_000;
    const auth = { op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] };
    socket.send(auth);
    expect(await socket.frame()).toMatchObject({ success: false, ret_msg: 'Params Error', op: 'auth' });
    exchange.faults.account.acceptAuth();
    socket.send(auth);
    expect(await socket.frame()).toMatchObject({ success: true, op: 'auth' });
    await socket.close();
    exchange.faults.account.rateLimit(1);
    expect([(await client.get(BALANCE)).retCode, (await client.get(BALANCE)).retCode]).toEqual([10006, 0]);
    exchange.faults.skewClock(10_000);
    expect((await client.get(BALANCE, { 'X-BAPI-TIMESTAMP': String(clock.now()) })).retCode).toBe(10002);
    exchange.faults.clear();
    expect(exchange.faults.active()['account']).toEqual({ refusing: false, limited: 0, lost: 0, rejection: undefined });
  });

  it('pages orders and executions newest first, and new ones do not shift the pages', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.unshift(exchange.account.create({ ...limit, orderLinkId: `o-${i}` }).orderId);
    for (const kind of ['open', 'closed'] as const) {
      const path = kind === 'open' ? 'order/realtime?category=linear&settleCoin=USDT' : 'order/history?category=linear';
      const seen: unknown[] = [];
      let cursor = '';
      do {
        const { result } = await client.get(`/v5/${path}&limit=2${cursor && `&cursor=${cursor}`}`);
        seen.push(...result.list.map(({ orderId }) => orderId));
        cursor = result.nextPageCursor;
        exchange.account.create({ ...limit, timeInForce: 'IOC' });
        exchange.account.create({ ...limit, symbol: 'ETHUSDT', price: '2000.00', qty: '0.10', side: 'Buy' });
      } while (cursor !== '');
      // The later ones are not among these pages.
      expect(seen.filter((id) => made.includes(String(id)))).toEqual(made);
      exchange.account.cancelAll({ category: 'linear', settleCoin: 'USDT' });
      clock.advance(1);
    }
  });

  it('finds orders by either id, whatever their state', async () => {
    const { orderId } = (await client.post('/v5/order/create', { ...limit, orderLinkId: 'mine' })).result;
    expect((await client.get('/v5/order/realtime?category=linear&orderLinkId=mine')).result.list).toMatchObject([
      { orderId, orderStatus: 'New' },
    ]);
    expect(
      (await client.post('/v5/order/cancel', { category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'mine' })).result,
    ).toEqual({ orderId, orderLinkId: 'mine' });
    expect((await client.get('/v5/order/realtime?category=linear&symbol=BTCUSDT')).result.list).toEqual([]);
    expect((await client.get('/v5/order/realtime?category=linear&symbol=BTCUSDT&openOnly=1')).result.list).toMatchObject([
      { orderId, orderStatus: 'Cancelled' },
    ]);
    expect((await client.get(`/v5/order/history?category=linear&orderId=${String(orderId)}`)).result.list).toHaveLength(1);
    expect((await client.get('/v5/order/history?category=linear&orderStatus=Filled')).result.list).toEqual([]);
    expect((await client.get('/v5/order/history?category=spot')).result.list).toEqual([]);
  });

  it('lists positions with a symbol though flat, with a coin only what is held', async () => {
    const flat = await client.get('/v5/position/list?category=linear&symbol=BTCUSDT');
    expect(flat.result.list).toMatchObject([{ symbol: 'BTCUSDT', side: '', size: '0', avgPrice: '0', positionIdx: 0 }]);
    expect((await client.post('/v5/position/switch-mode', { category: 'linear', coin: 'USDT', mode: 3 })).retCode).toBe(0);
    expect((await client.get('/v5/position/list?category=linear&symbol=BTCUSDT')).result.list).toHaveLength(2);
    expect((await client.get('/v5/position/list?category=linear&settleCoin=USDT')).result.list).toEqual([]);
    const order = { ...limit, orderType: 'Market', qty: '0.010', positionIdx: 1 };
    expect((await client.post('/v5/order/create', order)).retCode).toBe(0);
    expect((await client.get('/v5/position/list?category=linear&settleCoin=USDT')).result.list).toMatchObject([
      { positionIdx: 1, side: 'Buy', size: '0.01' },
    ]);
    expect((await client.get('/v5/position/list?category=inverse')).result.list).toEqual([]);
  });

  it('filters executions by time, type and order', async () => {
    const { orderId } = exchange.account.create({ ...limit, orderType: 'Market', qty: '0.100' });
    clock.advance(1_000);
    exchange.account.funding('linear', 'BTCUSDT');
    const list = async (more: string) => (await client.get(`/v5/execution/list?category=linear${more}`)).result.list;
    expect((await list(''))[0]).toMatchObject({ execType: 'Funding' });
    expect(await list('&execType=Funding')).toHaveLength(1);
    expect(await list(`&startTime=${clock.now()}`)).toHaveLength(1);
    expect((await list(`&orderId=${orderId}`)).every((one) => one['orderId'] === orderId)).toBe(true);
    expect(await list('&symbol=ETHUSDT')).toEqual([]);
    expect((await client.get(`/v5/execution/list?category=linear&startTime=1&endTime=${clock.now()}`)).retCode).toBe(10001);
  });

  it.each([
    '/v5/account/wallet-balance',
    '/v5/position/list?category=linear',
    '/v5/position/list?category=spot',
    '/v5/position/list?category=linear&symbol=NOPE',
    '/v5/order/realtime?category=linear',
    '/v5/order/realtime',
    '/v5/order/history?category=linear&limit=51',
    '/v5/execution/list?category=linear&cursor=first%3D2',
  ])('answers %s with 10001', async (path) => {
    expect(await client.get(path)).toMatchObject({ retCode: 10001, result: {} });
  });

  it('has nothing on other paths, and takes bodies up to a length', async () => {
    await expect(client.get('/v5/user/query-api')).rejects.toThrow('404');
    await expect(client.post('/v5/order/create-batch', {})).rejects.toThrow('404');
    await expect(client.post('/v5/order/create', { text: 'x'.repeat(70_000) })).rejects.toThrow('413');
  });

  it('is made to misbehave over HTTP', async () => {
    const faults = ['refuseAuth', 'acceptAuth', 'rateLimit', 'losePushes', 'rejectOrder'];
    for (const fault of faults) {
      const response = await fetch(`${exchange.restUrl}/control/faults`, {
        method: 'POST',
        body: JSON.stringify({ fault, times: 2, reason: 'EC_Others' }),
        headers: { connection: 'close' },
      });
      expect(await response.json()).toEqual({ fault: { name: fault, hit: null } });
    }
    expect(exchange.faults.account.active()).toEqual({ refusing: false, limited: 2, lost: 2, rejection: 'EC_Others' });
  });

  it('is commanded over HTTP, silently if asked', async () => {
    const command = async (body: object): Promise<[number, unknown]> => {
      const response = await fetch(`${exchange.restUrl}/control/account`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { connection: 'close' },
      });
      return [response.status, await response.json()];
    };
    expect(await command({ do: 'transfer', coin: 'USDT', amount: '1.5', silent: true })).toEqual([
      200,
      { account: { name: 'transfer', result: null } },
    ]);
    const [status, order] = await command({ do: 'order', ...limit });
    expect([status, order]).toMatchObject([200, { account: { name: 'order', result: { orderLinkId: '' } } }]);
    expect(await command({ do: 'fill', orderId: 'none' })).toEqual([400, { error: 'there is no open order none' }]);
    expect(await command({ do: 'transfer', coin: 'USDT', amount: '-1000000' })).toEqual([
      400,
      { error: 'there is not so much USDT' },
    ]);
    expect(await command({ do: 'order', ...limit, qty: '0' })).toEqual([400, { error: '10001 Qty invalid' }]);
    expect((await command({ do: 'nothing' }))[0]).toBe(400);
    expect((await command({ do: 'liquidate', category: 'linear', symbol: 'BTCUSDT', positionIdx: 5 }))[0]).toBe(400);
    expect((await command({ do: 'activity', rate: -1 }))[0]).toBe(400);
    const summary = (await (
      await fetch(`${exchange.restUrl}/control/account`, { headers: { connection: 'close' } })
    ).json()) as Record<string, unknown>;
    expect(summary).toMatchObject({ openOrders: [{ symbol: 'BTCUSDT' }], positions: [], executions: 0 });
  });
});
