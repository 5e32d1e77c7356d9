import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { ManualClock } from '../../test/support/manual-clock';
import { ExchangeClient, type Frame } from '../../test/support/exchange-client';
import { signRealtime } from './api-key';
import { SimulatedExchange } from './simulated-exchange';
import type { SimulatorOptions } from './simulator-options';

const CONN_ID = /^[0-9a-v]{20}-[0-9a-z]{5}$/;

describe('the simulated exchange', () => {
  let clock: ManualClock;
  let exchange: SimulatedExchange;
  const clients: ExchangeClient[] = [];

  async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
    await exchange.stop();
    exchange = await SimulatedExchange.start({ manual: true, clock, ...options });
  }

  async function connect(path: string): Promise<ExchangeClient> {
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/${path}`);
    clients.push(client);
    return client;
  }

  /** Subscribes and gives back everything up to the ack. */
  async function subscribe(client: ExchangeClient, ...args: string[]): Promise<Frame[]> {
    client.send({ op: 'subscribe', args });
    const frames: Frame[] = [];
    for (;;) {
      const frame = await client.frame();
      frames.push(frame);
      if (frame['op'] === 'subscribe' || frame['type'] === 'COMMAND_RESP') return frames;
    }
  }

  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    exchange = await SimulatedExchange.start({ manual: true, clock });
  });

  afterEach(async () => {
    await exchange.stop();
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  describe('on linear and inverse', () => {
    it('sends data before the ack', async () => {
      const linear = await subscribe(await connect('public/linear'), 'orderbook.50.BTCUSDT', 'tickers.BTCUSDT');
      expect(linear.map((frame) => frame['topic'] ?? frame['op'])).toEqual(
        expect.arrayContaining(['orderbook.50.BTCUSDT', 'tickers.BTCUSDT', 'subscribe']) as unknown[],
      );
      expect(linear.at(-1)).toEqual({
        success: true,
        ret_msg: '',
        conn_id: expect.stringMatching(CONN_ID) as string,
        req_id: '',
        op: 'subscribe',
      });
      const inverse = await subscribe(await connect('public/inverse'), 'orderbook.1.BTCUSD');
      expect(inverse.map((frame) => frame['topic'] ?? frame['op'])).toEqual(['orderbook.1.BTCUSD', 'subscribe']);
    });

    it('fails a whole batch for one bad topic, and names the first', async () => {
      const client = await connect('public/linear');
      client.send({ req_id: 'e1', op: 'subscribe', args: ['tickers.BTCUSDT', 'orderbook.50.NOPEUSDT', 'nothing'] });
      expect(await client.frame()).toMatchObject({
        success: false,
        ret_msg: 'error:handler not found,topic:orderbook.50.NOPEUSDT',
        req_id: 'e1',
        op: 'subscribe',
      });
      expect(exchange.connections[0]?.topics.size).toBe(0);
      exchange.step(20);
      expect(await client.untilPong()).toEqual([]);
    });

    it('refuses what is subscribed already, and the stream flows on', async () => {
      const client = await connect('public/linear');
      await subscribe(client, 'publicTrade.BTCUSDT');
      const [refusal] = await subscribe(client, 'publicTrade.BTCUSDT', 'publicTrade.ETHUSDT');
      expect(refusal).toMatchObject({ success: false, ret_msg: 'error:already subscribed,topic:publicTrade.BTCUSDT' });
      expect([...(exchange.connections[0]?.topics ?? [])]).toEqual(['publicTrade.BTCUSDT']);
      exchange.stir('linear', 'publicTrade.BTCUSDT');
      expect((await client.untilPong()).map((frame) => frame['topic'])).toEqual(['publicTrade.BTCUSDT']);
    });

    it.each([
      'orderbook.500.BTCUSDT',
      'orderbook.50.btcusdt',
      'kline.2.BTCUSDT',
      'kline.1m.BTCUSDT',
      'tickers',
      'tickers.1.BTCUSDT',
      'order',
      'liquidation.BTCUSDT',
      'allLiquidation.1000000BOBUSDT',
      'liquidations:BTCUSDT',
      'adlAlert',
      '',
    ])('has no handler for %j', async (topic) => {
      const [refusal] = await subscribe(await connect('public/linear'), topic);
      expect(refusal).toMatchObject({ success: false, ret_msg: `error:handler not found,topic:${topic}`, req_id: '' });
    });

    it('takes more than ten topics in a request', async () => {
      const topics = ['1', '3', '5', '15', '30', '60', '120', '240', '360', '720', 'D', 'W', 'M'].map(
        (interval) => `kline.${interval}.BTCUSDT`,
      );
      const frames = await subscribe(await connect('public/linear'), ...topics);
      expect(frames.at(-1)).toMatchObject({ success: true });
    });

    it('refuses more than the longest sum of args', async () => {
      await start({ maxArgsLength: 60 });
      const client = await connect('public/linear');
      expect((await subscribe(client, 'kline.1.BTCUSDT', 'kline.3.BTCUSDT', 'kline.5.BTCUSDT')).at(-1)).toMatchObject({
        success: true,
      });
      expect((await subscribe(client, 'kline.15.BTCUSDT')).at(-1)).toMatchObject({
        success: false,
        ret_msg: 'error:args too long,max length is 60',
      });
      client.send({ op: 'unsubscribe', args: ['kline.1.BTCUSDT', 'kline.3.BTCUSDT'] });
      expect(await client.frame()).toMatchObject({ success: true, op: 'unsubscribe' });
      expect((await subscribe(client, 'kline.15.BTCUSDT')).at(-1)).toMatchObject({ success: true });
    });
  });

  describe('on spot', () => {
    it('acks before data', async () => {
      const client = await connect('public/spot');
      const [ack] = await subscribe(client, 'orderbook.50.BTCUSDT', 'tickers.BTCUSDT');
      expect(ack).toEqual({
        success: true,
        ret_msg: 'subscribe',
        conn_id: expect.stringMatching(CONN_ID) as string,
        op: 'subscribe',
      });
      expect((await client.untilPong()).map((frame) => frame['topic'])).toEqual(['orderbook.50.BTCUSDT', 'tickers.BTCUSDT']);
    });

    it('refuses more than ten args as a whole', async () => {
      const client = await connect('public/spot');
      client.send({ req_id: 'x', op: 'subscribe', args: Array.from({ length: 11 }, (_, i) => `kline.${i}.BTCUSDT`) });
      expect(await client.frame()).toEqual({
        success: false,
        ret_msg: 'args size >10',
        conn_id: expect.any(String) as string,
        op: 'subscribe',
      });
    });

    it('names the offender in brackets', async () => {
      const [refusal] = await subscribe(await connect('public/spot'), 'tickers.BTCUSDT', 'orderbook.50.NOSUCHSYM');
      expect(refusal).toMatchObject({ success: false, ret_msg: 'Invalid symbol :[orderbook.50.NOSUCHSYM]' });
    });
  });

  describe('on options', () => {
    it('grants what it can and lists the rest', async () => {
      const client = await connect('public/option');
      const good = ['tickers.BTC-27MAR26-70000-P-USDT', 'publicTrade.BTC'];
      const [response] = await subscribe(
        client,
        good[0] ?? '',
        'tickers.BTC-25DEC26-110000-C-USDT',
        'publicTrade.DOGE',
        good[1] ?? '',
      );
      expect(response).toEqual({
        success: true,
        conn_id: expect.any(String) as string,
        data: { successTopics: good, failTopics: ['tickers.BTC-25DEC26-110000-C-USDT', 'publicTrade.DOGE'] },
        type: 'COMMAND_RESP',
      });
      exchange.step(10);
      expect(new Set((await client.untilPong()).map((frame) => frame['topic']))).toEqual(new Set(good));
    });

    it('calls a topic that is subscribed already failed', async () => {
      const client = await connect('public/option');
      await subscribe(client, 'publicTrade.ETH');
      client.send({ op: 'subscribe', args: ['publicTrade.ETH'] });
      expect(await client.frame()).toMatchObject({ success: true, data: { successTopics: [], failTopics: ['publicTrade.ETH'] } });
    });
  });

  describe('on any public socket', () => {
    it.each(['linear', 'inverse', 'spot', 'option'])('%s survives everything that is no request', async (category) => {
      const client = await connect(`public/${category}`);
      for (const text of [
        'hello',
        '[]',
        '{"op":"dance"}',
        '{"op":"subscribe","args":"x"}',
        '{"op":"subscribe","args":[true]}',
        '{',
      ]) {
        client.send(text);
        expect(await client.frame()).toMatchObject({ success: false });
      }
      client.send('{"op":"dance"}');
      expect(await client.frame()).toMatchObject({ ret_msg: 'error:invalid op', op: 'dance' });
      expect(client.socket.readyState).toBe(client.socket.OPEN);
    });

    it('stops a topic that is unsubscribed', async () => {
      const client = await connect('public/linear');
      await subscribe(client, 'publicTrade.BTCUSDT', 'publicTrade.ETHUSDT');
      client.send({ op: 'unsubscribe', args: ['publicTrade.BTCUSDT'] });
      await client.frame();
      exchange.step(30);
      expect(new Set((await client.untilPong()).map((frame) => frame['topic']))).toEqual(new Set(['publicTrade.ETHUSDT']));
    });

    it('tells the same topic of different categories apart', async () => {
      const linear = await connect('public/linear');
      const spot = await connect('public/spot');
      await subscribe(linear, 'publicTrade.BTCUSDT');
      await subscribe(spot, 'publicTrade.BTCUSDT');
      exchange.stir('spot', 'publicTrade.BTCUSDT');
      expect(await spot.untilPong()).toHaveLength(1);
      expect(await linear.untilPong()).toEqual([]);
    });

    it('compresses without context takeover when that is offered', async () => {
      const socket = new WebSocket(`${exchange.wsUrl}/v5/public/linear`, { perMessageDeflate: true });
      const upgraded = once(socket, 'upgrade');
      await once(socket, 'open');
      const [response] = (await upgraded) as [IncomingMessage];
      expect(response.headers['sec-websocket-extensions']).toBe(
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      );
      socket.send(JSON.stringify({ op: 'subscribe', args: ['orderbook.200.BTCUSDT'] }));
      const [data] = (await once(socket, 'message')) as [Buffer];
      expect(JSON.parse(data.toString())).toMatchObject({ topic: 'orderbook.200.BTCUSDT' });
      socket.terminate();
      await once(socket, 'close');
      expect((await connect('public/linear')).socket.extensions).toBe('');
    });

    it('answers protocol pings', async () => {
      const client = await connect('public/spot');
      const pong = new Promise((resolve) => client.socket.once('pong', resolve));
      client.socket.ping('x');
      expect(String(await pong)).toBe('x');
    });
  });

  describe('its frames', () => {
    it('of price limits have no type', async () => {
      const [frame] = await subscribe(await connect('public/linear'), 'priceLimit.BTCUSDT');
      expect(Object.keys(frame ?? {})).toEqual(['topic', 'data', 'ts']);
    });

    it.each([
      ['linear', 'orderbook.1.BTCUSDT', 'topic,ts,type,data,cts'],
      ['linear', 'orderbook.50.BTCUSDT', 'topic,type,ts,data,cts'],
      ['spot', 'orderbook.50.BTCUSDT', 'topic,ts,type,data,cts'],
      ['spot', 'tickers.BTCUSDT', 'topic,ts,type,cs,data'],
      ['spot', 'publicTrade.BTCUSDT', 'topic,ts,type,data'],
      ['linear', 'publicTrade.BTCUSDT', 'topic,type,ts,data'],
      ['linear', 'allLiquidation.BTCUSDT', 'topic,type,ts,data'],
      ['linear', 'kline.1.BTCUSDT', 'topic,data,ts,type'],
      ['option', 'orderbook.25.BTC-27MAR26-70000-P-USDT', 'id,topic,ts,data,type'],
      ['option', 'publicTrade.BTC', 'id,topic,ts,data,type'],
    ] as const)('of %s %s have their keys in the recorded order', async (category, topic, keys) => {
      const client = await connect(`public/${category}`);
      await subscribe(client, topic);
      expect(exchange.stir(category, topic)).toBeGreaterThan(0);
      await client.untilPong();
      const data = client.texts.map((text) => JSON.parse(text) as Frame).filter((frame) => frame['topic'] === topic);
      expect(data.length).toBeGreaterThan(0);
      for (const frame of data) expect(Object.keys(frame).join()).toBe(keys);
    });

    it('come whenever a topic is stirred, whatever the seed', async () => {
      for (const seed of [1, 2, 3]) {
        await start({ seed });
        const client = await connect('public/linear');
        const topics = [
          'orderbook.1',
          'orderbook.50',
          'orderbook.200',
          'tickers',
          'publicTrade',
          'kline.1',
          'allLiquidation',
          'priceLimit',
        ];
        await subscribe(client, ...topics.map((topic) => `${topic}.BTCUSDT`));
        for (const topic of topics) {
          for (let i = 0; i < 50; i++) expect([topic, exchange.stir('linear', `${topic}.BTCUSDT`)]).toEqual([topic, 1]);
        }
      }
      expect(exchange.stir('linear', 'tickers.NOBODYUSDT')).toBe(0);
      exchange.faults.stallTopic('linear', 'tickers.BTCUSDT');
      expect(exchange.stir('linear', 'tickers.BTCUSDT')).toBe(0);
    });

    it('keep the zeros that each stream keeps', async () => {
      const linear = await connect('public/linear');
      await subscribe(linear, 'orderbook.1.BTCUSDT', 'orderbook.50.BTCUSDT', 'tickers.BTCUSDT', 'publicTrade.BTCUSDT');
      for (let i = 0; i < 20; i++) exchange.stir('linear', 'publicTrade.BTCUSDT');
      await linear.untilPong();
      const frames = linear.texts.map(
        (text) => JSON.parse(text) as { topic?: string; data: { lastPrice: string; b: string[][] } & { p: string; v: string }[] },
      );
      const of = (topic: string) => frames.filter((frame) => frame.topic === `${topic}.BTCUSDT`).map((frame) => frame.data);
      expect(of('tickers')[0]?.lastPrice).toMatch(/^\d+\.\d0$/);
      expect(of('orderbook.50')[0]?.b[0]?.[0]).toMatch(/^\d+\.\d0$/);
      for (const { b } of of('orderbook.1')) expect(b[0]?.[0]).not.toMatch(/\.\d*0$/);
      for (const { p, v } of of('publicTrade').flat())
        expect([p, v]).toEqual([expect.stringMatching(/^\d+\.\d0$/), expect.stringMatching(/^\d+\.\d{3}$/)]);
    });

    it('of level 1 are repeated after 3 s with the same update id', async () => {
      const client = await connect('public/linear');
      const [first] = await subscribe(client, 'orderbook.1.BTCUSDT');
      clock.advance(2_999);
      expect(exchange.publish('linear', 'orderbook.1.BTCUSDT')).toBe(0);
      clock.advance(1);
      expect(exchange.publish('linear', 'orderbook.1.BTCUSDT')).toBe(1);
      const again = await client.frame();
      const data = (frame: Frame | undefined) => frame?.['data'] as { u: number; b: unknown; a: unknown };
      expect(data(again)).toMatchObject({ u: data(first).u, b: data(first).b, a: data(first).a });
      expect(again['ts']).toBe(Number(first?.['ts']) + 3_000);
      expect(again['cts']).toBe(first?.['cts']);
    });

    it('are the same for the same seed and clock', async () => {
      const tell = async (): Promise<string[]> => {
        const client = await connect('public/linear');
        await subscribe(client, 'orderbook.50.ETHUSDT', 'tickers.ETHUSDT', 'publicTrade.ETHUSDT');
        for (let i = 0; i < 20; i++) exchange.step(5);
        await client.untilPong();
        return client.texts.filter((text) => text.includes('"topic"'));
      };
      const once = await tell();
      await start();
      expect(await tell()).toEqual(once);
      await start({ seed: 2 });
      expect(await tell()).not.toEqual(once);
    });
  });

  describe('on the private socket', () => {
    const auth = (expires: unknown, secret = 'test-secret', key = 'test-key') => ({
      op: 'auth',
      args: [key, expires, signRealtime(secret, String(expires))],
    });

    it('authenticates, and pushes account frames to those who subscribed', async () => {
      const client = await connect('private');
      client.send({ req_id: '1', ...auth(clock.now() + 1_000) });
      expect(await client.text()).toMatch(/^\{"req_id":"1","success":true,"ret_msg":"","op":"auth","conn_id":"/);
      client.send({ op: 'subscribe', args: ['order.linear', 'execution', 'position', 'wallet'] });
      expect(await client.text()).toMatch(/^\{"success":true,"ret_msg":"","op":"subscribe","conn_id":"/);
      const frame = { topic: 'order.linear', id: '1', creationTime: 1, data: [] };
      expect(exchange.pushPrivate(frame)).toBe(1);
      expect(await client.frame()).toEqual(frame);
      expect(exchange.pushPrivate({ topic: 'order' })).toBe(0);
    });

    it('signs with the documented test vector', () => {
      expect(signRealtime('test-secret', '1711010121452')).toBe(
        '5795d383b420ac992af406408d13bac3bec8ef51c1df13637fc01e0451fa1f61',
      );
    });

    it.each<[string, () => object]>([
      ['an expiry in the past', () => auth(clock.now() - 1)],
      ['another secret', () => auth(clock.now() + 1_000, 'no')],
      ['another key', () => auth(clock.now() + 1_000, 'test-secret', 'no')],
      ['no args', () => ({ op: 'auth' })],
      ['odd args', () => ({ op: 'auth', args: [1, 2, 3] })],
    ])('refuses %s as Params Error', async (_, request) => {
      const client = await connect('private');
      client.send(request());
      expect(await client.text()).toMatch(/^\{"success":false,"ret_msg":"Params Error","op":"auth","conn_id":"/);
    });

    it('refuses everything before authentication, then bad topics', async () => {
      const client = await connect('private');
      client.send({ op: 'subscribe', args: ['order'] });
      expect(await client.frame()).toMatchObject({ success: false, ret_msg: 'Request not authorized' });
      client.send(auth(clock.now() + 1_000));
      await client.frame();
      client.send({ op: 'subscribe', args: ['order', 'order.linear'] });
      expect(await client.frame()).toMatchObject({ success: false, ret_msg: 'Params Error' });
      client.send({ op: 'subscribe', args: ['tickers.BTCUSDT'] });
      expect(await client.frame()).toMatchObject({ success: false });
      client.send('?');
      expect(await client.frame()).toMatchObject({ success: false });
      client.send({ op: 'ping' });
      expect(await client.frame()).toEqual({ op: 'pong', args: [String(clock.now())], conn_id: expect.any(String) as string });
    });

    it('is cut when it does not ping within its max_active_time', async () => {
      const lazy = await connect('private?max_active_time=1m');
      const busy = await connect('private?max_active_time=1m');
      clock.advance(45_000);
      busy.send({ op: 'ping' });
      await busy.frame();
      clock.advance(30_000);
      expect((await lazy.closed).code).toBe(1006);
      expect(busy.socket.readyState).toBe(busy.socket.OPEN);
    });

    it('has an order entry door that authenticates and pongs', async () => {
      const client = await connect('trade');
      client.send({ reqId: 'a', ...auth(clock.now() + 1_000, 'no') });
      expect(await client.frame()).toMatchObject({ reqId: 'a', retCode: 10004, retMsg: 'Invalid sign' });
      client.send(auth(clock.now() + 1_000));
      expect(await client.frame()).toEqual({ retCode: 0, retMsg: 'OK', op: 'auth', connId: expect.any(String) as string });
      client.send(auth(clock.now() + 1_000));
      expect(await client.frame()).toMatchObject({ retCode: 20001 });
      client.send({ op: 'ping' });
      expect(await client.frame()).toEqual({
        retCode: 0,
        retMsg: 'OK',
        op: 'pong',
        data: [String(clock.now())],
        connId: expect.any(String) as string,
      });
      client.send({ reqId: 'o', op: 'order.nothing', args: [{}] });
      expect(await client.frame()).toMatchObject({ reqId: 'o', retCode: 10404, op: 'order.nothing' });
    });
  });

  describe('its door', () => {
    it('has nothing on other paths', async () => {
      await expect(connect('public/futures')).rejects.toThrow('404');
      await expect(connect('')).rejects.toThrow('404');
    });

    it('lets in so many new sockets in five minutes', async () => {
      await start({ maxNewConnections: 2 });
      await connect('public/linear');
      await connect('public/spot');
      await expect(connect('public/linear')).rejects.toThrow('403');
      clock.advance(300_000);
      await expect(connect('public/linear')).resolves.toBeDefined();
    });

    it('cuts idle sockets, sooner those without a subscription', async () => {
      await start({ idleCutUnsubscribedMs: 60_000 });
      const bare = await connect('public/linear');
      const subscribed = await connect('public/linear');
      await subscribe(subscribed, 'publicTrade.BTCUSDT');
      clock.advance(90_000);
      expect((await bare.closed).code).toBe(1006);
      expect(subscribed.socket.readyState).toBe(subscribed.socket.OPEN);
      clock.advance(600_000);
      expect((await subscribed.closed).code).toBe(1006);
    });

    it('shows who is connected and what they asked for', async () => {
      const waiting = exchange.whenSubscribed('linear', 'tickers.BTCUSDT');
      const request = exchange.whenRequested(({ request: { op } }) => op === 'subscribe');
      const client = await connect('public/linear');
      await subscribe(client, 'tickers.BTCUSDT');
      const connection = await waiting;
      expect(exchange.connections).toEqual([connection]);
      expect(connection).toMatchObject({ endpoint: 'linear', connId: expect.stringMatching(CONN_ID) as string });
      expect((await request).request.args).toEqual(['tickers.BTCUSDT']);
      expect(exchange.push('linear', 'tickers.BTCUSDT', '{"by":"hand"}')).toBe(1);
      expect(await client.frameWhere((frame) => 'by' in frame)).toEqual({ by: 'hand' });
      await client.close();
      expect(await exchange.whenUnsubscribed('linear', 'tickers.BTCUSDT')).toBe(true);
    });
  });
});

describe('the pace of the simulated exchange', () => {
  it('is as many frames per second as asked, over all topics', async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    const exchange = await SimulatedExchange.start({ clock, rate: 1_000, symbols: 40 });
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/public/linear`);
    const args = exchange.model
      .list('linear')
      .flatMap(({ symbol }) => [`tickers.${symbol}`, `orderbook.50.${symbol}`, `publicTrade.${symbol}`, `kline.1.${symbol}`]);
    expect(args).toHaveLength(160);
    client.send({ op: 'subscribe', args });
    await client.frameWhere(({ op }) => op === 'subscribe');
    const before = client.texts.length;
    clock.advance(2_000);
    await client.untilPong();
    const pushed = client.texts.length - before - 1;
    expect(pushed).toBeGreaterThanOrEqual(1_990);
    expect(pushed).toBeLessThanOrEqual(2_010);
    await exchange.stop();
    await client.close();
  });

  it('is natural when nothing is asked: every topic speaks in its period', async () => {
    const clock = new ManualClock(Date.UTC(2026, 10, 21, 12));
    const exchange = await SimulatedExchange.start({ clock });
    const client = await ExchangeClient.open(`${exchange.wsUrl}/v5/public/linear`);
    client.send({
      op: 'subscribe',
      args: ['tickers.BTCUSDT', 'orderbook.1.BTCUSDT', 'orderbook.50.BTCUSDT', 'publicTrade.BTCUSDT', 'kline.1.BTCUSDT'],
    });
    await client.frameWhere(({ op }) => op === 'subscribe');
    clock.advance(10_000);
    const frames = await client.untilPong();
    const count = (topic: string): number => frames.filter((frame) => frame['topic'] === topic).length;
    expect(count('tickers.BTCUSDT')).toBeGreaterThan(40);
    expect(count('tickers.BTCUSDT')).toBeLessThanOrEqual(100);
    expect(count('orderbook.50.BTCUSDT')).toBeGreaterThan(40);
    expect(count('publicTrade.BTCUSDT')).toBeGreaterThan(10);
    expect(count('kline.1.BTCUSDT')).toBeGreaterThan(5);
    expect(count('kline.1.BTCUSDT')).toBeLessThanOrEqual(10);
    expect(frames.filter((frame) => Number(frame['cts']) > Number(frame['ts']))).toEqual([]);
    await exchange.stop();
    await client.close();
  });
});
