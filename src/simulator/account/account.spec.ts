import { ManualClock } from '../../../test/support/manual-clock';
import { type AccountFrame, PrivateClient } from '../../../test/support/private-client';
import { SimulatedExchange } from '../simulated-exchange';
import type { SimulatorOptions } from '../simulator-options';

const ALL = ['order', 'execution', 'position', 'wallet'];

function of(frames: readonly AccountFrame[], topic: string): Readonly<Record<string, unknown>>[] {
  return frames.filter((frame) => frame.topic === topic).flatMap(({ data }) => data);
}

function statuses(frames: readonly AccountFrame[]): unknown[] {
  return of(frames, 'order').map(({ orderStatus }) => orderStatus);
}

describe('the account, on the private socket', () => {
  let clock: ManualClock;
  let exchange: SimulatedExchange;
  let client: PrivateClient;
  const clients: PrivateClient[] = [];

  async function open(...topics: string[]): Promise<PrivateClient> {
    const one = await PrivateClient.open(exchange, ...topics);
    clients.push(one);
    return one;
  }

  async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
    exchange = await SimulatedExchange.start({ manual: true, clock, balances: { USDT: '100000', BTC: '2' }, ...options });
    client = await open(...ALL);
  }

  async function stop(): Promise<void> {
    await exchange.stop();
    await Promise.all(clients.splice(0).map((one) => one.close()));
  }

  /** A price so far below the book that nobody comes there. */
  function low(symbol = 'BTCUSDT', category: 'linear' | 'spot' = 'linear'): string {
    const market = exchange.model.symbol(category, symbol);
    if (!market) throw new Error(`${symbol} does not trade`);
    const { priceScale, tick } = market.instrument;
    return ((Math.floor((market.lastPrice * 0.97) / tick) * tick) / 10 ** priceScale).toFixed(priceScale);
  }

  function limit(more: object = {}): Record<string, unknown> {
    return { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Limit', qty: '0.010', price: low(), ...more };
  }

  function market(more: object = {}): Record<string, unknown> {
    return { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.010', ...more };
  }

  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    await start();
  });

  afterEach(stop);

  it('tells of a limit order that rests, and of its position though nothing changed there', async () => {
    const { orderId } = exchange.account.create(limit({ orderLinkId: 'mine-1' }));
    const frames = await client.frames();
    expect(frames.map(({ topic }) => topic)).toEqual(['order', 'position']);
    const [order, position] = frames;
    expect(order).toMatchObject({ topic: 'order', creationTime: clock.now(), data: [{ orderId, orderLinkId: 'mine-1' }] });
    expect(order?.id).toMatch(/^\d+_BTCUSDT_\d+$/);
    expect(order?.data[0]).toMatchObject({
      orderStatus: 'New',
      cancelType: 'UNKNOWN',
      rejectReason: 'EC_NoError',
      avgPrice: '',
      leavesQty: '0.010',
    });
    expect(position?.id).toMatch(new RegExp(`^\\d+_position_${clock.now()}$`));
    expect(position?.data[0]).toMatchObject({ symbol: 'BTCUSDT', side: '', size: '0', positionIdx: 0, seq: -1, entryPrice: '0' });
  });

  it('writes the keys of orders and executions in the order of genuine frames', async () => {
    exchange.account.create(market());
    const frames = await client.frames();
    expect(Object.keys(of(frames, 'order')[0] ?? {}).join()).toBe(
      'category,symbol,orderId,orderLinkId,blockTradeId,side,positionIdx,orderStatus,cancelType,rejectReason,timeInForce,isLeverage,price,qty,avgPrice,leavesQty,leavesValue,cumExecQty,cumExecValue,cumExecFee,orderType,stopOrderType,orderIv,triggerPrice,takeProfit,stopLoss,triggerBy,tpTriggerBy,slTriggerBy,triggerDirection,placeType,lastPriceOnCreated,closeOnTrigger,reduceOnly,smpGroup,smpType,smpOrderId,slLimitPrice,tpLimitPrice,tpslMode,createType,marketUnit,createdTime,updatedTime,feeCurrency,closedPnl,parentOrderLinkId,cumFeeDetail',
    );
    expect(Object.keys(of(frames, 'execution')[0] ?? {}).join()).toBe(
      'category,symbol,closedSize,execFee,execId,execPrice,execQty,execType,execValue,feeRate,tradeIv,markIv,blockTradeId,markPrice,indexPrice,underlyingPrice,leavesQty,orderId,orderLinkId,orderPrice,orderQty,orderType,stopOrderType,side,execTime,isLeverage,isMaker,seq,marketUnit,execPnl,createType,extraFees,feeCurrency',
    );
  });

  it('fills a resting order in parts, then whole', async () => {
    const { orderId } = exchange.account.create(limit());
    exchange.account.fill(orderId, '0.004');
    exchange.account.fill(orderId);
    const frames = await client.frames();
    expect(statuses(frames)).toEqual(['New', 'PartiallyFilled', 'Filled']);
    expect(of(frames, 'execution')).toMatchObject([
      { execQty: '0.004', leavesQty: '0.006', isMaker: true, feeRate: '0.0002' },
      { execQty: '0.006', leavesQty: '0', isMaker: true },
    ]);
    expect(of(frames, 'position').at(-1)).toMatchObject({ side: 'Buy', size: '0.01' });
    const wallet = of(frames, 'wallet').at(-1);
    expect(wallet).toMatchObject({ accountType: 'UNIFIED' });
    expect((wallet?.['coin'] as Record<string, unknown>[]).map(({ coin }) => coin)).toEqual(['USDT']);
  });

  it('fills a market order in one frame without a New, its fills together in one message', async () => {
    exchange.account.create(market({ qty: '60.00', symbol: 'ETHUSDT' }));
    const frames = await client.frames();
    expect(frames.map(({ topic }) => topic)).toEqual(['order', 'execution', 'position', 'wallet']);
    expect(statuses(frames)).toEqual(['Filled']);
    expect(of(frames, 'order')[0]).toMatchObject({ cumExecQty: '60.00', leavesQty: '0.00', timeInForce: 'IOC' });
    expect(of(frames, 'execution').length).toBeGreaterThan(1);
    expect(new Set(of(frames, 'execution').map(({ seq }) => seq)).size).toBe(1);
  });

  it('shows its taking on the public tape under the same ids', async () => {
    exchange.account.create(market());
    const tape = exchange.model.symbol('linear', 'BTCUSDT')?.tape.newest(20) ?? [];
    const ids = of(await client.frames(), 'execution').map(({ execId }) => execId);
    expect(tape.map(({ id }) => id)).toEqual(expect.arrayContaining(ids) as unknown[]);
  });

  it('fills what rests at the best price as others trade there', async () => {
    const book = exchange.model.symbol('linear', 'BTCUSDT')?.book;
    const price = ((book?.bestBid ?? 0) / 100).toFixed(2);
    const { orderId } = exchange.account.create(limit({ price, qty: '0.100' }));
    for (let i = 0; i < 2_000 && exchange.account.books.orders.open.size > 0; i++) exchange.step(1);
    const filled = of(await client.frames(), 'execution');
    expect(filled.length).toBeGreaterThan(0);
    for (const one of filled) expect(one).toMatchObject({ orderId, isMaker: true, execPrice: String(Number(price)) });
    expect(exchange.account.books.orders.find(orderId, '')?.status).toBe('Filled');
  });

  it('says who cancelled, and what is left is nothing', async () => {
    const { orderId } = exchange.account.create(limit());
    exchange.account.fill(orderId, '0.001');
    exchange.account.cancel({ category: 'linear', orderId });
    const frames = await client.frames();
    expect(of(frames, 'order').at(-1)).toMatchObject({
      orderStatus: 'Cancelled',
      cancelType: 'CancelByUser',
      rejectReason: 'EC_PerCancelRequest',
      cumExecQty: '0.001',
      leavesQty: '0.000',
    });
    expect(frames.at(-1)?.topic).toBe('position');
    expect(() => exchange.account.cancel({ category: 'linear', orderId })).toThrow('order not exists or too late to cancel');
  });

  it('says so in a second frame when a cancel comes too late', async () => {
    const { orderId } = exchange.account.create(limit());
    exchange.account.cancelTooLate(orderId);
    expect(of(await client.frames(), 'order').slice(1)).toMatchObject([
      { orderStatus: 'Filled', cancelType: 'UNKNOWN', rejectReason: 'EC_NoError' },
      { orderStatus: 'Filled', cancelType: 'CancelByUser', rejectReason: 'EC_OrigClOrdIDDoesNotExist', cumExecQty: '0.010' },
    ]);
  });

  it('amends price and quantity, and the new price may take', async () => {
    const { orderId } = exchange.account.create(limit());
    exchange.account.amend({ category: 'linear', orderId, qty: '0.020' });
    const best = exchange.model.symbol('linear', 'BTCUSDT')?.book.bestAsk ?? 0;
    exchange.account.amend({ category: 'linear', orderId, price: ((best + 10_000) / 100).toFixed(2) });
    const frames = await client.frames();
    expect(statuses(frames)).toEqual(['New', 'New', 'New', 'Filled']);
    expect(of(frames, 'order').at(-1)).toMatchObject({ qty: '0.020', cumExecQty: '0.020' });
  });

  it.each([
    ['linear', 'Cancelled'],
    ['spot', 'Rejected'],
  ] as const)('ends a post-only order on %s that would take as %s', async (category, status) => {
    const price = (((exchange.model.symbol(category, 'BTCUSDT')?.book.bestAsk ?? 0) + 1_000) / 100).toFixed(2);
    exchange.account.create(limit({ category, price, timeInForce: 'PostOnly' }));
    expect(of(await client.frames(), 'order')).toMatchObject([
      { orderStatus: status, rejectReason: 'EC_PostOnlyWillTakeLiquidity' },
    ]);
  });

  it('ends what must fill at once and cannot', async () => {
    exchange.account.create(limit({ timeInForce: 'IOC' }));
    exchange.account.create(limit({ timeInForce: 'FOK' }));
    expect(of(await client.frames(), 'order')).toMatchObject([
      { orderStatus: 'Cancelled', rejectReason: 'EC_NoImmediateQtyToFill', cumExecQty: '0.000' },
      { orderStatus: 'Cancelled', rejectReason: 'EC_NoEnoughQtyToFill', cumExecQty: '0.000' },
    ]);
  });

  it('rejects the next order when told to', async () => {
    exchange.faults.account.rejectOrder('EC_InvalidSymbolStatus');
    exchange.account.create(limit());
    exchange.account.create(limit());
    expect(of(await client.frames(), 'order')).toMatchObject([
      { orderStatus: 'Rejected', rejectReason: 'EC_InvalidSymbolStatus' },
      { orderStatus: 'New' },
    ]);
  });

  it('has a position per side in hedge mode, and closes with the side opposite', async () => {
    exchange.account.switchMode({ category: 'linear', symbol: 'SOLUSDT', mode: 3 });
    const sol = { symbol: 'SOLUSDT', qty: '5.0' };
    exchange.account.create(market({ ...sol, positionIdx: 1 }));
    exchange.account.create(market({ ...sol, side: 'Sell', positionIdx: 2 }));
    exchange.account.create(market({ ...sol, side: 'Sell', positionIdx: 1 }));
    expect(of(await client.frames(), 'position')).toMatchObject([
      { positionIdx: 1, size: '0' },
      { positionIdx: 2, size: '0' },
      { positionIdx: 1, side: 'Buy', size: '5' },
      { positionIdx: 2, side: 'Sell', size: '5' },
      { positionIdx: 1, side: '', size: '0' },
    ]);
    expect(() => exchange.account.create(market(sol))).toThrow('position idx not match position mode');
    expect(() => exchange.account.create(market({ ...sol, side: 'Sell', positionIdx: 1 }))).toThrow('current position is zero');
    expect(() => exchange.account.switchMode({ category: 'linear', symbol: 'SOLUSDT', mode: 0 })).toThrow('existing position');
  });

  it('takes reduce-only orders only for what there is, and ends them with the position', async () => {
    exchange.account.create(market());
    const high = limit({ side: 'Sell', price: '99000.00', reduceOnly: true });
    exchange.account.create(high);
    exchange.account.create(market({ side: 'Sell', qty: '0.050', reduceOnly: true }));
    const orders = of(await client.frames(), 'order').map(({ orderStatus, cancelType }) => [orderStatus, cancelType]);
    expect(orders).toEqual([
      ['Filled', 'UNKNOWN'],
      ['New', 'UNKNOWN'],
      ['Cancelled', 'CancelByReduceOnly'],
      ['Cancelled', 'CancelByReduceOnly'],
    ]);
    expect(exchange.account.books.positions.held()).toEqual([]);
  });

  it('exchanges coins on spot, takes the fee of what is received, and locks what orders wait with', async () => {
    exchange.account.create({ category: 'spot', symbol: 'BTCUSDT', side: 'Sell', orderType: 'Market', qty: '0.100000' });
    exchange.account.create(limit({ category: 'spot', qty: '0.010000', price: '50000.00' }));
    const frames = await client.frames();
    expect(of(frames, 'position')).toEqual([]);
    const [sold] = of(frames, 'execution');
    expect(sold).toMatchObject({ execQty: expect.stringMatching(/^0\.\d{6}$/) as string, feeCurrency: 'USDT', feeRate: '0.001' });
    expect(sold?.['execId']).toMatch(/^\d+$/);
    expect(sold).not.toHaveProperty('createType');
    const coins = of(frames, 'wallet').flatMap(({ coin }) => coin as Record<string, string>[]);
    expect(coins.find(({ coin }) => coin === 'BTC')).toMatchObject({ walletBalance: '1.9' });
    expect(coins.at(-1)).toMatchObject({ coin: 'USDT', locked: '500' });
  });

  it('spends money on a spot market buy, and says so when a rest is left', async () => {
    exchange.account.create({ category: 'spot', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '1000.01' });
    const [order] = of(await client.frames(), 'order');
    expect(order).toMatchObject({
      orderStatus: 'PartiallyFilledCanceled',
      rejectReason: 'EC_CancelForNoFullFill',
      qty: '1000.01',
    });
    expect(Number(order?.['cumExecValue'])).toBeGreaterThan(999.8);
    expect(Number(order?.['cumExecValue'])).toBeLessThanOrEqual(1000.01);
  });

  it('owes what is below zero', async () => {
    exchange.account.borrow('ETH', '1.5');
    exchange.account.interest('ETH', '0.0001');
    exchange.account.create({ category: 'spot', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '3', isLeverage: 1 });
    const coins = of(await client.frames(), 'wallet').flatMap(({ coin }) => coin as Record<string, string>[]);
    expect(coins[1]).toMatchObject({
      coin: 'ETH',
      walletBalance: '-1.5',
      borrowAmount: '1.5',
      accruedInterest: '0.0001',
      equity: '-1.5001',
    });
    expect(coins.find(({ coin }) => coin === 'SOL')).toMatchObject({ walletBalance: '-3', borrowAmount: '3' });
    expect(Number(coins[1]?.['usdValue'])).toBeLessThan(0);
  });

  it('pays funding as an execution', async () => {
    exchange.account.create(market({ qty: '0.100' }));
    await client.frames();
    expect(exchange.account.funding('linear', 'BTCUSDT', '0.0001')).toBe(1);
    const frames = await client.frames();
    expect(frames.map(({ topic }) => topic)).toEqual(['execution', 'position', 'wallet']);
    expect(of(frames, 'execution')).toMatchObject([
      { execType: 'Funding', execQty: '0.1', feeRate: '0.0001', orderQty: '0', closedSize: '0' },
    ]);
    expect(Number(of(frames, 'execution')[0]?.['execFee'])).toBeGreaterThan(0);
    expect(exchange.account.funding('linear', 'ETHUSDT')).toBe(0);
  });

  it('loses a position to the liquidation engine', async () => {
    exchange.account.create(market({ qty: '0.100' }));
    await client.frames();
    exchange.account.liquidate('linear', 'BTCUSDT', 0);
    const frames = await client.frames();
    expect(of(frames, 'order')).toMatchObject([{ orderStatus: 'Filled', createType: 'CreateByTakeOver_PassThrough' }]);
    expect(of(frames, 'execution')).toMatchObject([{ execType: 'BustTrade', closedSize: '0.1' }]);
    expect(of(frames, 'position')).toMatchObject([{ side: '', size: '0' }]);
  });

  it('settles inverse contracts in coin', async () => {
    exchange.account.create({ category: 'inverse', symbol: 'BTCUSD', side: 'Sell', orderType: 'Market', qty: '1000' });
    const frames = await client.frames();
    expect(of(frames, 'execution')[0]).toMatchObject({ category: 'inverse', feeCurrency: 'BTC' });
    expect(of(frames, 'wallet')[0]).toMatchObject({ coin: [{ coin: 'BTC' }] });
  });

  it('names topics as they were subscribed, by category for those who asked so', async () => {
    const spot = await open('order.spot', 'execution.fast.linear', 'execution.spot');
    exchange.account.create(market());
    exchange.account.create(limit({ category: 'spot', qty: '0.010000', price: '50000.00' }));
    const frames = await spot.frames();
    expect([...new Set(frames.map(({ topic }) => topic))]).toEqual(['execution.fast.linear', 'order.spot']);
    const fast = frames.find(({ topic }) => topic === 'execution.fast.linear');
    expect(Object.keys(fast ?? {})).toEqual(['topic', 'creationTime', 'data']);
    expect(Object.keys(fast?.data[0] ?? {}).join()).toBe(
      'category,symbol,execId,execPrice,execQty,orderId,isMaker,orderLinkId,side,execTime,seq',
    );
  });

  it('tells nobody what it does quietly, and REST all the same', async () => {
    exchange.account.quietly(() => exchange.account.create(market()));
    expect(() =>
      exchange.account.quietly(() => {
        throw new Error('in between');
      }),
    ).toThrow('in between');
    exchange.faults.account.losePushes(1);
    exchange.account.create(limit());
    const frames = await client.frames();
    expect(frames.map(({ topic }) => topic)).toEqual(['position']);
    expect((await client.get('/v5/execution/list?category=linear')).result.list.length).toBeGreaterThan(0);
  });

  it.each<[string, () => object, number]>([
    ['an unknown symbol', () => limit({ symbol: 'NOPE' }), 10001],
    ['an option', () => limit({ category: 'option' }), 10001],
    ['no side', () => limit({ side: 'Long' }), 10001],
    ['a quantity between steps', () => limit({ qty: '0.0005' }), 10001],
    ['a price between ticks', () => limit({ price: '80000.05' }), 10001],
    ['a quantity that is a number', () => limit({ qty: 1 }), 10001],
    ['another position', () => limit({ positionIdx: 1 }), 10001],
    ['less than five dollars on spot', () => limit({ category: 'spot', qty: '0.000001' }), 170140],
    ['less than five dollars', () => limit({ symbol: 'XRPUSDT', qty: '0.1', price: '2.0000' }), 110094],
    ['more than there is', () => limit({ qty: '100.000' }), 110007],
    ['more than there is on spot', () => limit({ category: 'spot', qty: '10.000000' }), 170131],
    ['nothing to reduce', () => limit({ reduceOnly: true }), 110017],
  ])('refuses an order with %s', async (_, body, retCode) => {
    expect(await client.post('/v5/order/create', body())).toMatchObject({ retCode, result: {} });
    expect(await client.frames()).toEqual([]);
  });

  it('refuses an id of mine that stands for an order already', () => {
    exchange.account.create(limit({ orderLinkId: 'a' }));
    expect(() => exchange.account.create(limit({ orderLinkId: 'a' }))).toThrow('OrderLinkedID is duplicate');
  });

  it('trades by itself as often as it is told, the same way for the same seed', async () => {
    const stories: string[] = [];
    for (let i = 0; i < 2; i++) {
      await stop();
      clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
      await start({ accountActivity: 500, seed: 3 });
      clock.advance(4_000);
      const frames = await client.frames();
      const events = frames.reduce((sum, { data }) => sum + data.length, 0);
      expect(events).toBeGreaterThan(1_990);
      expect(events).toBeLessThan(2_100);
      expect(new Set(frames.map(({ topic }) => topic)).size).toBe(4);
      expect(new Set(statuses(frames))).toEqual(new Set(['New', 'PartiallyFilled', 'Filled', 'Cancelled']));
      stories.push(client.socket.texts.filter((text) => text.includes('"creationTime"')).join('\n'));
    }
    expect(stories[0]).toBe(stories[1]);
  });
});
