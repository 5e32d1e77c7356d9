import type { Settings } from '../../src/config/settings';
import type { MarketStatus } from '../../src/pubsub/status';
import { eventually } from '../support/eventually';
import { BTC, ETH, GatewayApp, NOW, SPOT, TRADES } from '../support/gateway-app';

let gateway: GatewayApp;

async function start(settings: Partial<Settings> = {}): Promise<GatewayApp> {
  gateway = await GatewayApp.start(settings);
  return gateway;
}

afterEach(() => gateway.stop());

function ticker(name: string, seq: number, price: string): object {
  return {
    stream: `mudrex.${name}`,
    type: 'update',
    seq,
    data: { symbol: name.split('.').at(-1), price },
    timestamp: NOW,
    received: NOW + 12,
    source: 'mudrex',
  };
}

function snapshot(name: string, epoch: string, seq: number, price: string): object {
  return { ...ticker(name, seq, price), type: 'snapshot', epoch };
}

describe('subscribe', () => {
  it('is answered to the letter, and before any data', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    client.send({ op: 'subscribe', args: ['ticker:BTCUSDT', 'tickers.*'] });
    await eventually(() => exchange.asked.length === 1);
    exchange.price(BTC, '1');
    exchange.price(BTC, '2');
    const reply = await client.next();
    const seq = Number((reply['streams'] as { seq: number }[])[0]?.seq);
    expect(reply).toEqual({
      op: 'subscribe',
      success: true,
      args: ['ticker:BTCUSDT'],
      message: "Subscribed to 1 streams. 1 rejected — see 'rejected' for details.",
      rejected: [
        {
          arg: 'tickers.*',
          reason: 'Wildcards (e.g. tickers.*) are not supported. Use specific symbols like tickers.BTCUSDT or ticker:ETHUSDT.',
          code: 'WILDCARD',
        },
      ],
      streams: [{ arg: 'ticker:BTCUSDT', stream: 'mudrex.futures.ticker.BTCUSDT', epoch: 'test.1', seq }],
    });
    exchange.price(BTC, '3');
    const last = await client.nextWhere((frame) => frame.seq === 3);
    expect(last).toEqual(ticker('futures.ticker.BTCUSDT', 3, '3'));
  });

  it('without rejections says null', async () => {
    await start();
    const client = await gateway.client();
    expect(await client.request({ op: 'subscribe', args: ['spot/ticker:btcusdt'] })).toEqual({
      op: 'subscribe',
      success: true,
      args: ['spot/ticker:btcusdt'],
      message: 'Subscribed to 1 streams',
      rejected: null,
      streams: [{ arg: 'spot/ticker:btcusdt', stream: 'mudrex.spot.ticker.BTCUSDT', epoch: 'test.1', seq: 0 }],
    });
  });

  it('of nothing that can be had has no success', async () => {
    await start();
    const client = await gateway.client();
    expect(await client.request({ op: 'subscribe', id: 1, args: ['ticker'] })).toEqual({
      op: 'subscribe',
      id: 1,
      success: false,
      args: [],
      message: "Subscribed to 0 streams. 1 rejected — see 'rejected' for details.",
      rejected: [
        { arg: 'ticker', code: 'BAD_FORMAT', reason: expect.stringMatching(/^Invalid stream format: ticker\. Use /) as string },
      ],
      streams: [],
    });
  });

  it.each([
    [
      'book:BTCUSDT',
      'UNKNOWN_KIND',
      /^Invalid stream type: book\. Expected one of ticker, kline, trade, orderbook, liquidation\.$/,
    ],
    ['kline:7m:BTCUSDT', 'BAD_INTERVAL', /^Invalid interval: 7m\. Use one of 1m, 3m, /],
    ['kline:BTCUSDT', 'BAD_INTERVAL', /^The interval is missing in kline:BTCUSDT\. Use one of 1m, 3m, /],
    ['orderbook:51:BTCUSDT', 'BAD_DEPTH', /^Invalid depth: 51\. Use one of 1, 50, 200, 1000 on futures\.$/],
    ['margin/ticker:BTCUSDT', 'UNKNOWN_MARKET', /^Unknown market: margin\. Expected one of futures, spot, inverse, option\.$/],
    ['ticker:BTCUSTD', 'UNKNOWN_SYMBOL', /^Unknown symbol on futures: BTCUSTD\. Did you mean BTCUSDT, BTCUSD\?$/],
    ['ticker:ZZZ', 'UNKNOWN_SYMBOL', /^Unknown symbol on futures: ZZZ\.$/],
    ['ticker:BTCUSDT@5y', 'BAD_RATE', /./],
    [42, 'NOT_A_STRING', /^Streams are named by strings, for example "ticker:BTCUSDT"; got number\.$/],
    [null, 'NOT_A_STRING', /got null\.$/],
    [{ arg: 'x' }, 'NOT_A_STRING', /got object\.$/],
  ])('refuses %j with %s and what to do, and the other args stand', async (arg, code, reason) => {
    const { symbols } = await start();
    symbols.look = (_, symbol) =>
      symbol === 'BTCUSTD'
        ? { known: false, nearest: ['BTCUSDT', 'BTCUSD'] }
        : symbol === 'ZZZ'
          ? { known: false, nearest: [] }
          : { known: true };
    const client = await gateway.client();
    const reply = await client.request({ op: 'subscribe', args: [arg, 'ticker:ETHUSDT'] });
    expect(reply['rejected']).toEqual([{ arg, code, reason: expect.stringMatching(reason) as string }]);
    expect(reply['args']).toEqual(['ticker:ETHUSDT']);
  });

  it('puts an arg that the exchange refuses among the rejected and harms no other', async () => {
    const { exchange, pubsub } = await start();
    exchange.refuses.set(ETH.name, 'error:handler not found,topic:tickers.ETHUSDT');
    const client = await gateway.client();
    expect(await client.request({ op: 'subscribe', args: ['ticker:ETHUSDT', 'ticker:BTCUSDT', 'tickers.ETHUSDT'] })).toEqual({
      op: 'subscribe',
      success: true,
      args: ['ticker:BTCUSDT'],
      message: "Subscribed to 1 streams. 2 rejected — see 'rejected' for details.",
      rejected: ['ticker:ETHUSDT', 'tickers.ETHUSDT'].map((arg) => ({
        arg,
        code: 'EXCHANGE_REJECTED',
        reason: 'The exchange refused it: error:handler not found,topic:tickers.ETHUSDT',
      })),
      streams: [{ arg: 'ticker:BTCUSDT', stream: 'mudrex.futures.ticker.BTCUSDT', epoch: 'test.2', seq: 0 }],
    });
    expect([...pubsub.wanted()]).toEqual([BTC.name]);
    exchange.price(BTC, '1');
    expect(await client.next()).toEqual(ticker(BTC.name, 1, '1'));
  });

  it.each([
    ['live', 'live'],
    ['refused', 'unavailable'],
  ] as const)('lists as pending what the exchange does not answer in time; %s later shows as %s', async (state, shown) => {
    const { exchange, clock } = await start({ subscribeTimeoutMs: 3000 });
    exchange.silent.add(BTC.name);
    const client = await gateway.client();
    client.send({ op: 'subscribe', args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'] });
    await eventually(() => exchange.asked.length === 2);
    clock.advance(2999);
    expect(client.frames).toEqual([]);
    clock.advance(1);
    expect(await client.next()).toEqual({
      op: 'subscribe',
      success: true,
      args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'],
      message: 'Subscribed to 2 streams',
      rejected: null,
      streams: [
        { arg: 'ticker:BTCUSDT', stream: 'mudrex.futures.ticker.BTCUSDT', epoch: 'test.1', seq: 0 },
        { arg: 'ticker:ETHUSDT', stream: 'mudrex.futures.ticker.ETHUSDT', epoch: 'test.2', seq: 0 },
      ],
      pending: ['ticker:BTCUSDT'],
    });
    exchange.publisher.status(BTC, state, 'its words');
    expect(await client.next()).toEqual({
      op: 'status',
      stream: 'mudrex.futures.ticker.BTCUSDT',
      state: shown,
      reason: 'its words',
      since: NOW + 3000,
    });
  });

  it('rejects each arg over the limit by itself, and room that is made can be used', async () => {
    await start({ maxSubscriptionsPerClient: 2 });
    const client = await gateway.client();
    const reply = await client.request({ op: 'subscribe', args: ['ticker:A', 'ticker:B', 'ticker:C', 'tickers.A', 'ticker:D'] });
    expect(reply['args']).toEqual(['ticker:A', 'ticker:B', 'tickers.A']);
    expect(reply['rejected']).toEqual(
      ['ticker:C', 'ticker:D'].map((arg) => ({
        arg,
        code: 'LIMIT_EXCEEDED',
        reason: 'Max 2 subscriptions allowed. Unsubscribe from some first.',
      })),
    );
    await client.request({ op: 'unsubscribe', args: ['ticker:A'] });
    expect(await client.request({ op: 'subscribe', args: ['ticker:C'] })).toMatchObject({ success: true, rejected: null });
  });

  it('takes two args of one stream for one subscription, and one that is there already for accepted', async () => {
    const { exchange, pubsub } = await start();
    const client = await gateway.client();
    const reply = await client.request({
      op: 'subscribe',
      args: ['ticker:BTCUSDT', 'mudrex.futures.ticker.BTCUSDT', 'ticker:BTCUSDT'],
    });
    expect(reply).toMatchObject({
      success: true,
      args: ['ticker:BTCUSDT', 'mudrex.futures.ticker.BTCUSDT', 'ticker:BTCUSDT'],
      rejected: null,
    });
    exchange.price(BTC, '1');
    expect(await client.next()).toEqual(ticker(BTC.name, 1, '1'));
    expect(await client.request({ op: 'subscribe', args: ['futures/tickers.BTCUSDT'] })).toEqual({
      op: 'subscribe',
      success: true,
      args: ['futures/tickers.BTCUSDT'],
      message: 'Subscribed to 1 streams',
      rejected: null,
      streams: [{ arg: 'futures/tickers.BTCUSDT', stream: 'mudrex.futures.ticker.BTCUSDT', epoch: 'test.1', seq: 1 }],
    });
    exchange.price(BTC, '2');
    expect(await client.said()).toEqual([ticker(BTC.name, 2, '2')]);
    expect(pubsub.counts()).toEqual({ channels: 1, listeners: 1 });
  });

  it('begins with a snapshot for a late joiner, at the number that the reply names', async () => {
    const { exchange } = await start();
    const first = await gateway.client();
    await first.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    exchange.price(BTC, '1');
    exchange.price(BTC, '2');
    const late = await gateway.client();
    const reply = await late.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    expect(reply['streams']).toEqual([
      { arg: 'ticker:BTCUSDT', stream: 'mudrex.futures.ticker.BTCUSDT', epoch: 'test.1', seq: 2 },
    ]);
    exchange.price(BTC, '3');
    expect(await late.next()).toEqual(snapshot(BTC.name, 'test.1', 2, '2'));
    expect(await late.next()).toEqual(ticker(BTC.name, 3, '3'));
    expect((await first.said()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe('replies', () => {
  it.each(['a', '', 7, 0, -1.5])('echo the id %j', async (id) => {
    await start();
    const client = await gateway.client();
    expect(await client.request({ op: 'ping', id })).toEqual({ op: 'pong', id, timestamp: NOW });
    expect(await client.request({ op: 'list', id })).toEqual({ op: 'list', id, streams: [] });
    expect(await client.request({ op: 'dance', id })).toEqual({
      op: 'error',
      id,
      code: 'UNKNOWN_OP',
      message: 'Unknown operation: dance',
    });
    expect(await client.request({ op: 'unsubscribe', id })).toEqual({
      op: 'error',
      id,
      code: 'INVALID_ARGS',
      message: 'No streams specified',
    });
    expect(await client.request({ op: 'subscribe', id, args: ['ticker:A'] })).toMatchObject({ op: 'subscribe', id });
    expect(await client.request({ op: 'unsubscribe', id, args: ['ticker:A'] })).toMatchObject({ op: 'unsubscribe', id });
  });

  it('have no id when the request had none', async () => {
    await start();
    const client = await gateway.client();
    expect(await client.request({ op: 'ping' })).toEqual({ op: 'pong', timestamp: NOW });
    expect(await client.request({ op: 'ping', id: null })).toEqual({ op: 'pong', timestamp: NOW });
  });

  it('come in the order of the requests, however long one takes', async () => {
    const { exchange } = await start();
    exchange.silent.add(BTC.name);
    const client = await gateway.client();
    client.send({ op: 'subscribe', id: 1, args: ['ticker:BTCUSDT'] });
    client.send({ op: 'ping', id: 2 });
    client.send('not json');
    client.send({ op: 'dance', id: 3 });
    client.send({ op: 'unsubscribe', id: 4, args: ['ticker:BTCUSDT'] });
    await eventually(() => exchange.asked.length === 1);
    exchange.publisher.status(BTC, 'live');
    const replies = [];
    for (let i = 0; i < 5; i++) replies.push(await client.next());
    expect(replies.map(({ op, ...rest }) => [op, rest['id']])).toEqual([
      ['subscribe', 1],
      ['pong', 2],
      ['error', undefined],
      ['error', 3],
      ['unsubscribe', 4],
    ]);
  });
});

describe('unsubscribe and list', () => {
  it('end the data, and name what is left with its newest number', async () => {
    const { exchange, pubsub } = await start();
    const client = await gateway.client();
    await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'spot/ticker:BTCUSDT'] });
    exchange.price(BTC, '1');
    exchange.price(SPOT, '1');
    exchange.price(SPOT, '2');
    expect(await client.request({ op: 'unsubscribe', args: ['tickers.BTCUSDT', 'ticker:NEVER', 'nonsense'] })).toEqual({
      op: 'unsubscribe',
      success: true,
      args: ['tickers.BTCUSDT', 'ticker:NEVER'],
      message: 'Unsubscribed from 1 streams',
      rejected: [{ arg: 'nonsense', code: 'BAD_FORMAT', reason: expect.stringMatching(/^Invalid stream format/) as string }],
    });
    await client.said();
    exchange.price(BTC, '2');
    expect(await client.said()).toEqual([]);
    expect([...pubsub.wanted()]).toEqual([SPOT.name]);
    expect(await client.request({ op: 'list' })).toEqual({
      op: 'list',
      streams: [{ arg: 'spot/ticker:BTCUSDT', stream: 'mudrex.spot.ticker.BTCUSDT', epoch: 'test.2', seq: 2 }],
    });
    expect(await client.request({ op: 'unsubscribe', args: ['spot/ticker:BTCUSDT'] })).toEqual({
      op: 'unsubscribe',
      success: true,
      args: ['spot/ticker:BTCUSDT'],
      message: 'Unsubscribed from 1 streams',
    });
  });
});

describe('resume', () => {
  async function interrupted(historySize: number): Promise<{ epoch: string }> {
    const { exchange } = await start({ historySize });
    // Keeps the streams alive while the resuming client is away.
    const keeper = await gateway.client();
    const reply = await keeper.request({ op: 'subscribe', args: ['trade:BTCUSDT', 'ticker:BTCUSDT'] });
    for (let i = 1; i <= 5; i++) exchange.trade(TRADES, `t${i}`);
    for (let i = 1; i <= 5; i++) exchange.price(BTC, String(i));
    return { epoch: String((reply['streams'] as { epoch: string }[])[0]?.epoch) };
  }

  it('brings exactly what was missed, then goes on live', async () => {
    const { epoch } = await interrupted(8);
    const client = await gateway.client();
    const stream = 'mudrex.futures.trade.BTCUSDT';
    expect(await client.request({ op: 'subscribe', args: ['trade:BTCUSDT'], resume: { [stream]: { epoch, seq: 3 } } })).toEqual({
      op: 'subscribe',
      success: true,
      args: ['trade:BTCUSDT'],
      message: 'Subscribed to 1 streams',
      rejected: null,
      streams: [{ arg: 'trade:BTCUSDT', stream, epoch, seq: 5, recovered: true }],
    });
    gateway.exchange.trade(TRADES, 't6');
    const said = await client.said();
    expect(said.map(({ seq, data }) => [seq, (data as { id: string }[])[0]?.id])).toEqual([
      [4, 't4'],
      [5, 't5'],
      [6, 't6'],
    ]);
  });

  it('of a log stream that is no longer remembered says so, with a gap', async () => {
    const { epoch } = await interrupted(2);
    const client = await gateway.client();
    const stream = 'mudrex.futures.trade.BTCUSDT';
    const reply = await client.request({ op: 'subscribe', args: ['trade:BTCUSDT'], resume: { [stream]: { epoch, seq: 1 } } });
    expect(reply['streams']).toEqual([{ arg: 'trade:BTCUSDT', stream, epoch, seq: 5, recovered: false }]);
    expect(await client.next()).toEqual({ op: 'gap', stream, epoch, from: 2, to: 5, reason: 'history_exceeded' });
    gateway.exchange.trade(TRADES, 't6');
    expect(await client.next()).toMatchObject({ seq: 6 });
  });

  it('of a state stream that is no longer remembered brings a snapshot; streams that are not resumed say nothing of it', async () => {
    await interrupted(8);
    const client = await gateway.client();
    const stream = 'mudrex.futures.ticker.BTCUSDT';
    const reply = await client.request({
      op: 'subscribe',
      args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'],
      resume: { 'tickers.BTCUSDT': { epoch: 'of another life', seq: 3 } },
    });
    expect(reply['streams']).toEqual([
      { arg: 'ticker:BTCUSDT', stream, epoch: 'test.2', seq: 5, recovered: false },
      { arg: 'ticker:ETHUSDT', stream: 'mudrex.futures.ticker.ETHUSDT', epoch: 'test.3', seq: 0 },
    ]);
    expect(await client.next()).toEqual(snapshot(BTC.name, 'test.2', 5, '5'));
  });

  it.each([[{ 'ticker:A': { epoch: 7, seq: 1 } }], [{ 'ticker:A': { epoch: '7', seq: -1 } }], [['ticker:A']], ['ticker:A']])(
    'from %j is refused as an invalid request',
    async (resume) => {
      await start();
      const client = await gateway.client();
      expect(await client.request({ op: 'subscribe', args: ['ticker:A'], resume })).toEqual({
        op: 'error',
        code: 'INVALID_ARGS',
        message: 'resume must map stream names to {"epoch": string, "seq": whole number}, as in the last message received',
      });
    },
  );
});

describe('a stream that is subscribed to already', () => {
  it('is begun anew when it is to resume: what was missed follows, and nothing twice', async () => {
    const { exchange, pubsub } = await start();
    const client = await gateway.client();
    const { streams } = await client.request({ op: 'subscribe', args: ['trade:BTCUSDT'] });
    const [{ epoch } = { epoch: '' }] = streams as { epoch: string }[];
    for (const id of ['1', '2', '3']) exchange.trade(TRADES, id);
    expect((await client.said()).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    const resume = { 'mudrex.futures.trade.BTCUSDT': { epoch, seq: 1 } };
    expect((await client.request({ op: 'subscribe', args: ['trade:BTCUSDT', 'trade:btcusdt'], resume }))['streams']).toEqual([
      { arg: 'trade:BTCUSDT', stream: 'mudrex.futures.trade.BTCUSDT', epoch, seq: 3, recovered: true },
      { arg: 'trade:btcusdt', stream: 'mudrex.futures.trade.BTCUSDT', epoch, seq: 3, recovered: true },
    ]);
    exchange.trade(TRADES, '4');
    expect((await client.said()).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(pubsub.counts()).toEqual({ channels: 1, listeners: 1 });
  });

  it('is refused when the exchange has taken it away meanwhile', async () => {
    const { exchange, pubsub } = await start();
    const client = await gateway.client();
    await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    exchange.publisher.status(BTC, 'unavailable', 'delisted');
    expect(await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] })).toMatchObject({
      success: false,
      rejected: [{ arg: 'ticker:BTCUSDT', code: 'EXCHANGE_REJECTED', reason: 'The exchange refused it: delisted' }],
    });
    expect((await client.request({ op: 'list' }))['streams']).toEqual([]);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });
});

describe('status frames', () => {
  const stale: MarketStatus = { market: 'futures', state: 'stale', reason: 'upstream disconnected', since: NOW };

  it("tell a market's trouble and its end to its listeners, also to those who join meanwhile, and to nobody else", async () => {
    const { pubsub, exchange } = await start();
    const [there, spot] = [await gateway.client(), await gateway.client()];
    await there.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'] });
    await spot.request({ op: 'subscribe', args: ['spot/ticker:BTCUSDT'] });
    exchange.price(BTC, '1');
    await there.next();
    pubsub.setMarketStatus(stale);
    expect(await there.said()).toEqual([{ op: 'status', ...stale }]);
    const joining = await gateway.client();
    await joining.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    expect(await joining.said()).toEqual([snapshot(BTC.name, 'test.1', 1, '1'), { op: 'status', ...stale }]);
    const live: MarketStatus = { market: 'futures', state: 'live', reason: '', since: NOW + 5 };
    pubsub.setMarketStatus(live);
    for (const client of [there, joining]) expect(await client.said()).toEqual([{ op: 'status', ...live }]);
    expect(await spot.said()).toEqual([]);
    const after = await gateway.client();
    await after.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    expect(await after.said()).toEqual([snapshot(BTC.name, 'test.1', 1, '1')]);
  });

  it("tell one stream's trouble and its end to its listeners only", async () => {
    const { exchange } = await start();
    const [client, other] = [await gateway.client(), await gateway.client()];
    await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    await other.request({ op: 'subscribe', args: ['ticker:ETHUSDT'] });
    exchange.publisher.status(BTC, 'resyncing', 'update id gap');
    exchange.publisher.status(BTC, 'live');
    expect((await client.said()).map(({ state, stream, market }) => [state, stream, market])).toEqual([
      ['resyncing', 'mudrex.futures.ticker.BTCUSDT', undefined],
      ['live', 'mudrex.futures.ticker.BTCUSDT', undefined],
    ]);
    expect(await other.said()).toEqual([]);
  });
});

describe('a request that cannot be served', () => {
  it.each([['{"op":'], [''], ['[]'], ['null'], ['"ping"'], ['12'], ['[{"op":"ping"}]']])('%j is INVALID_JSON', async (text) => {
    await start();
    const client = await gateway.client();
    expect(await client.request(text)).toEqual({ op: 'error', code: 'INVALID_JSON', message: 'Invalid JSON message' });
    expect(await client.request({ op: 'ping' })).toEqual({ op: 'pong', timestamp: NOW });
    expect([gateway.requests.received.get('invalid'), gateway.requests.errors.get('INVALID_JSON')]).toEqual([1, 1]);
  });

  it.each([{ op: 'dance' }, { op: 'constructor' }, { op: '__proto__' }, { op: 'x'.repeat(100) }, { op: 5 }, {}])(
    '%j is UNKNOWN_OP',
    async (request) => {
      await start();
      const client = await gateway.client();
      const reply = await client.request(request);
      expect(reply).toMatchObject({ op: 'error', code: 'UNKNOWN_OP' });
      expect(reply['message']).toMatch(/^Unknown operation: .{1,64}$/);
      expect([...gateway.requests.received.entries()]).toEqual([['unknown', 1]]);
    },
  );

  const NO_LIST = 'No streams specified: args must be a list, such as ["ticker:BTCUSDT"]';

  it.each([
    [undefined, 'No streams specified'],
    [[], 'No streams specified'],
    [null, 'No streams specified'],
    ['ticker:BTCUSDT', NO_LIST],
    [{ 0: 'ticker:BTCUSDT', length: 1 }, NO_LIST],
  ])('args %j are INVALID_ARGS', async (args, message) => {
    await start();
    const client = await gateway.client();
    for (const op of ['subscribe', 'unsubscribe']) {
      expect(await client.request({ op, args })).toEqual({
        op: 'error',
        code: 'INVALID_ARGS',
        message,
      });
    }
  });

  it('has an id that is neither a string nor a number: INVALID_ARGS, without an echo', async () => {
    await start();
    const client = await gateway.client();
    const refused = { op: 'error', code: 'INVALID_ARGS', message: 'id must be a string or a number' };
    expect(await client.request({ op: 'ping', id: { a: 1 } })).toEqual(refused);
    expect(await client.request('{"op":"ping","id":1e999}')).toEqual(refused);
  });

  it('because we failed never shows our insides, and leaves the client as it was', async () => {
    const { symbols, log, pubsub } = await start();
    symbols.look = (_, symbol) => {
      if (symbol === 'ETHUSDT') throw new Error('secret of 10.0.0.5');
      return { known: true };
    };
    const client = await gateway.client();
    expect(await client.request({ op: 'subscribe', id: 9, args: ['ticker:BTCUSDT', 'ticker:ETHUSDT'] })).toEqual({
      op: 'error',
      id: 9,
      code: 'INTERNAL_ERROR',
      message: 'Internal error; try again',
    });
    expect(gateway.requests.errors.get('INTERNAL_ERROR')).toBe(1);
    expect(JSON.stringify(log)).toContain('secret of 10.0.0.5');
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
    expect(await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] })).toMatchObject({ success: true });
    gateway.exchange.price(BTC, '1');
    expect(await client.next()).toEqual(ticker(BTC.name, 1, '1'));
  });

  it('because it brings names of the language itself is served or refused like any other', async () => {
    await start();
    const client = await gateway.client();
    for (const content of ['"constructor":null', '"__proto__":null', '"constructor":"a"', '"__proto__":{"id":5}']) {
      expect(await client.request(`{"op":"ping",${content}}`)).toEqual({ op: 'pong', timestamp: NOW });
      expect(await client.request(`{"op":"subscribe","args":["ticker:BTCUSDT"],${content}}`)).toMatchObject({ success: true });
    }
    expect(gateway.log).toEqual([]);
  });

  it('because it is nested without end harms nobody', async () => {
    await start();
    const client = await gateway.client();
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect(await client.request(`{"op":"subscribe","args":[${deep},"ticker:BTCUSDT"]}`)).toMatchObject({
      args: ['ticker:BTCUSDT'],
      rejected: [{ arg: expect.stringMatching(/…$/) as string, code: 'NOT_A_STRING' }],
    });
    expect(await client.request({ op: 'ping' })).toEqual({ op: 'pong', timestamp: NOW });
    expect(gateway.log).toEqual([]);
  });

  it('because it names more streams than one request may is told how many that are', async () => {
    await start();
    const client = await gateway.client();
    expect(await client.request({ op: 'subscribe', args: Array.from({ length: 1001 }, () => '*') })).toEqual({
      op: 'error',
      code: 'INVALID_ARGS',
      message: 'Max 1000 streams in one request. Send the others in another one.',
    });
  });

  it('because it is too big ends the connection with 1009', async () => {
    await start({ maxPayloadBytes: 200 });
    const client = await gateway.client();
    expect(await client.request({ op: 'ping', pad: 'x'.repeat(100) })).toEqual({ op: 'pong', timestamp: NOW });
    client.send({ op: 'ping', pad: 'x'.repeat(200) });
    expect((await client.closed).code).toBe(1009);
    await eventually(() => gateway.sessions.active === 0);
    expect([...gateway.sessions.closed.entries()]).toEqual([['1009', 1]]);
    expect(gateway.requests.errors.get('PROTOCOL')).toBe(1);
  });
});

