import type { Settings } from '../../src/config/settings';
import type { Message, OrderBookData } from '../../src/streams/message';
import { streamOf } from '../../src/streams/stream';
import { eventually } from '../support/eventually';
import { BTC, GatewayApp, NOW } from '../support/gateway-app';
import type { Frame, TestClient } from '../support/test-client';

const NAME = 'mudrex.futures.ticker.BTCUSDT@100ms';
const BOOK = streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT');
const KLINE = streamOf('futures', { kind: 'kline', interval: '1m' }, 'BTCUSDT');

let gateway: GatewayApp;

async function start(settings: Partial<Settings> = {}): Promise<GatewayApp> {
  gateway = await GatewayApp.start(settings);
  return gateway;
}

afterEach(() => gateway.stop());

function priceOf(frame: Frame): unknown {
  return (frame['data'] as { price?: string } | undefined)?.price;
}

/** Data frames up to the first that `last` accepts. */
async function until(client: TestClient, last: (frame: Frame) => boolean): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (;;) {
    const frame = await client.nextWhere(({ type }) => type !== undefined);
    frames.push(frame);
    if (last(frame)) return frames;
  }
}

function bookMessage(updateId: number, type: Message['type']): Message {
  const data: OrderBookData = { symbol: 'BTCUSDT', depth: 50, bids: [], asks: [], updateId, checksum: 0 };
  return { type, data, timestamp: NOW, received: NOW };
}

function candle(openTime: number, close: string, confirmed: boolean): Message {
  const amounts = { open: '1', high: '9', low: '1', close, volume: '1', turnover: '1' };
  const data = { symbol: 'BTCUSDT', interval: '1m', openTime, closeTime: openTime + 59_999, ...amounts, confirmed };
  return { type: 'update', data, timestamp: NOW, received: NOW, closed: confirmed };
}

