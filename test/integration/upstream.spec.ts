import { systemClock } from '../../src/clock/clock';
import type { Clock } from '../../src/clock/clock';
import type { MarketStatus, StreamStatus } from '../../src/pubsub/status';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import type { Kline, Message, OrderBookData } from '../../src/streams/message';
import type { Market, Stream } from '../../src/streams/stream';
import { transformOf } from '../../src/transform/bybit/transform-of';
import { Symbols } from '../../src/upstream/bybit/symbols';
import type { StreamPublisher } from '../../src/upstream/stream-publisher';
import { ManualClock } from '../support/manual-clock';
import { Upstream } from '../../src/upstream/upstream';
import type { UpstreamOptions } from '../../src/upstream/upstream';

const BOOK = 'futures.orderbook.50.BTCUSDT';
const BOOK_TOPIC = 'orderbook.50.BTCUSDT';
const TICKER = 'futures.ticker.BTCUSDT';
const TRADE = 'futures.trade.BTCUSDT';

const SYSTEM_LOG = { info: () => undefined, warn: () => undefined };

/** What the upstream said, in order, and the newest state of each stream. */
class Heard implements StreamPublisher {
  readonly said: string[] = [];
  readonly newest = new Map<string, Message>();
  readonly closedCandles: Kline[] = [];
  private from = 0;
  private wake: () => void = () => undefined;

  open(stream: Stream): undefined {
    this.say(`open ${stream.name}`);
  }

  publish(stream: Stream, message: Message): void {
    this.newest.set(stream.name, message);
    if (message.closed) this.closedCandles.push(message.data as Kline);
    this.say(`${message.closed ? 'closed' : message.type} ${stream.name}`);
  }

  place(): undefined {
    return undefined;
  }

  gap(stream: Stream): void {
    this.say(`gap ${stream.name}`);
  }

  status(stream: Stream, state: StreamStatus['state'], reason = ''): void {
    this.say(`${state} ${stream.name} ${reason}`.trim());
  }

  marketStatus(market: Market, state: MarketStatus['state'], reason = ''): void {
    this.say(`${market} is ${state} ${reason}`.trim());
  }

  close(stream: Stream): void {
    this.say(`close ${stream.name}`);
  }

  forget(stream: Stream): void {
    this.say(`forget ${stream.name}`);
  }

  /** Waits until all this has been said, in this order, after what earlier calls waited for. */
  async hears(...expected: string[]): Promise<void> {
    for (const one of expected) {
      let at = this.said.indexOf(one, this.from);
      while (at < 0) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        at = this.said.indexOf(one, this.from);
      }
      this.from = at + 1;
    }
  }

  /** Waits until all this has been said since the last wait, in any order. */
  async hearsAll(...expected: string[]): Promise<void> {
    const start = this.from;
    let end = start;
    for (const one of expected) {
      this.from = start;
      await this.hears(one);
      end = Math.max(end, this.from);
    }
    this.from = end;
  }

  /** Everything said since the last wait. */
  get rest(): string[] {
    return this.said.slice(this.from);
  }

  private say(what: string): void {
    this.said.push(what);
    this.wake();
  }
}

class Demanded {
  private readonly names = new Set<string>();
  private listener: (stream: string, wanted: boolean) => void = () => undefined;

  wanted(): Iterable<string> {
    return this.names;
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.listener = listener;
  }

  onRelease(): void {
    // Nobody else could publish.
  }

  onTakeover(): void {
    // Nobody else has published.
  }

  want(...names: string[]): void {
    for (const name of names) {
      this.names.add(name);
      this.listener(name, true);
    }
  }

  unwant(name: string): void {
    this.names.delete(name);
    this.listener(name, false);
  }
}

let exchange: SimulatedExchange;
let upstream: Upstream;
let heard: Heard;
let demand: Demanded;

async function begin(options: Partial<UpstreamOptions> = {}, symbols?: number, clock: Clock = systemClock): Promise<void> {
  exchange = await SimulatedExchange.start({ manual: true, symbols, clock });
  heard = new Heard();
  demand = new Demanded();
  upstream = new Upstream(
    {
      wsUrl: exchange.wsUrl,
      restUrl: exchange.restUrl,
      markets: ['futures', 'spot', 'inverse', 'option'],
      keepAlive: { pingIntervalMs: 20_000, pongTimeoutMs: 10_000 },
      backoff: { initialMs: 20, maxMs: 50, multiplier: 2 },
      silenceMs: 60_000,
      lingerMs: 10,
      ...options,
    },
    { demand, publisher: heard, transformOf, clock: systemClock, random: Math.random, log: SYSTEM_LOG },
  );
  upstream.start();
}

