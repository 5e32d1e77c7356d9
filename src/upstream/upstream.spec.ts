import { FakeExchange, agree } from '../../test/support/fake-exchange';
import type { FakeRequest, FakeSocket } from '../../test/support/fake-exchange';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import type { Publication } from '../pubsub/publication';
import type { Inherited } from '../pubsub/pubsub';
import type { Message } from '../streams/message';
import type { ExchangeMarket } from '../streams/stream';
import { transformOf } from '../transform/bybit/transform-of';
import type { FetchJson } from './rest';
import type { StreamPublisher } from './stream-publisher';
import { Upstream } from './upstream';

const BTC = 'futures.trade.BTCUSDT';
const BOOK = 'futures.orderbook.50.BTCUSDT';
const TICKER = 'futures.ticker.BTCUSDT';
const CANDLES = 'futures.kline.1m.BTCUSDT';
const LIQUIDATIONS = 'futures.liquidation.BTCUSDT';

class Demanded {
  readonly names = new Set<string>();
  private listener: (stream: string, wanted: boolean) => void = () => undefined;

  wanted(): Iterable<string> {
    return this.names;
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.listener = listener;
  }

  release: (market: ExchangeMarket) => void = () => undefined;
  takeOver: (market: ExchangeMarket, reason: string) => void = () => undefined;

  onRelease(listener: (market: ExchangeMarket) => void): void {
    this.release = listener;
  }

  onTakeover(listener: (market: ExchangeMarket, reason: string) => void): void {
    this.takeOver = listener;
  }

  want(name: string): void {
    this.names.add(name);
    this.listener(name, true);
  }

  unwant(name: string): void {
    this.names.delete(name);
    this.listener(name, false);
  }
}

class Published implements StreamPublisher {
  readonly calls: string[] = [];
  /** Open time, and whether it is closed. */
  readonly candles: [openTime: number, closed: boolean][] = [];

  /** What other processes have published of streams that are not ours yet. */
  readonly inheritance = new Map<string, Inherited>();

  open: StreamPublisher['open'] = (stream) => {
    this.calls.push(`open ${stream.name}`);
    return this.inheritance.get(stream.name);
  };
  place: StreamPublisher['place'] = () => undefined;
  private readonly states = new Map<string, () => Message | undefined>();
  publish: StreamPublisher['publish'] = (stream, message, state) => {
    this.states.set(stream.name, state);
    this.calls.push(`${message.type} ${stream.name}`);
    if ('openTime' in message.data) this.candles.push([message.data.openTime, message.data.confirmed]);
  };
  gap: StreamPublisher['gap'] = (stream) => this.calls.push(`gap ${stream.name}`);
  status: StreamPublisher['status'] = (stream, state, reason) =>
    this.calls.push(`${state} ${stream.name}${reason ? `: ${reason}` : ''}`);
  marketStatus: StreamPublisher['marketStatus'] = (market, state, reason) =>
    this.calls.push(`market ${market} ${state}${reason ? `: ${reason}` : ''}`);
  close: StreamPublisher['close'] = (stream) => this.calls.push(`close ${stream.name}`);
  forget: StreamPublisher['forget'] = (stream) => this.calls.push(`forget ${stream.name}`);

  take(): string[] {
    return this.calls.splice(0);
  }

  /** What somebody who joins the stream now would get. */
  state(name: string): Message | undefined {
    return this.states.get(name)?.();
  }
}

function setUp(
  answer: ((socket: FakeSocket, request: FakeRequest) => void) | undefined = agree,
  markets: ExchangeMarket[] = ['futures', 'spot', 'option'],
  fetchJson?: FetchJson,
) {
  const clock = new ManualClock();
  const exchange = new FakeExchange(answer);
  const demand = new Demanded();
  const published = new Published();
  const warnings: string[] = [];
  const upstream = new Upstream(
    {
      wsUrl: 'ws://exchange/',
      markets,
      keepAlive: { pingIntervalMs: 20_000, pongTimeoutMs: 10_000 },
      backoff: { initialMs: 1000, maxMs: 60_000, multiplier: 2 },
      silenceMs: 30_000,
      lingerMs: 5000,
      ...(fetchJson && { restUrl: 'http://rest' }),
    },
    {
      demand,
      publisher: published,
      transformOf,
      clock,
      random: () => 0.5,
      log: { info: () => undefined, warn: (_fields, text) => warnings.push(text) },
      dial: exchange.dial,
      ...(fetchJson && { fetchJson }),
    },
  );
  upstream.start();
  return { clock, exchange, demand, published, upstream, warnings };
}

/** Opens the newest socket and lets the requests of the turn go out. */
async function connect({ clock, exchange }: { clock: ManualClock; exchange: FakeExchange }): Promise<FakeSocket> {
  await settled();
  const socket = exchange.newest.open();
  clock.advance(0);
  await settled();
  return socket;
}

function trade(clock: ManualClock, symbol = 'BTCUSDT', topic = `publicTrade.${symbol}`): object {
  const T = clock.now();
  return {
    topic,
    type: 'snapshot',
    ts: T,
    data: [{ T, s: symbol, S: 'Buy', v: '1', p: '10', L: 'PlusTick', i: `id-${T}`, BT: false, seq: 1 }],
  };
}

function book(type: 'snapshot' | 'delta', u: number): object {
  return {
    topic: 'orderbook.50.BTCUSDT',
    type,
    ts: 1,
    data: { s: 'BTCUSDT', b: [['10', '1']], a: [['11', '1']], u, seq: u },
    cts: 1,
  };
}

function ticker(type: 'snapshot' | 'delta'): object {
  return { topic: 'tickers.BTCUSDT', type, ts: 1, data: { symbol: 'BTCUSDT', lastPrice: '80000.10' } };
}

