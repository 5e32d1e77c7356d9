import fc from 'fast-check';
import { FakeExchange, agree } from '../../test/support/fake-exchange';
import type { FakeRequest, FakeSocket } from '../../test/support/fake-exchange';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { ConnectBreaker } from './connect-breaker';
import { ConnectBudget } from './connect-budget';
import { Feed } from './feed';

const clock = new ManualClock();

beforeEach(() => {
  // The circuit breaker's library reads the machine's clock.
  jest.spyOn(Date, 'now').mockImplementation(() => clock.now());
});

afterEach(() => {
  jest.restoreAllMocks();
  expect(clock.timers).toBe(0);
});

function setUp(answer?: (socket: FakeSocket, request: FakeRequest) => void, budget = new ConnectBudget(clock)) {
  const exchange = new FakeExchange(answer);
  const events: string[] = [];
  /** All that is said of the market. Of {@link events} it is a part once something bad was said. */
  const said: string[] = [];
  const breaker = new ConnectBreaker(clock);
  const feed = new Feed(
    'futures',
    {
      url: 'ws://exchange/v5/public/linear',
      category: 'linear',
      keepAlive: { pingIntervalMs: 20_000, pongTimeoutMs: 10_000 },
      backoff: { initialMs: 1000, maxMs: 60_000, multiplier: 2 },
      silenceMs: 30_000,
      ackTimeoutMs: 5000,
    },
    // The longest wait that jitter allows.
    { dial: exchange.dial, clock, random: () => 1, breaker, budget, log: { info: () => undefined, warn: () => undefined } },
    {
      data: (frame) => events.push(`data ${frame.topic}`),
      accepted: (topic) => events.push(`accepted ${topic}`),
      refused: (topic) => events.push(`refused ${topic}`),
      lost: (topic) => events.push(`lost ${topic}`),
      late: (topic) => events.push(`late ${topic}`),
      bad: (reason) => events.push(`bad ${reason}`),
      status: (state, reason) => {
        said.push(`${state} ${reason}`.trim());
        if (said.some((words) => words !== 'live')) events.push(`${state} ${reason}`.trim());
      },
    },
  );
  return { exchange, events, said, feed, breaker };
}

async function after(ms: number): Promise<void> {
  // In steps, so that what waits for a promise and then sets a timer gets its turn in time.
  for (let passed = 0; passed < ms; passed += 250) {
    clock.advance(Math.min(250, ms - passed));
    await settled();
  }
}

