import { ExchangeClient, type Frame } from '../../test/support/exchange-client';
import { ManualClock } from '../../test/support/manual-clock';
import { signRealtime } from './api-key';
import { SimulatedExchange } from './simulated-exchange';

const BOOK = 'orderbook.50.BTCUSDT';

interface BookFrame {
  topic: string;
  type: string;
  data: { u: number; b: string[][]; a: string[][] };
}

describe('a fault', () => {
  let clock: ManualClock;
  let exchange: SimulatedExchange;
  const clients: ExchangeClient[] = [];

  async function connect(path = 'public/linear'): Promise<ExchangeClient> {
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/${path}`);
    clients.push(client);
    return client;
  }

  async function listen(...topics: string[]): Promise<ExchangeClient> {
    const client = await connect();
    client.send({ op: 'subscribe', args: topics });
    await client.frameWhere(({ op }) => op === 'subscribe');
    return client;
  }

  /** The update ids of what the client gets for `steps` changes of the book. */
  async function updateIds(client: ExchangeClient, steps: number): Promise<number[]> {
    for (let i = 0; i < steps; i++) exchange.stir('linear', BOOK);
    return (await client.untilPong()).map((frame) => (frame as unknown as BookFrame).data.u);
  }

  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    exchange = await SimulatedExchange.start({ manual: true, clock });
  });

  afterEach(async () => {
    await exchange.stop();
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  it('drops TCP connections: clients see 1006', async () => {
    const linear = await connect();
    const spot = await connect('public/spot');
    expect(exchange.faults.drop({ endpoint: 'linear' })).toBe(1);
    expect((await linear.closed).code).toBe(1006);
    expect(spot.socket.readyState).toBe(spot.socket.OPEN);
  });

  it('closes with a code', async () => {
    const client = await connect();
    exchange.faults.close({}, 1000, 'bye');
    expect(await client.closed).toEqual({ code: 1000, reason: 'bye' });
    expect(() => exchange.faults.close({}, 1006)).toThrow(RangeError);
  });

  it.each([502, 403, 429])('refuses upgrades with %i, for a number of attempts or until lifted', async (status) => {
    exchange.faults.refuseUpgrades(status, 2, 'linear');
    await expect(connect('public/spot')).resolves.toBeDefined();
    await expect(connect()).rejects.toThrow(String(status));
    await expect(connect()).rejects.toThrow(String(status));
    await expect(connect()).resolves.toBeDefined();
    exchange.faults.refuseUpgrades(status);
    await expect(connect()).rejects.toThrow(String(status));
    exchange.faults.allowUpgrades();
    await expect(connect()).resolves.toBeDefined();
    expect(() => exchange.faults.refuseUpgrades(200)).toThrow(RangeError);
  });

  it('makes a socket silent though it pongs; a new one is well again, unless the fault lasts', async () => {
    const client = await listen(BOOK);
    expect(exchange.faults.silence({ endpoint: 'linear' })).toBe(1);
    expect(await updateIds(client, 3)).toEqual([]);
    expect(await updateIds(await listen(BOOK), 2)).toHaveLength(2);
    exchange.faults.silence({ lasting: true });
    const later = await connect();
    later.send({ op: 'subscribe', args: [BOOK] });
    expect(await later.frame()).toMatchObject({ success: true });
    exchange.faults.clear();
    expect((await updateIds(later, 2)).length).toBe(2);
  });

  it('stops pongs while data flows', async () => {
    const client = await listen(BOOK);
    exchange.faults.mutePongs();
    client.send({ op: 'ping' });
    client.socket.ping();
    client.socket.once('pong', () => client.texts.push('pong'));
    await exchange.whenRequested(({ request }) => request.op === 'ping');
    exchange.stir('linear', BOOK);
    expect(await client.frame()).toMatchObject({ topic: BOOK, type: 'delta' });
    client.send({ op: 'unsubscribe', args: [BOOK] });
    expect(await client.frame()).toMatchObject({ op: 'unsubscribe' });
    expect(client.texts.filter((text) => text.includes('pong'))).toEqual([]);
  });

  it('leaves a socket half open: nothing is read or answered, and it does not close', async () => {
    const client = await listen(BOOK);
    expect(exchange.faults.halfOpen()).toBe(1);
    const received = client.texts.length;
    const requests = exchange.requests.length;
    client.send({ op: 'ping' });
    const other = await listen(BOOK);
    expect(await updateIds(other, 5)).toHaveLength(5);
    expect(client.texts).toHaveLength(received);
    expect(exchange.requests.filter(({ connId }) => connId === exchange.connections[0]?.connId)).toHaveLength(requests);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    exchange.faults.clear();
    expect(await client.frame()).toMatchObject({ ret_msg: 'pong' });
  });

  it('delays an ack, while data comes', async () => {
    exchange.faults.delayAcks(700, 1, 'linear');
    const client = await connect();
    client.send({ op: 'subscribe', args: [BOOK] });
    expect(await client.frame()).toMatchObject({ topic: BOOK });
    clock.advance(699);
    expect(await client.untilPong()).toEqual([]);
    clock.advance(1);
    expect(await client.frame()).toMatchObject({ success: true, op: 'subscribe' });
  });

  it('loses an ack, though the subscription holds', async () => {
    exchange.faults.loseAcks();
    const client = await connect();
    client.send({ op: 'subscribe', args: ['publicTrade.BTCUSDT'] });
    expect(await client.untilPong()).toEqual([]);
    exchange.stir('linear', 'publicTrade.BTCUSDT');
    expect(await client.frame()).toMatchObject({ topic: 'publicTrade.BTCUSDT' });
  });

  it('skips an update id', async () => {
    const client = await listen(BOOK);
    const [first = 0] = await updateIds(client, 1);
    expect(exchange.faults.skipFrame('linear', BOOK)).toBe(1);
    expect(await updateIds(client, 3)).toEqual([first + 2, first + 3]);
  });

  it('repeats an update id', async () => {
    const client = await listen(BOOK);
    const [first = 0] = await updateIds(client, 1);
    exchange.faults.repeatFrame('linear', BOOK);
    expect(await updateIds(client, 2)).toEqual([first + 1, first + 1, first + 2]);
  });

  it.each(['snapshot', 'delta'] as const)('restarts the book with u = 1, as a %s of the whole', async (type) => {
    const client = await listen(BOOK);
    exchange.faults.restartBook('linear', BOOK, type);
    const frame = (await client.frame()) as unknown as BookFrame;
    expect([frame.type, frame.data.u, frame.data.b.length, frame.data.a.length]).toEqual([type, 1, 50, 50]);
    expect(await updateIds(client, 2)).toEqual([2, 3]);
  });

  it('restarts level 1 too', async () => {
    const client = await listen('orderbook.1.BTCUSDT');
    exchange.faults.restartBook('linear', 'orderbook.1.BTCUSDT');
    expect(((await client.frame()) as unknown as BookFrame).data.u).toBe(1);
  });

  it('sends a snapshot that nobody asked for', async () => {
    const client = await listen(BOOK, 'tickers.BTCUSDT');
    await client.untilPong();
    exchange.faults.unsolicitedSnapshot('linear', BOOK);
    exchange.faults.unsolicitedSnapshot('linear', 'tickers.BTCUSDT');
    const book = (await client.frame()) as unknown as BookFrame;
    expect([book.type, book.data.b.length]).toEqual(['snapshot', 50]);
    const ticker = await client.frame();
    expect([ticker['type'], Object.keys(ticker['data'] as object).length]).toEqual(['snapshot', 27]);
    expect(await updateIds(client, 1)).toEqual([book.data.u + 1]);
  });

  it('sends frames that are malformed, of a wrong shape, of an unknown topic, or far too large', async () => {
    const client = await connect();
    expect(exchange.faults.malformedFrame()).toBe(1);
    expect(exchange.faults.wrongShapeFrame({}, BOOK)).toBe(1);
    expect(exchange.faults.unknownTopicFrame()).toBe(1);
    expect(exchange.faults.oversizedFrame({}, 100_000)).toBe(1);
    const malformed = await client.text();
    expect(() => JSON.parse(malformed) as unknown).toThrow(SyntaxError);
    expect(await client.frame()).toMatchObject({ topic: BOOK, data: [42, null] });
    expect(await client.frame()).toMatchObject({ topic: 'mystery.BTCUSDT' });
    expect((await client.text()).length).toBeGreaterThan(100_000);
  });

  it('refuses one topic', async () => {
    exchange.faults.refuseTopic('linear', BOOK);
    const client = await connect();
    client.send({ op: 'subscribe', args: ['tickers.BTCUSDT', BOOK] });
    expect(await client.frame()).toMatchObject({ success: false, ret_msg: `error:handler not found,topic:${BOOK}` });
    exchange.faults.clear();
    client.send({ op: 'subscribe', args: [BOOK] });
    expect(await client.frameWhere(({ op }) => op === 'subscribe')).toMatchObject({ success: true });
  });

  it('stalls one topic', async () => {
    const client = await listen(BOOK, 'publicTrade.BTCUSDT');
    exchange.faults.stallTopic('linear', BOOK);
    exchange.step(30);
    expect(new Set((await client.untilPong()).map((frame) => frame['topic']))).toEqual(new Set(['publicTrade.BTCUSDT']));
  });

  it('delists a symbol', async () => {
    const client = await listen('publicTrade.ETHUSDT', 'publicTrade.BTCUSDT');
    expect(exchange.faults.delist('linear', 'ETHUSDT')).toBe(true);
    expect(exchange.faults.delist('linear', 'NOPE')).toBe(false);
    exchange.step(30);
    expect(new Set((await client.untilPong()).map((frame) => frame['topic']))).toEqual(new Set(['publicTrade.BTCUSDT']));
    client.send({ op: 'subscribe', args: ['tickers.ETHUSDT'] });
    expect(await client.frame()).toMatchObject({ ret_msg: 'error:handler not found,topic:tickers.ETHUSDT' });
    const answer = (await (
      await fetch(`${exchange.restUrl}/v5/market/instruments-info?category=linear&symbol=ETHUSDT`)
    ).json()) as { result: { list: [] } };
    expect(answer.result.list).toEqual([]);
  });

  it('skews the clock of frames, REST and signatures', async () => {
    exchange.faults.skewClock(60_000);
    const client = await listen(BOOK);
    expect(JSON.parse(client.texts[0] ?? '')).toMatchObject({ ts: clock.now() + 60_000 });
    expect(await (await fetch(`${exchange.restUrl}/v5/market/time`)).json()).toMatchObject({ time: clock.now() + 60_000 });
    const account = await connect('private');
    const expires = clock.now() + 10_000;
    account.send({ op: 'auth', args: ['test-key', expires, signRealtime('test-secret', String(expires))] });
    expect(await account.frame()).toMatchObject({ success: false, ret_msg: 'Params Error' });
  });

  it('takes REST down', async () => {
    const status = async (): Promise<number> => (await fetch(`${exchange.restUrl}/v5/market/time`)).status;
    exchange.faults.restDown(500, 1);
    expect(await status()).toBe(500);
    expect(await status()).toBe(200);
    exchange.faults.restDown(403);
    expect(await status()).toBe(403);
    exchange.faults.restDown('timeout', 1);
    const asked = fetch(`${exchange.restUrl}/v5/market/time`);
    await exchange.stop();
    await expect(asked).rejects.toThrow('fetch failed');
    exchange = await SimulatedExchange.start({ manual: true, clock });
  });

  describe('by HTTP', () => {
    const post = async (body: string): Promise<{ status: number; body: Frame }> => {
      const response = await fetch(`${exchange.restUrl}/control/faults`, { method: 'POST', body });
      return { status: response.status, body: (await response.json()) as Frame };
    };

    it('does the same', async () => {
      const client = await listen(BOOK);
      expect(await post('{"fault":"skipFrame","category":"linear","topic":"orderbook.50.BTCUSDT"}')).toEqual({
        status: 200,
        body: { fault: { name: 'skipFrame', hit: 1 } },
      });
      expect(await updateIds(client, 2)).toHaveLength(1);
      expect(await post('{"fault":"drop","endpoint":"linear"}')).toMatchObject({ status: 200, body: { fault: { hit: 1 } } });
      expect((await client.closed).code).toBe(1006);
    });

    it.each([
      ['{"fault":"close","code":1001}', 0],
      ['{"fault":"refuseUpgrades","status":429,"times":1,"endpoint":"private"}', null],
      ['{"fault":"allowUpgrades"}', null],
      ['{"fault":"silence","lasting":true}', 0],
      ['{"fault":"mutePongs","connId":"x"}', 0],
      ['{"fault":"halfOpen","endpoint":"spot"}', 0],
      ['{"fault":"delayAcks","ms":10}', null],
      ['{"fault":"loseAcks"}', null],
      ['{"fault":"repeatFrame","category":"linear","topic":"orderbook.50.BTCUSDT"}', 0],
      ['{"fault":"stallTopic","category":"linear","topic":"orderbook.50.BTCUSDT"}', 0],
      ['{"fault":"restartBook","category":"linear","topic":"orderbook.50.BTCUSDT","type":"delta"}', 0],
      ['{"fault":"unsolicitedSnapshot","category":"spot","topic":"tickers.BTCUSDT"}', 0],
      ['{"fault":"malformedFrame"}', 0],
      ['{"fault":"wrongShapeFrame"}', 0],
      ['{"fault":"unknownTopicFrame"}', 0],
      ['{"fault":"oversizedFrame","bytes":10}', 0],
      ['{"fault":"refuseTopic","category":"linear","topic":"tickers.BTCUSDT"}', null],
      ['{"fault":"delist","category":"linear","symbol":"BTCUSDT"}', true],
      ['{"fault":"skewClock","ms":-5000}', null],
      ['{"fault":"restDown","how":"timeout"}', null],
      ['{"fault":"clear"}', null],
    ])('takes %s', async (command, hit) => {
      expect(await post(command)).toMatchObject({ status: 200, body: { fault: { hit } } });
    });

    it.each([
      ['nonsense', 'the body must be JSON'],
      ['5', 'the body must be a JSON object'],
      ['{}', 'fault must be a text'],
      ['{"fault":"toString"}', 'there is no fault "toString"; there are drop, '],
      ['{"fault":"drop","endpoint":"futures"}', 'endpoint must be one of'],
      ['{"fault":"skipFrame","category":"futures","topic":"x"}', 'category must be one of'],
      ['{"fault":"skipFrame","category":"linear"}', 'topic must be a text'],
      ['{"fault":"skewClock"}', 'ms must be a number'],
      ['{"fault":"close","code":1006}', 'no close frame has code 1006'],
      ['{"fault":"refuseUpgrades","status":200}', '400 to 599'],
      ['{"fault":"restDown","how":200}', 'how must be one of'],
    ])('answers %s with what is wrong', async (command, message) => {
      expect(await post(command)).toEqual({ status: 400, body: { error: expect.stringContaining(message) as string } });
    });

    it('describes sockets, topics and faults, and clears', async () => {
      await listen(BOOK);
      await post('{"fault":"skewClock","ms":5}');
      const described = (await (await fetch(`${exchange.restUrl}/control`)).json()) as Frame;
      expect(described).toMatchObject({
        connections: [{ endpoint: 'linear', topics: [BOOK] }],
        topics: [{ category: 'linear', topic: BOOK, subscribers: 1 }],
        faults: { skewMs: 5 },
      });
      expect(await (await fetch(`${exchange.restUrl}/control/faults`, { method: 'DELETE' })).json()).toEqual({ cleared: true });
      expect(exchange.now()).toBe(clock.now());
      expect((await fetch(`${exchange.restUrl}/control/else`)).status).toBe(404);
      expect((await post('x'.repeat(70_000))).status).toBe(413);
    });
  });
});