/** A minute's candle, so many minutes from now. */
function candle(clock: ManualClock, minutes: number, confirm = false): object {
  const start = clock.now() - (clock.now() % 60_000) + minutes * 60_000;
  const prices = { open: '2', close: '2', high: '3', low: '1', volume: '1', turnover: '2' };
  return {
    topic: 'kline.1.BTCUSDT',
    type: 'snapshot',
    ts: start + 59_999,
    data: [{ start, end: start + 59_999, interval: '1', ...prices, confirm, timestamp: start + 59_999 }],
  };
}

test('a stream is opened, is pending until the exchange accepts it, and then carries data', async () => {
  const at = setUp();
  at.demand.want(BTC);
  expect(at.published.take()).toEqual([`open ${BTC}`, `pending ${BTC}`]);
  const socket = await connect(at);
  expect(socket.url).toBe('ws://exchange/v5/public/linear');
  expect(socket.requests('subscribe').map((request) => request.args)).toEqual([['publicTrade.BTCUSDT']]);
  expect(at.published.take()).toEqual(['market futures live', `live ${BTC}`]);
  socket.say(trade(at.clock));
  expect(at.published.take()).toEqual([`update ${BTC}`]);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('streams with a rate and names that are no streams are not asked of the exchange', async () => {
  const at = setUp();
  for (const name of [`${TICKER}@1s`, `${TICKER}@1y`, 'platform.news']) at.demand.want(name);
  await settled();
  at.clock.advance(60_000);
  expect(at.published.take()).toEqual([]);
  expect(at.exchange.sockets).toHaveLength(0);
  await at.upstream.stop();
});

test('no connection is made before there is demand', async () => {
  const at = setUp();
  await settled();
  at.clock.advance(60_000);
  expect(at.exchange.sockets).toHaveLength(0);
  expect(at.upstream.report()[0]).toMatchObject({ market: 'futures', connected: false, connections: 0, wantedTopics: 0 });
});

test('demand that was there before the start is served', async () => {
  const at = setUp();
  await at.upstream.stop();
  at.demand.names.add(BTC);
  at.upstream.start();
  expect(at.published.take()).toEqual([`open ${BTC}`, `pending ${BTC}`]);
  await at.upstream.stop();
});

test('the streams of one turn are asked for in one request', async () => {
  const at = setUp();
  for (const symbol of ['A', 'B', 'C']) at.demand.want(`futures.trade.${symbol}USDT`);
  const socket = await connect(at);
  at.demand.want('futures.trade.DUSDT');
  at.demand.want('futures.trade.EUSDT');
  at.clock.advance(0);
  expect(socket.requests('subscribe').map((request) => request.args)).toEqual([
    ['publicTrade.AUSDT', 'publicTrade.BUSDT', 'publicTrade.CUSDT'],
    ['publicTrade.DUSDT', 'publicTrade.EUSDT'],
  ]);
  await at.upstream.stop();
});

test('eleven spot topics are two requests', async () => {
  const at = setUp();
  for (let i = 0; i < 11; i++) at.demand.want(`spot.trade.S${i}USDT`);
  const socket = await connect(at);
  expect(socket.url).toBe('ws://exchange/v5/public/spot');
  expect(socket.requests('subscribe').map((request) => request.args?.length)).toEqual([10, 1]);
  await at.upstream.stop();
});

test('args that do not fit on one connection open a second one, and emptying it closes it', async () => {
  const at = setUp();
  const names = Array.from({ length: 1000 }, (_, i) => `futures.trade.SYMBOL${String(i).padStart(4, '0')}USDT`);
  for (const name of names) at.demand.want(name);
  await settled();
  expect(at.exchange.sockets.map((socket) => socket.url)).toEqual([
    'ws://exchange/v5/public/linear',
    'ws://exchange/v5/public/linear',
  ]);
  for (const socket of at.exchange.sockets) socket.open();
  at.clock.advance(0);
  const asked = at.exchange.sockets.map((socket) => socket.requests('subscribe').flatMap((request) => request.args ?? []));
  for (const args of asked) expect(JSON.stringify(args).length).toBeLessThanOrEqual(20_001);
  expect(new Set(asked.flat()).size).toBe(1000);
  expect(at.upstream.report()[0]).toMatchObject({ connected: true, connections: 2, subscribedTopics: 1000 });
  for (const topic of asked[1] ?? []) at.demand.unwant(topic.replace('publicTrade', 'futures.trade'));
  at.clock.advance(5000);
  expect(at.exchange.sockets.map((socket) => socket.ended)).toEqual([undefined, 'close']);
  await at.upstream.stop();
});

test('data that comes before the ack is delivered, and proves the stream accepted', async () => {
  const at = setUp(() => undefined);
  at.demand.want(BTC);
  const socket = await connect(at);
  at.published.take();
  socket.say(trade(at.clock));
  expect(at.published.take()).toEqual([`live ${BTC}`, `update ${BTC}`]);
  socket.ack(socket.sent[0]);
  expect(at.published.take()).toEqual([]);
  await at.upstream.stop();
});

test('a topic is kept for the linger time, and kept on when demand returns in it', async () => {
  const at = setUp();
  at.demand.want(BTC);
  const socket = await connect(at);
  at.published.take();
  at.demand.unwant(BTC);
  at.clock.advance(4999);
  at.demand.want(BTC);
  at.clock.advance(10_000);
  expect(at.published.take()).toEqual([]);
  at.demand.unwant(BTC);
  at.clock.advance(5000);
  expect(at.published.take()).toEqual([`close ${BTC}`]);
  expect(socket.ended).toBe('close');
  expect(at.clock.timers).toBe(0);
});

test('an unwanted topic is unsubscribed while others stay, and late frames of it count as nothing', async () => {
  const at = setUp((socket, request) => {
    if (request.op !== 'unsubscribe') agree(socket, request);
  });
  at.demand.want(BTC);
  at.demand.want(LIQUIDATIONS);
  const socket = await connect(at);
  at.demand.unwant(BTC);
  at.clock.advance(5000);
  expect(socket.requests('unsubscribe').map((request) => request.args)).toEqual([['publicTrade.BTCUSDT']]);
  socket.say(trade(at.clock));
  expect(at.upstream.badFrames.total).toBe(0);
  socket.ack(socket.requests('unsubscribe')[0]);
  socket.say(trade(at.clock));
  expect(at.upstream.badFrames.get('unknown_topic')).toBe(1);
  await at.upstream.stop();
});

test('a refused topic is reported in the exchange’s words, and the rest of its batch is served', async () => {
  const words = 'error:handler not found,topic:publicTrade.NOPEUSDT';
  const at = setUp((socket, request) => {
    if (request.args?.includes('publicTrade.NOPEUSDT')) socket.refuse(request, words);
    else agree(socket, request);
  });
  at.demand.want('futures.trade.NOPEUSDT');
  at.demand.want(BTC);
  const socket = await connect(at);
  expect(at.published.take().slice(5)).toEqual([`refused futures.trade.NOPEUSDT: ${words}`, `live ${BTC}`]);
  expect(socket.requests('subscribe')).toHaveLength(2);
  socket.drop();
  at.clock.advance(500);
  const second = await connect(at);
  expect(second.requests('subscribe').map((request) => request.args)).toEqual([['publicTrade.BTCUSDT']]);
  // Demand that ends and begins anew asks again.
  at.demand.unwant('futures.trade.NOPEUSDT');
  at.clock.advance(5000);
  at.demand.want('futures.trade.NOPEUSDT');
  at.clock.advance(0);
  expect(second.requests('subscribe').at(-1)?.args).toEqual(['publicTrade.NOPEUSDT']);
  await at.upstream.stop();
});

test('option trades of one base coin share a topic; a later stream of it is live at once', async () => {
  const at = setUp();
  const call = 'option.trade.BTC-27MAR26-70000-C-USDT';
  const put = 'option.trade.BTC-27MAR26-70000-P-USDT';
  at.demand.want(call);
  const socket = await connect(at);
  expect(socket.requests('subscribe').map((request) => request.args)).toEqual([['publicTrade.BTC']]);
  at.published.take();
  at.demand.want(put);
  at.clock.advance(0);
  expect(at.published.take()).toEqual([`open ${put}`, `pending ${put}`, `live ${put}`]);
  at.demand.unwant(call);
  at.clock.advance(5000);
  expect(socket.sent.filter((request) => request.op !== 'ping')).toHaveLength(1);
  await at.upstream.stop();
});

test('an option ack that fails in part serves the one topic and refuses the other', async () => {
  const good = 'option.ticker.BTC-25DEC26-100000-C-USDT';
  const bad = 'option.ticker.BTC-25DEC26-110000-C-USDT';
  const at = setUp((socket, request) => {
    const topics = request.args ?? [];
    const fails = (topic: string): boolean => topic.includes('110000');
    socket.say({
      success: true,
      conn_id: 'c',
      data: { successTopics: topics.filter((topic) => !fails(topic)), failTopics: topics.filter(fails) },
      type: 'COMMAND_RESP',
    });
  });
  at.demand.want(good);
  at.demand.want(bad);
  await connect(at);
  expect(at.published.take().slice(5)).toEqual([
    `live ${good}`,
    `refused ${bad}: error:subscription failed,topic:tickers.BTC-25DEC26-110000-C-USDT`,
  ]);
  await at.upstream.stop();
});

test('a lost connection makes the market stale at once, resyncing when it is back, and live when all is renewed', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  at.demand.want(BTC);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  at.published.take();
  socket.drop();
  expect(at.published.take()).toEqual(['market futures stale: upstream disconnected']);
  at.clock.advance(500);
  const second = await connect(at);
  expect(at.published.take()).toEqual(['market futures resyncing: upstream connected again', `gap ${BTC}`]);
  second.say(book('snapshot', 70));
  expect(at.published.take()).toEqual([`snapshot ${BOOK}`, 'market futures live']);
  expect(at.upstream.report()[0]).toMatchObject({ connected: true, reconnects: 1, subscribedTopics: 2, messagesReceived: 2 });
  await at.upstream.stop();
});

test('a market is not live again before the book that was shown has come anew, however long that takes', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  socket.drop();
  at.clock.advance(500);
  const second = await connect(at);
  at.published.take();
  at.clock.advance(29_000);
  expect(at.published.take()).toEqual([`resyncing ${BOOK}: no_snapshot`]);
  at.clock.advance(500);
  second.say(book('snapshot', 70));
  expect(at.published.take()).toEqual([`snapshot ${BOOK}`, `live ${BOOK}`, 'market futures live']);
  await at.upstream.stop();
});