afterEach(async () => {
  await upstream.stop();
  await exchange.stop();
});

/** Book, ticker and trades of one symbol, all accepted and with their first snapshots. */
async function listen(): Promise<void> {
  demand.want(BOOK, TICKER, TRADE);
  await heard.hearsAll(`snapshot ${BOOK}`, `snapshot ${TICKER}`, `live ${TRADE}`);
}

/** The book moves on and the move arrives: the stream works. */
async function bookMoves(type: 'delta' | 'snapshot' = 'delta'): Promise<void> {
  exchange.stir('linear', BOOK_TOPIC);
  await heard.hears(`${type} ${BOOK}`);
}

function updateId(): number {
  return (heard.newest.get(BOOK)?.data as OrderBookData).updateId;
}

/** Trouble hit the connection: everything is told, renewed, and works. */
async function isSurvived(reason: string): Promise<void> {
  await heard.hears(`futures is stale ${reason}`, 'futures is resyncing upstream connected again');
  await heard.hearsAll(`gap ${TRADE}`, `snapshot ${BOOK}`, `snapshot ${TICKER}`, 'futures is live');
  await bookMoves();
  expect(upstream.report()[0]).toMatchObject({ connected: true, connections: 1, subscribedTopics: 3 });
}

describe('a connection that', () => {
  test('is cut is renewed with all it carried', async () => {
    await begin();
    await listen();
    expect(exchange.faults.drop()).toBe(1);
    await isSurvived('upstream disconnected');
  });

  test('is closed by the exchange is renewed', async () => {
    await begin();
    await listen();
    exchange.faults.close({}, 1000);
    await isSurvived('upstream disconnected');
  });

  test('is refused a few times is made in the end', async () => {
    await begin();
    await listen();
    exchange.faults.refuseUpgrades(502, 3);
    exchange.faults.drop();
    await isSurvived('upstream disconnected');
  });

  test('answers pings but delivers nothing is replaced', async () => {
    await begin({ silenceMs: 400, keepAlive: { pingIntervalMs: 50, pongTimeoutMs: 5000 } });
    await listen();
    exchange.faults.silence();
    await heard.hears('futures is stale upstream silent', 'futures is resyncing upstream connected again', 'futures is live');
  });

  test('answers no pings is replaced, though data flows', async () => {
    await begin({ keepAlive: { pingIntervalMs: 50, pongTimeoutMs: 150 } });
    await listen();
    exchange.faults.mutePongs();
    await isSurvived('upstream not answering');
  });

  test('is half open is replaced', async () => {
    await begin({ keepAlive: { pingIntervalMs: 50, pongTimeoutMs: 150 } });
    await listen();
    exchange.faults.halfOpen();
    await isSurvived('upstream not answering');
  });

  test('brings a frame that is too big is replaced', async () => {
    await begin();
    await listen();
    exchange.faults.oversizedFrame();
    await isSurvived('upstream disconnected');
  });
});

describe('an ack that', () => {
  test('is lost is asked for again, and "already subscribed" is a yes', async () => {
    await begin({ ackTimeoutMs: 100 });
    exchange.faults.loseAcks(1);
    demand.want(TRADE);
    await heard.hears(`live ${TRADE}`);
    expect(exchange.requests.filter(({ request }) => request.op === 'subscribe')).toHaveLength(2);
    expect(upstream.report()[0]).toMatchObject({ reconnects: 0, subscribedTopics: 1 });
  });

  test('is lost on the option socket is asked for again without a refusal', async () => {
    await begin({ ackTimeoutMs: 100 });
    const symbol = exchange.model.list('option')[0]?.symbol ?? '';
    exchange.faults.loseAcks(1);
    demand.want(`option.trade.${symbol}`);
    await heard.hears(`live option.trade.${symbol}`);
    expect(heard.said.filter((one) => one.startsWith('refused'))).toEqual([]);
  });

  test('never comes ends in another connection', async () => {
    await begin({ ackTimeoutMs: 100 });
    exchange.faults.loseAcks(2);
    demand.want(TRADE);
    await heard.hears('futures is stale upstream not answering', `live ${TRADE}`, 'futures is live');
  });

  test('is late does no harm', async () => {
    await begin({ ackTimeoutMs: 200 });
    exchange.faults.delayAcks(300, 1);
    demand.want(TRADE);
    await heard.hears(`live ${TRADE}`);
    demand.want(BOOK);
    await heard.hears(`snapshot ${BOOK}`);
    await bookMoves();
    expect(upstream.report()[0]).toMatchObject({ reconnects: 0, subscribedTopics: 2 });
  });
});

