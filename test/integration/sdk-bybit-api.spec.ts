import { RestClientV5, WebsocketClient } from 'bybit-api';
import { Recording } from '../../src/simulator/recording';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';

type Category = 'linear' | 'spot' | 'inverse' | 'option';
type Update = Readonly<Record<string, unknown>> & { readonly topic: string };

const quiet = { trace: () => undefined, info: () => undefined, error: () => undefined };

/** The exchange's own-style SDK, unchanged, on one endpoint; nothing it reports is missed. */
class Sdk {
  readonly client: WebsocketClient;
  readonly exceptions: unknown[] = [];
  private readonly updates: Update[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(
    exchange: SimulatedExchange,
    path: string,
    readonly category: Category,
    more: { key?: string; secret?: string; pingInterval?: number; pongTimeout?: number } = {},
  ) {
    this.client = new WebsocketClient({ wsUrl: `${exchange.wsUrl}${path}`, market: 'v5', reconnectTimeout: 10, ...more }, quiet);
    this.client.on('update', (event: unknown) => {
      this.updates.push(event as Update);
      for (const look of [...this.waiting]) look();
    });
    this.client.on('exception', (event) => this.exceptions.push(event));
  }

  subscribe(...topics: string[]): void {
    // Its promises settle when the connection does; the test waits for what arrives instead.
    for (const asked of this.client.subscribeV5(topics, this.category)) void Promise.resolve(asked).catch(() => undefined);
  }

  /** Resolves with the first update, from now on or earlier, that matches. */
  update(match: (update: Update) => boolean, from = 0): Promise<Update> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.updates.slice(from).find(match);
        if (!found) return;
        this.waiting.delete(look);
        resolve(found);
      };
      this.waiting.add(look);
      look();
    });
  }

  of(topic: string, from = 0): Promise<Update> {
    return this.update((update) => update.topic === topic, from);
  }

  get received(): number {
    return this.updates.length;
  }

  once(event: 'authenticated' | 'reconnected' | 'exception' | 'close'): Promise<unknown> {
    return new Promise((resolve) => this.client.on(event as 'authenticated', resolve));
  }
}

/** How many entries a frame has is the market's affair: the fills of an order, two candles at a boundary. */
function expectEach({ data }: Update, entry: object): void {
  expect(data).not.toHaveLength(0);
  for (const one of data as readonly unknown[]) expect(one).toMatchObject(entry);
}