test('a candle stream that has nothing to say holds up the resync for three seconds only', async () => {
  const at = setUp();
  at.demand.want(CANDLES);
  const socket = await connect(at);
  socket.say(candle(at.clock, 0));
  socket.drop();
  at.clock.advance(500);
  await connect(at);
  at.published.take();
  at.clock.advance(2999);
  expect(at.published.take()).toEqual([]);
  at.clock.advance(1);
  expect(at.published.take()).toEqual(['market futures live']);
  expect(at.published.state(CANDLES)).toBeUndefined();
  await at.upstream.stop();
});

test('one dead topic is told as resyncing and renewed, the market is live, and nobody gets the book of before', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  at.demand.want(TICKER);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  socket.say(ticker('snapshot'));
  socket.drop();
  expect(at.published.state(BOOK)).toBeDefined();
  at.clock.advance(500);
  const second = await connect(at);
  second.say(ticker('snapshot'));
  second.sent.length = 0;
  at.published.take();
  at.clock.advance(3000);
  expect(at.published.take()).toEqual([`resyncing ${BOOK}: no_snapshot`, 'market futures live']);
  expect(at.published.state(BOOK)).toBeUndefined();
  at.clock.advance(0);
  expect(second.requests('subscribe').map(({ args }) => args)).toEqual([['orderbook.50.BTCUSDT']]);
  at.clock.advance(5000);
  at.clock.advance(0);
  expect(second.requests('subscribe')).toHaveLength(2);
  second.say(book('delta', 8));
  expect(at.published.take()).toEqual([]);
  second.say(book('snapshot', 9));
  expect(at.published.take()).toEqual([`snapshot ${BOOK}`, `live ${BOOK}`]);
  await at.upstream.stop();
});