describe('a client over its rate', () => {
  it('is told once a second, and closed with 4029 after ten seconds of it', async () => {
    const { clock, requests } = await start({ maxMessageRatePerClient: 5 });
    const client = await gateway.client();
    let over = 0;
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 10; i++) client.send({ op: 'ping' });
      over += 5;
      await eventually(() => requests.rateViolations === over);
      for (let i = 0; i < 5; i++) expect(await client.next()).toMatchObject({ op: 'pong' });
      expect(await client.next()).toEqual({ op: 'error', code: 'RATE_LIMIT_EXCEEDED', message: 'Max 5 messages per second' });
      expect(client.frames).toEqual([]);
      clock.advance(1000);
    }
    for (let i = 0; i < 6; i++) client.send({ op: 'ping' });
    expect(await client.closed).toEqual({
      code: 4029,
      reason: 'Rate abuse: too many messages for 10 s; come back later and slower',
    });
    expect([requests.errors.get('RATE_LIMIT_EXCEEDED'), requests.rateViolations]).toEqual([10, 51]);
    await eventually(() => gateway.sessions.closed.get('4029') === 1);
  });
});

it('what a client leaves without a word is left', async () => {
  const { exchange, pubsub } = await start();
  exchange.silent.add(ETH.name);
  const client = await gateway.client();
  await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'trade:BTCUSDT'] });
  client.send({ op: 'subscribe', args: ['ticker:ETHUSDT'] });
  await eventually(() => exchange.asked.includes(ETH.name));
  client.ws.terminate();
  await eventually(() => gateway.sessions.active === 0);
  expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  expect([...gateway.sessions.closed.entries()]).toEqual([['1006', 1]]);
});