describe('the SDK bybit-api, pointed at the simulated exchange', () => {
  let exchange: SimulatedExchange;
  const sdks: Sdk[] = [];

  function connect(path: string, category: Category, more = {}): Sdk {
    const sdk = new Sdk(exchange, path, category, more);
    sdks.push(sdk);
    return sdk;
  }

  beforeEach(async () => {
    exchange = await SimulatedExchange.start();
  });

  afterEach(async () => {
    for (const sdk of sdks.splice(0)) sdk.client.closeAll(true);
    await exchange.stop();
  });

  it('receives ticker, trades, kline, order book and liquidations of linear', async () => {
    const sdk = connect('/v5/public/linear', 'linear');
    sdk.subscribe('tickers.BTCUSDT', 'publicTrade.BTCUSDT', 'kline.1.BTCUSDT', 'orderbook.50.BTCUSDT', 'allLiquidation.BTCUSDT');
    await exchange.whenSubscribed('linear', 'allLiquidation.BTCUSDT');
    for (const topic of ['publicTrade', 'kline.1', 'allLiquidation']) exchange.stir('linear', `${topic}.BTCUSDT`);
    expect(await sdk.of('tickers.BTCUSDT')).toMatchObject({
      type: 'snapshot',
      data: { symbol: 'BTCUSDT' },
      wsKey: 'v5LinearPublic',
    });
    expect(await sdk.update(({ topic, type }) => topic === 'tickers.BTCUSDT' && type === 'delta')).toMatchObject({
      data: { symbol: 'BTCUSDT' },
    });
    const trades = await sdk.of('publicTrade.BTCUSDT');
    expect(trades['type']).toBe('snapshot');
    expectEach(trades, { s: 'BTCUSDT', BT: false });
    expectEach(await sdk.of('kline.1.BTCUSDT'), { interval: '1' });
    expect(await sdk.of('orderbook.50.BTCUSDT')).toMatchObject({ type: 'snapshot', data: { s: 'BTCUSDT' } });
    expect(await sdk.update(({ topic, type }) => topic === 'orderbook.50.BTCUSDT' && type === 'delta')).toMatchObject({
      data: { s: 'BTCUSDT' },
    });
    expectEach(await sdk.of('allLiquidation.BTCUSDT'), { s: 'BTCUSDT' });
    expect(sdk.exceptions).toEqual([]);
  });

  it.each<[Category, string[]]>([
    ['inverse', ['tickers.BTCUSD', 'publicTrade.BTCUSD', 'kline.5.BTCUSD', 'orderbook.200.BTCUSD', 'orderbook.1.BTCUSDZ26']],
    ['spot', ['tickers.BTCUSDT', 'publicTrade.BTCUSDT', 'kline.1.BTCUSDT', 'orderbook.50.BTCUSDT', 'orderbook.1.ETHUSDT']],
    ['option', ['tickers.BTC-27MAR26-70000-P-USDT', 'orderbook.25.BTC-27MAR26-70000-P-USDT', 'publicTrade.BTC']],
  ])('receives every kind of %s', async (category, topics) => {
    const sdk = connect(`/v5/public/${category}`, category);
    sdk.subscribe(...topics);
    await Promise.all(topics.map((topic) => exchange.whenSubscribed(category, topic)));
    for (const topic of topics) {
      exchange.stir(category, topic);
      expect(await sdk.of(topic)).toMatchObject({ topic, ts: expect.any(Number) as number, data: expect.anything() as unknown });
    }
    expect(sdk.exceptions).toEqual([]);
  });

  it('sends spot topics ten at a time, and all are granted', async () => {
    const sdk = connect('/v5/public/spot', 'spot');
    const topics = exchange.model.list('spot').slice(0, 12).map(({ symbol }) => `orderbook.1.${symbol}`); // prettier-ignore
    sdk.subscribe(...topics);
    for (const topic of topics) await sdk.of(topic);
    expect(
      exchange.requests.filter(({ request }) => request.op === 'subscribe').map(({ request }) => request.args.length),
    ).toEqual([10, 2]);
  });

  it('survives a dropped connection and a refused one: it comes back and subscribes again', async () => {
    const sdk = connect('/v5/public/linear', 'linear');
    sdk.subscribe('orderbook.50.ETHUSDT');
    await sdk.of('orderbook.50.ETHUSDT');
    const before = await exchange.whenSubscribed('linear', 'orderbook.50.ETHUSDT');
    const reconnected = sdk.once('reconnected');
    const from = sdk.received;
    exchange.faults.refuseUpgrades(502, 1);
    exchange.faults.drop();
    await reconnected;
    expect(await sdk.update(({ topic, type }) => topic === 'orderbook.50.ETHUSDT' && type === 'snapshot', from)).toBeDefined();
    const after = await exchange.whenSubscribed('linear', 'orderbook.50.ETHUSDT');
    expect(after.connId).not.toBe(before.connId);
  });

  it('gives up a socket that neither pongs nor sends, and comes back on a new one', async () => {
    const sdk = connect('/v5/public/linear', 'linear', { pingInterval: 50, pongTimeout: 50 });
    sdk.subscribe('tickers.ETHUSDT');
    await sdk.of('tickers.ETHUSDT');
    const reconnected = sdk.once('reconnected');
    const from = sdk.received;
    exchange.faults.halfOpen();
    await reconnected;
    expect(await sdk.update(({ type }) => type === 'snapshot', from)).toMatchObject({ topic: 'tickers.ETHUSDT' });
  });

  it('is told what is wrong with a topic', async () => {
    const sdk = connect('/v5/public/linear', 'linear');
    const exception = sdk.once('exception');
    sdk.subscribe('tickers.NOPEUSDT');
    expect(await exception).toMatchObject({
      success: false,
      ret_msg: 'error:handler not found,topic:tickers.NOPEUSDT',
      req_id: 'tickers.NOPEUSDT',
    });
  });

  it('authenticates on the private socket and receives account frames', async () => {
    const sdk = connect('/v5/private', 'linear', { key: 'test-key', secret: 'test-secret' });
    const authenticated = sdk.once('authenticated');
    sdk.subscribe('order', 'execution', 'position', 'wallet');
    expect(await authenticated).toMatchObject({ success: true, op: 'auth', wsKey: 'v5Private' });
    await exchange.whenSubscribed('private', 'wallet');
    exchange.pushPrivate({ topic: 'order', id: '1', creationTime: 1, data: [{ symbol: 'BTCUSDT', orderStatus: 'New' }] } as {
      topic: string;
    });
    expect(await sdk.of('order')).toMatchObject({ data: [{ symbol: 'BTCUSDT', orderStatus: 'New' }] });
  });

  it('is refused with a wrong secret', async () => {
    const sdk = connect('/v5/private', 'linear', { key: 'test-key', secret: 'other' });
    const exception = sdk.once('exception');
    sdk.subscribe('order');
    expect(await exception).toMatchObject({ success: false, ret_msg: 'Params Error', op: 'auth' });
  });

  it('reads REST', async () => {
    const rest = new RestClientV5({ baseUrl: exchange.restUrl });
    expect(Number((await rest.getServerTime()).result.timeSecond)).toBeGreaterThan(1_700_000_000);
    const instruments = await rest.getInstrumentsInfo({ category: 'linear', symbol: 'BTCUSDT' });
    expect(instruments.result.list[0]).toMatchObject({ symbol: 'BTCUSDT', status: 'Trading' });
    const kline = await rest.getKline({ category: 'linear', symbol: 'BTCUSDT', interval: '60', limit: 5 });
    expect(kline.result.list).toHaveLength(5);
    const book = await rest.getOrderbook({ category: 'linear', symbol: 'BTCUSDT', limit: 50 });
    expect([book.result.b.length, book.result.a.length]).toEqual([50, 50]);
    expect((await rest.getTickers({ category: 'spot', symbol: 'BTCUSDT' })).result.list[0]).toMatchObject({ symbol: 'BTCUSDT' });
    expect((await rest.getPublicTradingHistory({ category: 'linear', symbol: 'BTCUSDT' })).retCode).toBe(0);
    expect((await rest.getKline({ category: 'linear', symbol: 'NOPE', interval: '1' })).retCode).toBe(10001);
  });

  it('plays a recording to it', async () => {
    await exchange.stop();
    const frame = {
      topic: 'orderbook.1.BTCUSDT',
      ts: 1,
      type: 'snapshot',
      data: { s: 'BTCUSDT', b: [['1', '2']], a: [['2', '1']], u: 9, seq: 9 },
      cts: 1,
    };
    exchange = await SimulatedExchange.start({
      replay: { recording: Recording.parse(JSON.stringify(frame), 'linear'), speed: 1 },
    });
    const sdk = connect('/v5/public/linear', 'linear');
    sdk.subscribe('orderbook.1.BTCUSDT');
    expect(await sdk.of('orderbook.1.BTCUSDT')).toMatchObject(frame);
  });
});