test.each([
  ['is missing', undefined],
  ['cannot be read', { topic: 'orderbook.50.BTCUSDT', type: 'snapshot', ts: 1, data: [] }],
])('a book whose first snapshot %s is asked for again, at a bounded pace', async (_, first) => {
  const at = setUp();
  at.demand.want(BOOK);
  const socket = await connect(at);
  at.published.take();
  socket.sent.length = 0;
  if (first) socket.say(first);
  for (let u = 8; u < 100; u++) socket.say(book('delta', u));
  at.clock.advance(0);
  expect(at.published.take()).toEqual([`resyncing ${BOOK}: no_snapshot`]);
  expect(socket.requests('subscribe')).toHaveLength(1);
  socket.say(book('delta', 101));
  socket.say(book('snapshot', 102));
  socket.say(book('delta', 103));
  expect(at.published.take()).toEqual([`snapshot ${BOOK}`, `live ${BOOK}`, `delta ${BOOK}`]);
  socket.say(book('delta', 200));
  for (let i = 0; i < 60; i++) {
    socket.say({ ...book('snapshot', 0), data: [] });
    at.clock.advance(1000);
  }
  expect(socket.requests('subscribe').length).toBeGreaterThan(3);
  expect(socket.requests('subscribe').length).toBeLessThan(10);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('a ticker whose first snapshot does not come is asked for again', async () => {
  const at = setUp();
  at.demand.want(TICKER);
  const socket = await connect(at);
  at.published.take();
  socket.sent.length = 0;
  at.clock.advance(5000);
  at.clock.advance(0);
  expect(at.published.take()).toEqual([`resyncing ${TICKER}: no_snapshot`]);
  expect(socket.requests('subscribe')).toHaveLength(1);
  socket.say(ticker('delta'));
  expect(at.published.take()).toEqual([]);
  socket.say(ticker('snapshot'));
  expect(at.published.take()).toEqual([`snapshot ${TICKER}`, `live ${TICKER}`]);
  await at.upstream.stop();
});

test('a log stream tells of its gap once per reconnect, before its first new message', async () => {
  const at = setUp(() => undefined);
  at.demand.want(BTC);
  const socket = await connect(at);
  socket.say(trade(at.clock));
  socket.drop();
  at.clock.advance(500);
  const second = await connect(at);
  at.published.take();
  second.say(trade(at.clock));
  second.ack(second.sent[0]);
  second.say(trade(at.clock));
  expect(at.published.take().filter((call) => !call.startsWith('market'))).toEqual([
    `gap ${BTC}`,
    `update ${BTC}`,
    `update ${BTC}`,
  ]);
  await at.upstream.stop();
});

test('an exchange that cannot be reached at the start makes the market stale after two seconds', async () => {
  const at = setUp();
  at.demand.want(BTC);
  await settled();
  at.exchange.newest.drop();
  at.published.take();
  at.clock.advance(500);
  await settled();
  expect(at.exchange.sockets).toHaveLength(2);
  expect(at.published.take()).toEqual([]);
  at.clock.advance(1500);
  expect(at.published.take()).toEqual(['market futures stale: upstream unreachable']);
  await connect(at);
  expect(at.published.take()).toEqual([
    'market futures resyncing: upstream connected again',
    `live ${BTC}`,
    'market futures live',
  ]);
  await at.upstream.stop();
});

test('a gap in the update ids renews that topic and nothing else', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  at.demand.want(BTC);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  socket.say(book('delta', 8));
  at.published.take();
  socket.sent.length = 0;
  socket.say(book('delta', 10));
  at.clock.advance(0);
  expect(at.published.take()).toEqual([expect.stringContaining(`resyncing ${BOOK}`)]);
  expect(socket.sent.map(({ op, args }) => [op, args])).toEqual([
    ['unsubscribe', ['orderbook.50.BTCUSDT']],
    ['subscribe', ['orderbook.50.BTCUSDT']],
  ]);
  socket.say(book('delta', 11));
  expect(at.published.take()).toEqual([]);
  socket.say(book('snapshot', 20));
  expect(at.published.take()).toEqual([`snapshot ${BOOK}`, `live ${BOOK}`]);
  await at.upstream.stop();
});

test('a ticker whose delta cannot be read is asked for again: what that delta changed would not be sent a second time', async () => {
  const at = setUp();
  at.demand.want(TICKER);
  const socket = await connect(at);
  const snapshot = { topic: 'tickers.BTCUSDT', type: 'snapshot', ts: 1, data: { symbol: 'BTCUSDT', lastPrice: '80000.10' } };
  socket.say(snapshot);
  at.published.take();
  socket.sent.length = 0;
  socket.say({ ...snapshot, type: 'delta', data: { symbol: 'BTCUSDT', lastPrice: { not: 'a price' } } });
  at.clock.advance(0);
  expect(at.published.take()).toEqual([`resyncing ${TICKER}: bad_frame`]);
  expect(socket.sent.map(({ op }) => op)).toEqual(['unsubscribe', 'subscribe']);
  socket.say(snapshot);
  expect(at.published.take()).toEqual([`snapshot ${TICKER}`, `live ${TICKER}`]);
  await at.upstream.stop();
});

test('a topic that resyncs again and again is asked for at a bounded pace', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  const socket = await connect(at);
  socket.sent.length = 0;
  for (let i = 1; i <= 20; i++) {
    socket.say(book('snapshot', 7));
    socket.say(book('delta', 9));
    at.clock.advance(0);
  }
  expect(socket.requests('unsubscribe')).toHaveLength(5);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('a snapshot that was asked for and does not come is asked for again', async () => {
  const at = setUp();
  at.demand.want(BOOK);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  socket.say(book('delta', 9));
  at.clock.advance(5000);
  at.clock.advance(0);
  expect(socket.requests('unsubscribe')).toHaveLength(2);
  await at.upstream.stop();
});

test('frames that mean nothing are counted by reason, logged once a minute, and harm nothing', async () => {
  const at = setUp();
  at.demand.want(BTC);
  const socket = await connect(at);
  at.published.take();
  const bad = [
    '{',
    '[1]',
    'null',
    '{"topic":5}',
    '{"topic":"tickers.NOBODY","data":{}}',
    '{"hello":1}',
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1,"data":7}',
  ];
  for (const text of [...bad, ...bad]) socket.text(text);
  socket.binary(5);
  expect(Object.fromEntries(at.upstream.badFrames.entries())).toEqual({
    not_json: 2,
    wrong_shape: 8,
    unknown_topic: 2,
    unknown_control: 2,
    binary: 1,
  });
  expect(at.warnings.filter((text) => text === 'bad frame from the exchange')).toHaveLength(5);
  at.clock.advance(60_000);
  socket.text('{');
  expect(at.warnings.filter((text) => text === 'bad frame from the exchange')).toHaveLength(6);
  socket.say(trade(at.clock));
  expect(at.published.take()).toEqual([`update ${BTC}`]);
  await at.upstream.stop();
});

test('frames are counted by market and kind, and their age is measured once the first burst is over', async () => {
  const at = setUp();
  at.demand.want(BTC);
  const socket = await connect(at);
  socket.say(trade(at.clock));
  expect(at.upstream.latency.count).toBe(0);
  at.clock.advance(2000);
  const frame = trade(at.clock);
  at.clock.advance(40);
  socket.say(frame);
  expect(at.upstream.latency).toMatchObject({ count: 1, sumMs: 40 });
  expect(at.upstream.messages.get('futures.trade')).toBe(2);
  expect(at.upstream.report()[0]).toMatchObject({ messagesReceived: 2, lastMessageAt: at.clock.now() });
  await at.upstream.stop();
});

test('a topic that was live and is refused after a reconnect has become unavailable', async () => {
  let delisted = false;
  const words = 'error:handler not found,topic:publicTrade.BTCUSDT';
  const at = setUp((socket, request) => {
    if (delisted) socket.refuse(request, words);
    else agree(socket, request);
  });
  at.demand.want(BTC);
  const socket = await connect(at);
  delisted = true;
  socket.drop();
  at.clock.advance(500);
  await connect(at);
  expect(at.published.take()).toContain(`unavailable ${BTC}: ${words}`);
  await at.upstream.stop();
});

test('a topic that was live and is refused at a reconnect is asked for again, by itself and with growing waits', async () => {
  const words = 'error:handler not found,topic:orderbook.50.BTCUSDT';
  let maintenance = false;
  const at = setUp((socket, request) => {
    if (maintenance && request.args?.includes('orderbook.50.BTCUSDT')) socket.refuse(request, words);
    else agree(socket, request);
  });
  at.demand.want(BOOK);
  at.demand.want(BTC);
  const socket = await connect(at);
  socket.say(book('snapshot', 7));
  maintenance = true;
  socket.drop();
  at.clock.advance(500);
  const second = await connect(at);
  expect(at.published.take()).toContain(`unavailable ${BOOK}: ${words}`);
  second.sent.length = 0;
  const asked = (): number => second.requests('subscribe').length;
  at.clock.advance(29_999);
  expect(asked()).toBe(0);
  at.demand.want('futures.trade.ETHUSDT');
  at.clock.advance(1);
  expect(second.requests('subscribe').map(({ args }) => args)).toEqual([['publicTrade.ETHUSDT'], ['orderbook.50.BTCUSDT']]);
  for (const waitMs of [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
    const before = asked();
    at.clock.advance(waitMs - 1);
    expect(asked()).toBe(before);
    at.clock.advance(1);
    expect(asked()).toBe(before + 1);
  }
  maintenance = false;
  at.published.take();
  at.clock.advance(600_000);
  second.say(book('snapshot', 90));
  expect(at.published.take()).toEqual([`live ${BOOK}`, `snapshot ${BOOK}`]);
  const before = asked();
  at.clock.advance(3_600_000);
  expect(asked()).toBe(before);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('trades that were refused for a while come back with their gap, and are forgotten when nobody wants them', async () => {
  let maintenance = false;
  const at = setUp((socket, request) => {
    if (maintenance && request.args?.includes('publicTrade.BTCUSDT'))
      socket.refuse(request, 'error:handler not found,topic:publicTrade.BTCUSDT');
    else agree(socket, request);
  });
  at.demand.want(BTC);
  at.demand.want(LIQUIDATIONS);
  for (let i = 0; i < 2; i++) {
    const socket = await connect(at);
    maintenance = true;
    socket.drop();
    at.clock.advance(500);
    await connect(at);
    maintenance = false;
    at.published.take();
    if (i > 0) at.demand.unwant(BTC);
    at.clock.advance(30_000);
    expect(at.published.take()).toEqual(i === 0 ? [`live ${BTC}`, `gap ${BTC}`] : [`close ${BTC}`]);
    at.exchange.newest.drop();
    at.clock.advance(500);
  }
  await connect(at);
  at.published.take();
  at.clock.advance(3_600_000);
  expect(at.published.take()).toEqual([]);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

/** Candles were live, the connection broke for three minutes and is back; REST has been asked. */
async function missCandles() {
  const calls: ((candles: readonly unknown[]) => void)[] = [];
  const fetchJson = (): Promise<unknown> =>
    new Promise((resolve) => calls.push((list) => resolve({ retCode: 0, result: { list }, time: at.clock.now() })));
  const at = setUp(agree, ['futures'], fetchJson);
  at.demand.want(CANDLES);
  const socket = await connect(at);
  const first = at.clock.now() - (at.clock.now() % 60_000);
  socket.say(candle(at.clock, 0));
  socket.drop();
  at.clock.advance(180_000);
  const second = await connect(at);
  at.published.candles.length = 0;
  const answer = async (): Promise<void> => {
    calls[0]?.([3, 2, 1, 0].map((minute) => [String(first + minute * 60_000), '2', '3', '1', '2', '1', '2']));
    await settled();
  };
  const minutes = (): [number, boolean][] => at.published.candles.map(([time, closed]) => [(time - first) / 60_000, closed]);
  return { at, second, answer, minutes };
}

test('candles that come and close before the missed ones are there wait for them', async () => {
  const { at, second, answer, minutes } = await missCandles();
  second.say(candle(at.clock, 0));
  second.say(candle(at.clock, 0, true));
  second.say(candle(at.clock, 1));
  expect(minutes()).toEqual([]);
  await answer();
  expect(minutes()).toEqual([
    [0, true],
    [1, true],
    [2, true],
    [3, false],
    [3, true],
    [4, false],
  ]);
  second.say(candle(at.clock, 1, true));
  expect(minutes().at(-1)).toEqual([4, true]);
  expect(at.upstream.backfills?.get('filled')).toBe(1);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('live candles wait five seconds for the missed ones, which are then too late and counted', async () => {
  const { at, second, answer, minutes } = await missCandles();
  at.clock.advance(2000);
  second.say(candle(at.clock, 0));
  at.clock.advance(4999);
  expect(minutes()).toEqual([]);
  at.clock.advance(1);
  expect(minutes()).toEqual([[3, false]]);
  await answer();
  expect(minutes()).toEqual([[3, false]]);
  expect(at.upstream.backfills?.get('late')).toBe(1);
  await at.upstream.stop();
});

test('a hundred live candles wait for nothing', async () => {
  const { at, second, minutes } = await missCandles();
  for (let i = 0; i < 99; i++) second.say(candle(at.clock, 0));
  expect(minutes()).toEqual([]);
  second.say(candle(at.clock, 0));
  expect(minutes()).toHaveLength(100);
  await at.upstream.stop();
});

test('an answer for the connection before is not taken for this one', async () => {
  const { at, second, answer, minutes } = await missCandles();
  second.say(candle(at.clock, 0));
  second.drop();
  at.clock.advance(500);
  await connect(at);
  await answer();
  expect(minutes()).toEqual([]);
  expect(at.upstream.backfills?.get('late')).toBe(1);
  await at.upstream.stop();
});

test('after the stop no missed candle is asked for or delivered', async () => {
  const { at, answer, minutes } = await missCandles();
  await at.upstream.stop();
  await answer();
  expect(at.upstream.backfills?.total).toBe(0);
  expect(minutes()).toEqual([]);
  expect(at.clock.timers).toBe(0);
});

test('a market that is not served refuses its streams', () => {
  const at = setUp(agree, ['spot']);
  at.demand.want(BTC);
  expect(at.published.take()).toEqual(
    [`open ${BTC}`, `pending ${BTC}`, `refused ${BTC}: The market futures is not served here.`].filter(
      (call) => !call.startsWith('pending'),
    ),
  );
  at.demand.unwant(BTC);
  at.clock.advance(5000);
  expect(at.published.take()).toEqual([`close ${BTC}`]);
});

test('demand for what is no market stream is left to others', async () => {
  const at = setUp();
  at.demand.want('account.orders');
  await settled();
  expect(at.published.calls).toEqual([]);
  expect(at.exchange.sockets).toHaveLength(0);
});

test('after the stop demand has no effect', async () => {
  const at = setUp();
  await at.upstream.stop();
  at.demand.want(BTC);
  await settled();
  expect(at.exchange.sockets).toHaveLength(0);
});

const NONE: ReadonlySet<string> = new Set();

/** Upstream with the trades of two symbols, both of which have just traded. */
async function trading(answer = agree) {
  const at = setUp(answer);
  const other = 'futures.trade.ETHUSDT';
  at.demand.want(BTC);
  at.demand.want(other);
  const socket = await connect(at);
  socket.say(trade(at.clock));
  socket.say(trade(at.clock, 'ETHUSDT'));
  at.published.take();
  return { ...at, socket, other };
}

test('a stream whose symbol is listed no more becomes unavailable when nothing has come for a minute, and no other does', async () => {
  const at = await trading();
  at.clock.advance(20_000);
  at.upstream.listed('futures', new Set(['BTCUSDT', 'NOBODYUSDT']), NONE);
  at.upstream.listed('spot', new Set(['ETHUSDT']), NONE);
  at.clock.advance(10_000);
  at.socket.say(trade(at.clock));
  at.clock.advance(59_999);
  expect(at.published.take()).toEqual([`update ${BTC}`]);
  at.clock.advance(1);
  expect(at.published.take()).toEqual([`unavailable ${BTC}: delisted`]);
  at.clock.advance(600_000);
  expect(at.published.take()).toEqual([]);
  expect(at.socket.requests('unsubscribe')).toEqual([]);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('a symbol that had long been quiet when it vanished from the list has ended at once', async () => {
  const at = await trading();
  at.clock.advance(3_600_000);
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(0);
  expect(at.published.take()).toEqual([`unavailable ${BTC}: delisted`]);
  await at.upstream.stop();
});

test('a stream that was thought delisted is live again with its next data, and is watched on', async () => {
  const at = await trading();
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(60_000);
  at.published.take();
  at.socket.say(trade(at.clock));
  expect(at.published.take()).toEqual([`live ${BTC}`, `update ${BTC}`]);
  at.clock.advance(60_000);
  expect(at.published.take()).toEqual([`unavailable ${BTC}: delisted`]);
  await at.upstream.stop();
  expect(at.clock.timers).toBe(0);
});

test('a stream that was thought delisted is live again when its symbol is listed again', async () => {
  const at = await trading();
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(60_000);
  at.published.take();
  at.upstream.listed('futures', NONE, new Set(['BTCUSDT', 'NEWUSDT']));
  expect(at.published.take()).toEqual([`live ${BTC}`]);
  at.clock.advance(3_600_000);
  expect(at.published.take()).toEqual([]);
  await at.upstream.stop();
});

test('a symbol that comes back to the list before its stream was quiet for a minute changes nothing', async () => {
  const at = await trading();
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(30_000);
  at.upstream.listed('futures', NONE, new Set(['BTCUSDT']));
  at.clock.advance(3_600_000);
  expect(at.published.take()).toEqual([]);
  await at.upstream.stop();
});

test('a delisted stream stays unavailable over a reconnect, though the exchange takes its topic', async () => {
  const at = await trading();
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(60_000);
  at.socket.drop();
  at.clock.advance(500);
  at.published.take();
  await connect(at);
  expect(at.published.take().filter((call) => call.includes(BTC))).toEqual([`gap ${BTC}`]);
  await at.upstream.stop();
});

test('a topic that the exchange refused after its delisting is asked for again when the symbol is listed again', async () => {
  let delisted = false;
  const words = 'error:handler not found,topic:publicTrade.BTCUSDT';
  const at = await trading((socket, request) => {
    if (delisted && request.args?.includes('publicTrade.BTCUSDT')) socket.refuse(request, words);
    else agree(socket, request);
  });
  delisted = true;
  at.socket.drop();
  at.clock.advance(500);
  const second = await connect(at);
  at.upstream.listed('futures', new Set(['BTCUSDT']), NONE);
  at.clock.advance(60_000);
  expect(at.published.take().filter((call) => call.includes(BTC))).toEqual([`unavailable ${BTC}: ${words}`]);
  delisted = false;
  at.upstream.listed('futures', NONE, new Set(['BTCUSDT']));
  at.clock.advance(0);
  expect(second.requests('subscribe').at(-1)?.args).toEqual(['publicTrade.BTCUSDT']);
  expect(at.published.take().filter((call) => call.includes(BTC))).toEqual([`live ${BTC}`, `gap ${BTC}`]);
  await at.upstream.stop();
});

test('of option trades, which share a topic, only the stream of the delisted symbol ends', async () => {
  const at = setUp();
  const call = 'option.trade.BTC-27MAR26-70000-C-USDT';
  const put = 'option.trade.BTC-27MAR26-70000-P-USDT';
  at.demand.want(call);
  at.demand.want(put);
  const socket = await connect(at);
  at.published.take();
  at.upstream.listed('option', new Set(['BTC-27MAR26-70000-C-USDT']), NONE);
  at.clock.advance(30_000);
  socket.say(trade(at.clock, 'BTC-27MAR26-70000-P-USDT', 'publicTrade.BTC'));
  at.clock.advance(30_000);
  expect(at.published.take()).toEqual([`update ${put}`, `unavailable ${call}: delisted`]);
  socket.say(trade(at.clock, 'BTC-27MAR26-70000-P-USDT', 'publicTrade.BTC'));
  expect(at.published.take()).toEqual([`update ${put}`]);
  await at.upstream.stop();
});

/** A candle stream's newest snapshot as another process has left it. */
function candleSnapshot(openTime: number): Publication {
  const body = Buffer.from(`{"stream":"b.${CANDLES}","type":"snapshot","epoch":"e","seq":7,"data":{"openTime":${openTime}}}`);
  const place = { epoch: 'e', seq: 7, type: 'snapshot' as const, closed: false, received: 0 };
  return { stream: CANDLES, market: 'futures', kind: 'kline', ...place, body };
}

describe('a market that another process takes over', () => {
  it('is forgotten without closing a stream, and its connections go, without a word about the market', async () => {
    const at = setUp();
    for (const name of [BTC, TICKER, 'spot.trade.BTCUSDT']) at.demand.want(name);
    await connect(at);
    const [futures, spot] = at.exchange.sockets;
    futures?.open();
    at.clock.advance(0);
    at.published.take();
    at.demand.release('futures');
    expect(at.published.take().sort()).toEqual([`forget ${TICKER}`, `forget ${BTC}`]);
    expect([futures?.ended, spot?.ended]).toEqual(['close', undefined]);
    expect(at.upstream.report()[0]).toMatchObject({ connections: 0, wantedTopics: 0, connected: false });
    futures?.say(trade(at.clock));
    at.clock.advance(120_000);
    expect(at.published.take().filter((call) => call.includes('futures'))).toEqual([]);
    await at.upstream.stop();
    expect(at.published.take()).toEqual(['close spot.trade.BTCUSDT']);
    expect(at.clock.timers).toBe(0);
  });

  it('shows no age of messages from before it was released', async () => {
    const at = setUp();
    at.demand.want(BTC);
    (await connect(at)).say(trade(at.clock));
    expect(at.upstream.report()[0]?.lastMessageAt).toBe(at.clock.now());
    at.demand.release('futures');
    expect(at.upstream.report()[0]?.lastMessageAt).toBeNull();
    await at.upstream.stop();
  });

  it('is served anew when it is wanted again, also what lingered', async () => {
    const at = setUp();
    at.demand.want(BTC);
    await connect(at);
    at.demand.unwant(BTC);
    at.demand.release('futures');
    at.published.take();
    at.demand.want(BTC);
    expect(at.published.take()).toEqual([`open ${BTC}`, `pending ${BTC}`]);
    await connect(at);
    expect(at.published.take()).toEqual(['market futures live', `live ${BTC}`]);
    at.clock.advance(60_000);
    expect(at.published.take()).toEqual([]);
    await at.upstream.stop();
  });
});

describe('a market that is taken over from another process', () => {
  it('is stale for the reason given, and live when everything that has snapshots has come anew', async () => {
    const at = setUp();
    at.demand.takeOver('futures', 'another replica takes over');
    for (const name of [TICKER, BTC]) at.demand.want(name);
    const socket = await connect(at);
    expect(at.published.take().filter((call) => call.startsWith('market'))).toEqual([
      'market futures stale: another replica takes over',
      'market futures resyncing: upstream connected again',
    ]);
    socket.say(trade(at.clock));
    expect(at.published.take().filter((call) => call.startsWith('market'))).toEqual([]);
    socket.say(ticker('snapshot'));
    expect(at.published.take()).toEqual([`snapshot ${TICKER}`, 'market futures live']);
    await at.upstream.stop();
    expect(at.clock.timers).toBe(0);
  });

  it('says nothing of being taken over a second time once it is live', async () => {
    const at = setUp();
    at.demand.takeOver('futures', 'another replica takes over');
    at.demand.want(TICKER);
    (await connect(at)).say(ticker('snapshot'));
    at.published.take();
    at.demand.want(BOOK);
    at.clock.advance(0);
    at.exchange.newest.say(book('snapshot', 1));
    expect(at.published.take()).toEqual([`open ${BOOK}`, `pending ${BOOK}`, `live ${BOOK}`, `snapshot ${BOOK}`]);
    await at.upstream.stop();
  });

  it('stays live when a stream that somebody else has served joins it on a connection that is up', async () => {
    const at = setUp();
    at.demand.want(TICKER);
    const socket = await connect(at);
    socket.say(ticker('snapshot'));
    at.published.take();
    at.published.inheritance.set(BOOK, { epoch: 'e', seq: 5, snapshot: undefined });
    at.demand.takeOver('futures', 'another replica takes over');
    at.demand.want(BOOK);
    at.clock.advance(0);
    socket.say(book('snapshot', 1));
    expect(at.published.take()).toEqual([`open ${BOOK}`, `pending ${BOOK}`, `live ${BOOK}`, `snapshot ${BOOK}`]);
    at.clock.advance(60_000);
    expect(at.published.take().filter((call) => call.startsWith('market futures stale: another'))).toEqual([]);
    await at.upstream.stop();
  });

  it('is stale when the word of it comes while its first connection is being made, and then live', async () => {
    const at = setUp();
    at.demand.want(BTC);
    await settled();
    at.demand.takeOver('futures', 'another replica takes over');
    at.demand.want(TICKER);
    const socket = await connect(at);
    socket.say(ticker('snapshot'));
    expect(at.published.take().filter((call) => call.startsWith('market'))).toEqual([
      'market futures stale: another replica takes over',
      'market futures resyncing: upstream connected again',
      'market futures live',
    ]);
    await at.upstream.stop();
  });

  it('declares a gap in inherited log streams before their first entry, and none in those that begin', async () => {
    const at = setUp();
    at.published.inheritance.set(BTC, { epoch: 'e', seq: 7, snapshot: undefined });
    at.demand.want(BTC);
    at.demand.want('futures.trade.ETHUSDT');
    const socket = await connect(at);
    socket.say(trade(at.clock));
    socket.say(trade(at.clock, 'ETHUSDT'));
    expect(at.published.take().filter((call) => /gap|update/.test(call))).toEqual([
      `gap ${BTC}`,
      `update ${BTC}`,
      'update futures.trade.ETHUSDT',
    ]);
    await at.upstream.stop();
  });

  it('fetches the candles that closed since the one that was shown last', async () => {
    const asked: string[] = [];
    const at = setUp(agree, ['futures'], (url) => {
      asked.push(url);
      return Promise.reject(new Error('no'));
    });
    const shown = at.clock.now() - (at.clock.now() % 60_000) - 180_000;
    at.published.inheritance.set(CANDLES, { epoch: 'e', seq: 7, snapshot: candleSnapshot(shown) });
    at.demand.want(CANDLES);
    await connect(at);
    at.clock.advance(1000);
    await settled();
    expect(asked[0]).toContain(`start=${shown}`);
    await at.upstream.stop();
  });
});
