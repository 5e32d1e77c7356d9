import { ExchangeClient, type Frame } from '../../test/support/exchange-client';
import { ManualClock } from '../../test/support/manual-clock';
import { signRealtime } from './api-key';
import { SimulatedExchange } from './simulated-exchange';

describe('the order entry socket', () => {
  let clock: ManualClock;
  let exchange: SimulatedExchange;
  let client: ExchangeClient;
  const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', qty: '0.010', price: '70000.00' };

  async function ask(op: string, args: readonly unknown[], more: object = {}): Promise<Frame> {
    client.send({ op, header: { 'X-BAPI-TIMESTAMP': String(clock.now()) }, args, ...more });
    return client.frame();
  }

  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    exchange = await SimulatedExchange.start({ manual: true, clock });
    client = await ExchangeClient.open(`${exchange.wsUrl}/v5/trade`);
    const expires = clock.now() + 1_000;
    client.send({ op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] });
    await client.frame();
  });

  afterEach(async () => {
    await exchange.stop();
    await client.close();
  });

  it('takes an order and cancels it, with what REST would answer as data', async () => {
    const created = await ask('order.create', [order], { reqId: 'a' });
    const { orderId } = created['data'] as { orderId: string };
    expect(created).toEqual({
      reqId: 'a',
      retCode: 0,
      retMsg: 'OK',
      op: 'order.create',
      data: { orderId, orderLinkId: '' },
      retExtInfo: {},
      header: expect.objectContaining({ Timenow: String(clock.now()) }) as object,
      connId: expect.any(String) as string,
    });
    const by = { category: 'linear', symbol: 'BTCUSDT', orderId };
    expect(await ask('order.amend', [{ ...by, qty: '0.020' }])).toMatchObject({ retCode: 0, data: { orderId } });
    expect(await ask('order.cancel', [by])).toMatchObject({ retCode: 0, data: { orderId } });
    expect(await ask('order.cancel', [by])).toMatchObject({ retCode: 110001, data: {} });
  });

  it.each<[string, readonly unknown[], object, number]>([
    ['an order that REST would refuse', [{ ...order, qty: '0' }], {}, 10001],
    ['no order', [], {}, 10001],
    ['a time that is over', [order], { header: { 'X-BAPI-TIMESTAMP': '1' } }, 10002],
    ['no time', [order], { header: null }, 10002],
  ])('refuses %s', async (_, args, more, retCode) => {
    expect(await ask('order.create', args, more)).toMatchObject({ retCode, op: 'order.create' });
    expect(exchange.account.books.orders.open.size).toBe(0);
  });

  it('takes an id once', async () => {
    await ask('order.create', [order], { reqId: 'a' });
    expect(await ask('order.create', [order], { reqId: 'a' })).toMatchObject({ retCode: 20006 });
    expect(exchange.account.books.orders.open.size).toBe(1);
  });

  it('takes no orders of strangers, nor when the key is refused', async () => {
    exchange.faults.account.refuseAuth();
    const stranger = await ExchangeClient.open(`${exchange.wsUrl}/v5/trade`);
    const expires = clock.now() + 1_000;
    stranger.send({ op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] });
    expect(await stranger.frame()).toMatchObject({ retCode: 10004 });
    stranger.send({ op: 'order.create', args: [order] });
    expect(await stranger.frame()).toMatchObject({ retCode: 10003 });
    await stranger.close();
  });
});