test('the first judgement of a market is told, also when all is well, and again after a release', async () => {
  const { exchange, said, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  expect(said).toEqual([]);
  exchange.newest.open();
  await after(250);
  expect(said).toEqual(['live']);
  feed.release();
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(60_000);
  expect(said).toEqual(['live', 'live']);
  await feed.stop();
});

test('a connection that answers no ping is replaced', async () => {
  const { exchange, events, feed } = setUp((socket, request) => {
    if (request.op !== 'ping') socket.ack(request);
  });
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(29_750);
  expect(exchange.newest.ended).toBeUndefined();
  await after(250);
  expect(exchange.newest.ended).toBe('terminate');
  expect(events).toEqual(['accepted publicTrade.A', 'stale upstream not answering', 'lost publicTrade.A']);
  await after(1000);
  expect(exchange.sockets).toHaveLength(2);
  await feed.stop();
});

test('a connection that answers pings and delivers nothing is replaced when it has busy topics', async () => {
  const { exchange, events, feed } = setUp(agree);
  feed.want('tickers.A');
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open().say({ topic: 'tickers.A', type: 'snapshot' });
  await after(29_750);
  expect(exchange.newest.ended).toBeUndefined();
  await after(250);
  expect(exchange.newest.ended).toBe('terminate');
  expect(events).toContain('stale upstream silent');
  await after(1000);
  exchange.newest.open().say({ topic: 'tickers.A', type: 'snapshot' });
  await after(250);
  expect(events.slice(-2)).toEqual(['accepted publicTrade.A', 'live']);
  await after(30_000);
  expect(feed.report().silenceDeadlineMs).toBe(60_000);
  await feed.stop();
});

test('a connection with quiet topics only may be silent for ever', async () => {
  const { exchange, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(3_600_000);
  expect(exchange.sockets).toHaveLength(1);
  expect(exchange.newest.ended).toBeUndefined();
  await feed.stop();
});

test('waits grow with each failure in a row, and begin anew once the exchange has said something', async () => {
  const { exchange, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  for (const wait of [1000, 2000, 4000]) {
    const tries = exchange.sockets.length;
    exchange.newest.drop();
    await after(wait - 250);
    expect(exchange.sockets).toHaveLength(tries);
    await after(250);
    expect(exchange.sockets).toHaveLength(tries + 1);
  }
  exchange.newest.open();
  await after(250);
  exchange.newest.drop();
  await after(1000);
  expect(exchange.sockets).toHaveLength(5);
  await feed.stop();
});

test('five failed tries in a row stop them for a minute; the sixth decides about the next minute', async () => {
  const { exchange, feed, breaker } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  for (const wait of [1000, 2000, 4000, 8000]) {
    exchange.newest.drop();
    await after(wait);
  }
  exchange.newest.drop();
  await settled();
  expect(breaker.state).toBe('open');
  await after(59_750);
  expect(exchange.sockets).toHaveLength(5);
  await after(500);
  expect(exchange.sockets).toHaveLength(6);
  expect(feed.report().breaker).toBe('half-open');
  exchange.newest.drop();
  await settled();
  expect(breaker.state).toBe('open');
  await after(59_750);
  expect(exchange.sockets).toHaveLength(6);
  await after(500);
  exchange.newest.open();
  await after(250);
  expect(breaker.state).toBe('closed');
  expect(feed.report().subscribedTopics).toBe(1);
  await feed.stop();
});

test('a connection that opens and breaks before the exchange said anything is a failed try', async () => {
  const { exchange, feed, breaker } = setUp();
  feed.want('publicTrade.A');
  await settled();
  for (let i = 0; i < 5; i++) {
    exchange.newest.open().drop();
    await after(16_000);
  }
  expect(breaker.state).toBe('open');
  await feed.stop();
});

test('all feeds together make no more connections than the budget allows', async () => {
  const budget = new ConnectBudget(clock, 3, 60_000);
  const one = setUp(agree, budget);
  const other = setUp(agree, budget);
  one.feed.want('publicTrade.A');
  other.feed.want('publicTrade.A');
  await settled();
  for (let i = 0; i < 60; i++) {
    for (const { exchange } of [one, other]) {
      if (exchange.newest.ended === undefined) {
        exchange.newest.open();
        clock.advance(0);
        exchange.newest.drop();
        exchange.newest.ended = 'terminate';
      }
    }
    await after(500);
  }
  expect(one.exchange.sockets.length + other.exchange.sockets.length).toBe(3);
  await after(32_000);
  expect(one.exchange.sockets.length + other.exchange.sockets.length).toBeGreaterThan(3);
  await one.feed.stop();
  await other.feed.stop();
});

test('a connection whose requests stay unanswered is replaced after one repetition', async () => {
  const { exchange, events, feed } = setUp((socket, request) => {
    if (request.op === 'ping') socket.pong();
  });
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(5250);
  expect(exchange.newest.requests('subscribe')).toHaveLength(2);
  await after(5000);
  expect(exchange.newest.ended).toBe('terminate');
  expect(events).toEqual(['stale upstream not answering', 'lost publicTrade.A']);
  await feed.stop();
});

test('a connection whose only topic was refused serves the next topic, and is closed when none comes', async () => {
  const { exchange, events, feed } = setUp((socket, request) => {
    if (request.args?.includes('bad')) socket.refuse(request, 'error:handler not found,topic:bad');
    else agree(socket, request);
  });
  feed.want('bad');
  await settled();
  exchange.newest.open();
  await after(9000);
  feed.want('publicTrade.A');
  await after(250);
  expect(events).toEqual(['refused bad', 'accepted publicTrade.A']);
  feed.want('bad');
  await after(1000);
  feed.drop('publicTrade.A');
  await settled();
  expect(exchange.sockets).toHaveLength(1);
  expect(exchange.newest.ended).toBe('close');
});

test('topics that are added while there is no connection are asked for when there is one again', async () => {
  const { exchange, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(250);
  exchange.newest.drop();
  feed.want('publicTrade.B');
  await after(1000);
  exchange.newest.open();
  await after(250);
  expect(exchange.newest.requests('subscribe').map((request) => request.args)).toEqual([['publicTrade.A', 'publicTrade.B']]);
  await feed.stop();
});

test('a market that lost its last topic while stale is well, for nobody needs it, and the next demand finds out', async () => {
  const { exchange, events, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(250);
  exchange.newest.drop();
  expect(events.slice(-2)).toEqual(['stale upstream disconnected', 'lost publicTrade.A']);
  feed.drop('publicTrade.A');
  expect(events.at(-1)).toBe('live');
  await after(5000);
  feed.want('publicTrade.B');
  await after(2000);
  expect(events.at(-1)).toBe('stale upstream unreachable');
  exchange.newest.open();
  await after(250);
  expect(events.slice(-3)).toEqual(['resyncing upstream connected again', 'accepted publicTrade.B', 'live']);
  await feed.stop();
});

test('the age of the newest frame begins anew with demand that begins anew', async () => {
  const { exchange, feed } = setUp(agree);
  feed.want('publicTrade.A');
  await settled();
  exchange.newest.open();
  await after(250);
  exchange.newest.say({ topic: 'publicTrade.A', type: 'snapshot' });
  expect(feed.report().lastMessageAt).toBe(clock.now());
  feed.drop('publicTrade.A');
  await after(60_000);
  feed.want('publicTrade.A');
  expect(feed.report().lastMessageAt).toBeNull();
  await feed.stop();
});

/** Reconnects at once whenever the connection is given up, to an exchange that accepts everything and delivers nothing. */
async function nothingComes(exchange: FakeExchange, seconds: number): Promise<void> {
  let open = exchange.newest;
  for (let i = 0; i < seconds; i++) {
    await after(1000);
    if (exchange.newest !== open) open = exchange.newest.open();
  }
}

test('an exchange that is back but delivers nothing is never called live, however often it is connected', async () => {
  const { exchange, events, feed } = setUp(agree);
  for (const topic of ['tickers.A', 'orderbook.50.A', 'kline.1.A']) feed.want(topic);
  await settled();
  exchange.newest.open();
  await after(250);
  for (const topic of ['tickers.A', 'orderbook.50.A', 'kline.1.A']) exchange.newest.say({ topic, type: 'snapshot' });
  await nothingComes(exchange, 400);
  expect(exchange.sockets.length).toBeGreaterThan(3);
  const statuses = (): string[] => events.filter((event) => /^(live|stale|resyncing)/.test(event));
  expect(statuses()).not.toContain('live');
  expect(statuses().at(-1)).toBe('stale upstream silent');
  for (const topic of ['tickers.A', 'orderbook.50.A']) exchange.newest.say({ topic, type: 'snapshot' });
  expect(statuses().slice(-2)).toEqual(['resyncing upstream connected again', 'live']);
  await feed.stop();
});

test('after silence candles alone are not called live before one has come', async () => {
  const { exchange, events, feed } = setUp(agree);
  feed.want('kline.1.A');
  await settled();
  exchange.newest.open();
  await after(250);
  await nothingComes(exchange, 100);
  expect(events).not.toContain('live');
  exchange.newest.say({ topic: 'kline.1.A', type: 'snapshot' });
  expect(events.at(-1)).toBe('live');
  await feed.stop();
});

test('a resync without a frame is stale after the silence timeout, and resyncing with the first frame', async () => {
  const { exchange, events, feed } = setUp(agree);
  feed.want('tickers.A');
  feed.want('tickers.B');
  await settled();
  exchange.newest.open();
  await after(250);
  for (const topic of ['tickers.A', 'tickers.B']) exchange.newest.say({ topic, type: 'snapshot' });
  exchange.newest.drop();
  await after(1000);
  const second = exchange.newest.open();
  await after(29_750);
  expect(events.at(-1)).toBe('accepted tickers.B');
  await after(250);
  expect(events).toContain('stale upstream silent');
  events.length = 0;
  await after(1000);
  expect(exchange.newest).not.toBe(second);
  exchange.newest.open();
  await after(250);
  exchange.newest.say({ topic: 'tickers.A', type: 'snapshot' });
  expect(events).not.toContain('live');
  exchange.newest.say({ topic: 'tickers.B', type: 'snapshot' });
  expect(events.at(-1)).toBe('live');
  await feed.stop();
});

test('a topic whose snapshot is late is told by itself and does not hold the market up, now or at the next reconnect', async () => {
  const { exchange, events, feed } = setUp(agree);
  feed.want('tickers.A');
  feed.want('orderbook.50.A');
  await settled();
  exchange.newest.open();
  await after(250);
  for (const topic of ['tickers.A', 'orderbook.50.A']) exchange.newest.say({ topic, type: 'snapshot' });
  for (let i = 0; i < 2; i++) {
    exchange.newest.drop();
    await after(1000);
    exchange.newest.open();
    await after(250);
    exchange.newest.say({ topic: 'tickers.A', type: 'snapshot' });
    await after(2500);
    expect(events.at(-1)).toBe('data tickers.A');
    await after(250);
    expect(events.slice(-2)).toEqual(['late orderbook.50.A', 'live']);
  }
  await feed.stop();
});

test('stopping ends sockets that are open and sockets that are not open yet', async () => {
  const open = setUp(agree);
  const connecting = setUp(agree);
  open.feed.want('publicTrade.A');
  connecting.feed.want('publicTrade.A');
  await settled();
  open.exchange.newest.open();
  await Promise.all([open.feed.stop(), connecting.feed.stop()]);
  expect(open.exchange.newest.ended).toBe('close');
  expect(connecting.exchange.newest.ended).toBe('terminate');
  expect(open.feed.report()).toMatchObject({ connected: false, connections: 0, wantedTopics: 0 });
});

const TOPICS = ['tickers.A', 'tickers.B', 'orderbook.50.A', 'publicTrade.A', 'publicTrade.B', 'bad'];
const step = fc.record({
  act: fc.constantFrom('want', 'want', 'drop', 'open', 'break', 'data', 'wait', 'waitLong'),
  topic: fc.constantFrom(...TOPICS),
});

test('after whatever trouble, a healthy exchange has exactly what is wanted, and the last word is live', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      /** What each socket is subscribed to. */
      const subscribed = new Map<FakeSocket, Set<string>>();
      const ended = new Set<FakeSocket>();
      const opened = new Set<FakeSocket>();
      const { exchange, events, feed } = setUp((socket, request) => {
        const topics = subscribed.get(socket) ?? new Set();
        subscribed.set(socket, topics);
        const args = request.args ?? [];
        const duplicate = args.find((topic) => topics.has(topic));
        if (request.op === 'subscribe' && args.includes('bad')) socket.refuse(request, 'error:handler not found,topic:bad');
        else if (request.op === 'subscribe' && duplicate !== undefined)
          socket.refuse(request, `error:already subscribed,topic:${duplicate}`);
        else {
          for (const topic of args) {
            if (request.op === 'subscribe') topics.add(topic);
            else topics.delete(topic);
          }
          agree(socket, request);
        }
      });
      const alive = (socket: FakeSocket): boolean => !ended.has(socket) && socket.ended === undefined;
      const open = (): void => {
        for (const socket of exchange.sockets) {
          if (alive(socket) && !opened.has(socket)) {
            opened.add(socket);
            socket.open();
          }
        }
      };
      const wanted = new Set<string>();
      for (const { act, topic } of steps) {
        const socket = exchange.sockets.at(-1);
        if (act === 'want') {
          feed.want(topic);
          wanted.add(topic);
        } else if (act === 'drop') {
          feed.drop(topic);
          wanted.delete(topic);
        } else if (act === 'open') open();
        else if (act === 'break' && socket && alive(socket)) {
          ended.add(socket);
          socket.drop();
        } else if (act === 'data' && socket && alive(socket) && subscribed.get(socket)?.has(topic)) {
          socket.say({ topic, type: 'snapshot' });
        } else if (act === 'wait') clock.advance(100);
        else if (act === 'waitLong') clock.advance(20_000);
        await settled();
      }
      for (let i = 0; i < 130; i++) {
        open();
        clock.advance(1000);
        await settled();
        for (const socket of exchange.sockets) {
          for (const topic of subscribed.get(socket) ?? []) if (alive(socket)) socket.say({ topic, type: 'snapshot' });
        }
      }
      const served = exchange.sockets.filter(alive).flatMap((socket) => [...(subscribed.get(socket) ?? [])]);
      wanted.delete('bad');
      expect(served.sort()).toEqual([...wanted].sort());
      expect(feed.report().subscribedTopics).toBe(wanted.size);
      const statuses = events.filter((event) => /^(live|stale|resyncing)/.test(event));
      if (wanted.size > 0) expect(statuses.at(-1) ?? 'live').toBe('live');
      for (const [i, status] of statuses.entries()) expect(status).not.toBe(statuses[i - 1]);
      await feed.stop();
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 100 },
  );
});