describe('an order book whose', () => {
  test('update is lost is fetched anew, on the same connection', async () => {
    await begin();
    await listen();
    const [connection] = exchange.connections;
    exchange.faults.skipFrame('linear', BOOK_TOPIC);
    exchange.stir('linear', BOOK_TOPIC);
    exchange.stir('linear', BOOK_TOPIC);
    await heard.hears(`resyncing ${BOOK} update_gap`, `snapshot ${BOOK}`, `live ${BOOK}`);
    await bookMoves();
    expect(exchange.connections).toEqual([connection]);
    expect(heard.rest.filter((one) => one.includes(' is '))).toEqual([]);
  });

  test('update is repeated is fetched anew', async () => {
    await begin();
    await listen();
    exchange.faults.repeatFrame('linear', BOOK_TOPIC);
    exchange.stir('linear', BOOK_TOPIC);
    await heard.hears(`resyncing ${BOOK} update_gap`, `snapshot ${BOOK}`, `live ${BOOK}`);
    await bookMoves();
  });

  test.each(['snapshot', 'delta'] as const)('service restarts with update id 1 in a %s begins anew', async (type) => {
    await begin();
    await listen();
    exchange.faults.restartBook('linear', BOOK_TOPIC, type);
    await heard.hears(`snapshot ${BOOK}`);
    expect(updateId()).toBe(1);
    await bookMoves();
    expect(updateId()).toBe(2);
  });

  test('snapshot comes without having been asked for begins anew', async () => {
    await begin();
    await listen();
    exchange.faults.unsolicitedSnapshot('linear', BOOK_TOPIC);
    await heard.hears(`snapshot ${BOOK}`);
    await bookMoves();
  });
});

test('frames that mean nothing are counted and harm nothing', async () => {
  await begin();
  await listen();
  exchange.faults.malformedFrame();
  exchange.faults.unknownTopicFrame();
  exchange.faults.wrongShapeFrame({}, BOOK_TOPIC);
  await bookMoves();
  expect(Object.fromEntries(upstream.badFrames.entries())).toEqual({ not_json: 1, unknown_topic: 1, wrong_shape: 1 });
  expect(heard.rest).toEqual([]);
});

test.each([
  ['futures', 'linear', 'error:handler not found,topic:publicTrade.ETHUSDT'],
  ['spot', 'spot', 'Invalid symbol :[publicTrade.ETHUSDT]'],
] as const)('one refused topic of a batch on %s harms no other', async (market, category, words) => {
  await begin();
  exchange.faults.refuseTopic(category, 'publicTrade.ETHUSDT');
  demand.want(`${market}.trade.ETHUSDT`, `${market}.trade.BTCUSDT`, `${market}.ticker.BTCUSDT`);
  await heard.hearsAll(
    `refused ${market}.trade.ETHUSDT ${words}`,
    `live ${market}.trade.BTCUSDT`,
    `snapshot ${market}.ticker.BTCUSDT`,
  );
});

test('one unknown option of a batch harms no other', async () => {
  await begin();
  const symbol = exchange.model.list('option')[0]?.symbol ?? '';
  const other = 'option.ticker.BTC-1JAN20-1-C-USDT';
  demand.want(other, `option.ticker.${symbol}`);
  await heard.hearsAll(
    `refused ${other} error:subscription failed,topic:tickers.BTC-1JAN20-1-C-USDT`,
    `snapshot option.ticker.${symbol}`,
  );
});

test('all markets are served at once, each on its own socket', async () => {
  await begin();
  const option = exchange.model.list('option')[0]?.symbol ?? '';
  const tickers = ['futures.ticker.BTCUSDT', 'spot.ticker.BTCUSDT', 'inverse.ticker.BTCUSD', `option.ticker.${option}`];
  demand.want(...tickers);
  await heard.hearsAll(...tickers.map((name) => `snapshot ${name}`));
  expect(exchange.connections.map((one) => one.endpoint).sort()).toEqual(['inverse', 'linear', 'option', 'spot']);
});

test('eleven spot topics go out as two requests', async () => {
  await begin({}, 20);
  const symbols = exchange.model.list('spot').slice(0, 11);
  demand.want(...symbols.map(({ symbol }) => `spot.trade.${symbol}`));
  await heard.hearsAll(...symbols.map(({ symbol }) => `live spot.trade.${symbol}`));
  const subscribes = exchange.requests.filter(({ request }) => request.op === 'subscribe');
  expect(subscribes.map(({ request }) => request.args.length)).toEqual([10, 1]);
});

