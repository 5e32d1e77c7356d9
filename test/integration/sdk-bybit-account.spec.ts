import { RestClientV5, WebsocketClient, WS_KEY_MAP } from 'bybit-api';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';

const KEYS = { key: 'test-key', secret: 'test-secret' };
const quiet = { trace: () => undefined, info: () => undefined, error: () => undefined };

interface Update {
  readonly topic: string;
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** The SDK's own socket client, unchanged; nothing it is told is missed. */
class Sdk {
  readonly client: WebsocketClient;
  readonly exceptions: unknown[] = [];
  private readonly updates: Update[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(exchange: SimulatedExchange, path: string) {
    this.client = new WebsocketClient({ wsUrl: `${exchange.wsUrl}${path}`, market: 'v5', reconnectTimeout: 10, ...KEYS }, quiet);
    this.client.on('update', (event: unknown) => {
      this.updates.push(event as Update);
      for (const look of [...this.waiting]) look();
    });
    this.client.on('exception', (event) => this.exceptions.push(event));
  }

  /** Resolves with the first row of a topic, told from now on or before, that matches. */
  row(topic: string, match: (row: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.updates
          .filter((update) => update.topic === topic)
          .flatMap(({ data }) => data)
          .find(match);
        if (!found) return;
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
    });
  }
}

describe('the SDK bybit-api, with the account of the simulated exchange', () => {
  let exchange: SimulatedExchange;
  let rest: RestClientV5;
  const sdks: Sdk[] = [];

  function connect(path: string): Sdk {
    const sdk = new Sdk(exchange, path);
    sdks.push(sdk);
    return sdk;
  }

  async function follow(...topics: string[]): Promise<Sdk> {
    const sdk = connect('/v5/private');
    for (const asked of sdk.client.subscribeV5(topics, 'linear')) void Promise.resolve(asked).catch(() => undefined);
    await Promise.all(topics.map((topic) => exchange.whenSubscribed('private', topic)));
    return sdk;
  }

  beforeEach(async () => {
    exchange = await SimulatedExchange.start();
    rest = new RestClientV5({ baseUrl: exchange.restUrl, ...KEYS });
  });

  afterEach(async () => {
    for (const sdk of sdks.splice(0)) sdk.client.closeAll(true);
    await exchange.stop();
  });

  it('hears of the order that it places over REST: order, executions, position and wallet', async () => {
    const sdk = await follow('order', 'execution', 'position', 'wallet');
    const answer = await rest.submitOrder({
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Buy',
      orderType: 'Market',
      qty: '0.01',
    });
    expect(answer).toMatchObject({ retCode: 0, result: { orderLinkId: '' } });
    const { orderId } = answer.result;
    expect(await sdk.row('order', (row) => row['orderId'] === orderId)).toMatchObject({
      orderStatus: 'Filled',
      cumExecQty: '0.010',
    });
    expect(await sdk.row('execution', (row) => row['orderId'] === orderId)).toMatchObject({ execType: 'Trade', isMaker: false });
    const position = await sdk.row('position', (row) => row['side'] === 'Buy');
    expect(position).toMatchObject({ symbol: 'BTCUSDT', size: '0.01', positionIdx: 0 });
    expect(await sdk.row('wallet', () => true)).toMatchObject({ accountType: 'UNIFIED', coin: [{ coin: 'USDT' }] });
    const { result } = await rest.getPositionInfo({ category: 'linear', settleCoin: 'USDT' });
    expect(result.list).toMatchObject([{ symbol: 'BTCUSDT', side: 'Buy', size: '0.01', avgPrice: position['entryPrice'] }]);
    const executions = await rest.getExecutionList({ category: 'linear', orderId });
    expect(executions.result.list.length).toBeGreaterThan(0);
    expect(sdk.exceptions).toEqual([]);
  });

  it('places, amends, finds and cancels a limit order', async () => {
    const sdk = await follow('order.linear');
    const limit = { category: 'linear', symbol: 'ETHUSDT', side: 'Buy', orderType: 'Limit', qty: '0.1', price: '1500' } as const;
    const { orderId } = (await rest.submitOrder({ ...limit, orderLinkId: 'mine-1' })).result;
    await rest.amendOrder({ category: 'linear', symbol: 'ETHUSDT', orderId, qty: '0.2' });
    const open = await rest.getActiveOrders({ category: 'linear', symbol: 'ETHUSDT' });
    expect(open.result.list).toMatchObject([
      { orderId, orderLinkId: 'mine-1', orderStatus: 'New', qty: '0.20', leavesQty: '0.20' },
    ]);
    expect(await rest.cancelOrder({ category: 'linear', symbol: 'ETHUSDT', orderLinkId: 'mine-1' })).toMatchObject({
      retCode: 0,
    });
    expect(await sdk.row('order.linear', (row) => row['orderStatus'] === 'Cancelled')).toMatchObject({
      orderId,
      cancelType: 'CancelByUser',
    });
    expect((await rest.getHistoricOrders({ category: 'linear' })).result.list).toMatchObject([
      { orderId, orderStatus: 'Cancelled' },
    ]);
    await rest.submitOrder(limit);
    expect((await rest.cancelAllOrders({ category: 'linear', symbol: 'ETHUSDT' })).result).toMatchObject({
      list: [{ orderLinkId: '' }],
    });
  });

  it('switches to hedge mode and holds both sides', async () => {
    expect(await rest.switchPositionMode({ category: 'linear', symbol: 'SOLUSDT', mode: 3 })).toMatchObject({ retCode: 0 });
    const order = { category: 'linear', symbol: 'SOLUSDT', orderType: 'Market', qty: '5' } as const;
    await rest.submitOrder({ ...order, side: 'Buy', positionIdx: 1 });
    await rest.submitOrder({ ...order, side: 'Sell', positionIdx: 2 });
    const { result } = await rest.getPositionInfo({ category: 'linear', symbol: 'SOLUSDT' });
    expect(result.list).toMatchObject([
      { positionIdx: 1, side: 'Buy', size: '5' },
      { positionIdx: 2, side: 'Sell', size: '5' },
    ]);
    expect(await rest.submitOrder({ ...order, side: 'Buy' })).toMatchObject({ retCode: 10001 });
  });

  it('reads balances, negative ones too', async () => {
    const { result } = await rest.getWalletBalance({ accountType: 'UNIFIED' });
    const eth = result.list[0]?.coin.find(({ coin }) => coin === 'ETH');
    expect(eth).toMatchObject({ walletBalance: '-1.5', borrowAmount: '1.5' });
  });

  it('is refused with another secret, and limited on command', async () => {
    const other = new RestClientV5({ baseUrl: exchange.restUrl, key: 'test-key', secret: 'other' });
    expect(await other.getWalletBalance({ accountType: 'UNIFIED' })).toMatchObject({ retCode: 10004 });
    exchange.faults.account.rateLimit(1);
    expect(await rest.getWalletBalance({ accountType: 'UNIFIED' })).toMatchObject({ retCode: 10006 });
  });

  it('places and cancels orders on the order entry socket', async () => {
    const sdk = connect('/v5/trade');
    const order = {
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Sell',
      orderType: 'Limit',
      qty: '0.01',
      price: '120000',
    } as const;
    const created = await sdk.client.sendWSAPIRequest(WS_KEY_MAP.v5PrivateTrade, 'order.create', order);
    expect(created).toMatchObject({ retCode: 0, op: 'order.create', data: { orderLinkId: '' } });
    const { orderId } = created.data;
    const cancel = { category: 'linear', symbol: 'BTCUSDT', orderId } as const;
    expect(await sdk.client.sendWSAPIRequest(WS_KEY_MAP.v5PrivateTrade, 'order.cancel', cancel)).toMatchObject({
      retCode: 0,
      data: { orderId },
    });
    await expect(sdk.client.sendWSAPIRequest(WS_KEY_MAP.v5PrivateTrade, 'order.cancel', cancel)).rejects.toMatchObject({
      retCode: 110001,
    });
  });
});