describe('a stream with a rate', () => {
  it('begins with a snapshot, skips what is outdated within the interval, and numbers what it sends by itself', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    const all = await gateway.client();
    await all.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    exchange.price(BTC, '1');
    exchange.price(BTC, '2');
    const reply = await client.request({ op: 'subscribe', args: ['tickers.BTCUSDT@100ms'] });
    const [{ epoch }] = reply['streams'] as [{ epoch: string }];
    expect(reply).toMatchObject({
      success: true,
      args: ['tickers.BTCUSDT@100ms'],
      rejected: null,
      streams: [{ arg: 'tickers.BTCUSDT@100ms', stream: NAME, seq: 1 }],
    });
    expect(await client.next()).toEqual({
      stream: NAME,
      type: 'snapshot',
      epoch,
      seq: 1,
      data: { symbol: 'BTCUSDT', price: '2' },
      timestamp: NOW,
      received: NOW + 12,
      source: 'mudrex',
    });
    for (let price = 3; price <= 50; price++) exchange.price(BTC, String(price));
    const updates = await until(client, (frame) => priceOf(frame) === '50');
    // At once, when the interval was over already, and the newest after it.
    expect(updates.length).toBeLessThanOrEqual(2);
    expect(updates.map(({ type, seq, stream }) => ({ type, seq, stream }))).toEqual(
      updates.map((_, i) => ({ type: 'update', seq: i + 2, stream: NAME })),
    );
    const unrated = await until(all, (frame) => priceOf(frame) === '50');
    expect(unrated).toHaveLength(50);
  });

  it('asks the exchange for the stream it is derived from, once', async () => {
    const { exchange, pubsub } = await start();
    const [one, other] = [await gateway.client(), await gateway.client()];
    await one.request({ op: 'subscribe', args: ['ticker:BTCUSDT@1s', NAME] });
    await other.request({ op: 'subscribe', args: ['ticker:BTCUSDT@1s'] });
    expect(exchange.asked).toEqual([BTC.name]);
    await Promise.all([one.close(), other.close()]);
    await eventually(() => pubsub.counts().channels === 0);
  });

  it('is one subscription under all its names, of its own beside the stream without a rate, and counts as one', async () => {
    await start({ maxSubscriptionsPerClient: 2 });
    const client = await gateway.client();
    const args = ['ticker:BTCUSDT@100ms', 'tickers.btcusdt@100ms', NAME, 'ticker:BTCUSDT', 'ticker:BTCUSDT@1s'];
    const reply = await client.request({ op: 'subscribe', args });
    expect(reply['args']).toEqual(args.slice(0, 4));
    expect(reply['rejected']).toMatchObject([{ arg: 'ticker:BTCUSDT@1s', code: 'LIMIT_EXCEEDED' }]);
    const list = await client.request({ op: 'list' });
    expect(list['streams']).toMatchObject([{ stream: NAME }, { stream: 'mudrex.futures.ticker.BTCUSDT' }]);
    expect(await client.request({ op: 'unsubscribe', args: [NAME] })).toMatchObject({ message: 'Unsubscribed from 1 streams' });
  });

  it.each([
    ['ticker:BTCUSDT@3s', /^Invalid update rate: 3s\. Use one of 100ms, 250ms, 500ms, 1s, 2s, 5s, 10s/],
    ['trade:BTCUSDT@1s', /^A trade stream has no update rate/],
  ])('%s is refused with BAD_RATE', async (arg, reason) => {
    await start();
    const client = await gateway.client();
    const reply = await client.request({ op: 'subscribe', args: [arg] });
    expect(reply).toMatchObject({ success: false, rejected: [{ arg, code: 'BAD_RATE' }] });
    expect((reply['rejected'] as [{ reason: string }])[0].reason).toMatch(reason);
  });

  it('that cannot be resumed says so and begins with a snapshot', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    const reply = await client.request({ op: 'subscribe', args: [NAME], resume: { [NAME]: { epoch: 'other', seq: 7 } } });
    expect(reply['streams']).toMatchObject([{ stream: NAME, recovered: false, seq: 0 }]);
    exchange.price(BTC, '1');
    expect(await client.next()).toMatchObject({ type: 'snapshot', seq: 1, data: { price: '1' } });
  });

  it('of an order book holds the whole book in every message', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    await client.request({ op: 'subscribe', args: ['orderbook:BTCUSDT@100ms'] });
    for (let id = 1; id <= 20; id++) {
      const type = id === 1 ? 'snapshot' : 'delta';
      exchange.publisher.publish(BOOK, bookMessage(id, type), () => bookMessage(id, 'snapshot'));
    }
    const updateIdOf = (frame: Frame) => (frame['data'] as OrderBookData).updateId;
    const frames = await until(client, (frame) => updateIdOf(frame) === 20);
    expect(frames.map((frame) => [frame.type, frame.seq, updateIdOf(frame)])).toEqual([
      ['snapshot', 1, 1],
      ['update', 2, 20],
    ]);
  });

  it('of candles sends every closed one, in order, between the others', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    await client.request({ op: 'subscribe', args: ['kline:1m:BTCUSDT@100ms'] });
    for (let minute = 0; minute < 5; minute++) {
      for (const confirmed of [false, true]) {
        const message = candle(minute * 60_000, String(minute), confirmed);
        exchange.publisher.publish(KLINE, message, () => ({ ...message, type: 'snapshot' }));
      }
    }
    const dataOf = (frame: Frame) => frame['data'] as { close: string; confirmed: boolean };
    const frames = await until(client, (frame) => dataOf(frame).close === '4' && dataOf(frame).confirmed);
    expect(frames.filter((frame) => dataOf(frame).confirmed).map((frame) => dataOf(frame).close)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, i) => i + 1));
  });

  it('tells the statuses of the stream it is derived from under its own name', async () => {
    const { exchange } = await start();
    const client = await gateway.client();
    await client.request({ op: 'subscribe', args: [NAME] });
    exchange.publisher.status(BTC, 'unavailable', 'delisted');
    expect(await client.next()).toMatchObject({ op: 'status', stream: NAME, state: 'unavailable', reason: 'delisted' });
    exchange.publisher.marketStatus('futures', 'stale', 'upstream disconnected');
    expect(await client.next()).toMatchObject({ op: 'status', market: 'futures', state: 'stale' });
  });
});