test('topics over the args limit are served on a second connection', async () => {
  await begin({}, 200);
  const kinds = ['ticker', 'trade', 'orderbook.50', 'orderbook.200', 'kline.1m', 'kline.1h', 'kline.1d'];
  const names = exchange.model.list('linear').flatMap(({ symbol }) => kinds.map((kind) => `futures.${kind}.${symbol}`));
  demand.want(...names);
  await heard.hearsAll(...names.map((name) => `live ${name}`));
  expect(exchange.connections).toHaveLength(2);
  for (const { argsLength } of exchange.connections) expect(argsLength).toBeLessThanOrEqual(20_000);
  expect(upstream.report()[0]).toMatchObject({ connected: true, connections: 2, subscribedTopics: names.length });
});

test('the exchange that is away at the start is found when it comes', async () => {
  await begin();
  exchange.faults.refuseUpgrades(403, 3);
  demand.want(TICKER);
  await heard.hears(`live ${TICKER}`, `snapshot ${TICKER}`);
});

describe('a candle stream', () => {
  const kline = 'futures.kline.1m.BTCUSDT';
  const topic = 'kline.1.BTCUSDT';

  async function listenToCandles(clock: Clock): Promise<void> {
    await begin({}, undefined, clock);
    demand.want(kline);
    await heard.hears(`live ${kline}`);
    exchange.stir('linear', topic);
    await heard.hears(`snapshot ${kline}`);
  }

  test('gets what closed while there was no connection as closed, once and in order', async () => {
    const clock = new ManualClock();
    await listenToCandles(clock);
    const first = (heard.newest.get(kline)?.data as Kline).openTime;
    exchange.faults.refuseUpgrades(502);
    exchange.faults.drop();
    await heard.hears('futures is stale upstream disconnected');
    clock.advance(3 * 60_000);
    exchange.faults.allowUpgrades();
    await heard.hears(`closed ${kline}`, `closed ${kline}`, `closed ${kline}`);
    expect(heard.closedCandles.map((candle) => candle.openTime)).toEqual([first, first + 60_000, first + 120_000]);
    expect(heard.closedCandles.every((candle) => candle.confirmed)).toBe(true);
    exchange.stir('linear', topic);
    await heard.hears(`update ${kline}`);
    expect((heard.newest.get(kline)?.data as Kline).openTime).toBe(first + 180_000);
    expect(heard.closedCandles).toHaveLength(3);
  });

  test('goes on with live data when REST fails', async () => {
    await listenToCandles(new ManualClock());
    exchange.faults.restDown(500);
    exchange.faults.drop();
    await heard.hears('futures is stale upstream disconnected');
    await exchange.whenSubscribed('linear', topic);
    exchange.stir('linear', topic);
    await heard.hears(`snapshot ${kline}`);
    expect(upstream.badFrames.total).toBe(0);
  });
});

test('the last listener’s leaving unsubscribes, closes the stream, and in the end the connection', async () => {
  await begin();
  await listen();
  demand.unwant(BOOK);
  await heard.hears(`close ${BOOK}`);
  await exchange.whenUnsubscribed('linear', BOOK_TOPIC);
  demand.unwant(TICKER);
  demand.unwant(TRADE);
  await heard.hears(`close ${TICKER}`, `close ${TRADE}`);
  await exchange.when(() => (exchange.connections.length === 0 ? true : undefined));
});

test('the symbols of the exchange’s own lists are known, and others are not', async () => {
  await begin({}, 1200);
  const loaded: string[] = [];
  let wake: () => void = () => undefined;
  const symbols = new Symbols(
    { restUrl: exchange.restUrl, markets: ['futures', 'spot', 'inverse', 'option'] },
    {
      clock: systemClock,
      log: {
        info: (fields) => {
          loaded.push(JSON.stringify(fields));
          wake();
        },
        warn: (fields) => {
          throw new Error(JSON.stringify(fields));
        },
      },
    },
  );
  symbols.start();
  while (loaded.length < 9) await new Promise<void>((resolve) => (wake = resolve));
  for (const [market, category] of [
    ['futures', 'linear'],
    ['spot', 'spot'],
    ['inverse', 'inverse'],
    ['option', 'option'],
  ] as const) {
    for (const { symbol } of exchange.model.list(category)) expect(symbols.look(market, symbol)).toEqual({ known: true });
    expect(exchange.model.list(category).length).toBeGreaterThan(0);
  }
  expect(symbols.look('futures', 'BTCUSDTT')).toMatchObject({
    known: false,
    nearest: expect.arrayContaining(['BTCUSDT']) as string[],
  });
  symbols.stop();
});
