import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { publication, snapshotAt } from '../../test/support/publications';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Publication, Recovery } from '../pubsub/publication';
import { Publisher } from '../pubsub/publisher';
import type { Listening, StreamListener } from '../pubsub/pubsub';
import type { MarketStatus } from '../pubsub/status';
import type { Kline, Message, OrderBookData } from '../streams/message';
import { atRate, streamOf, type Stream } from '../streams/stream';
import { RatedListening } from './rated-listening';

const TICKER = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
const KLINE = streamOf('futures', { kind: 'kline', interval: '1m' }, 'BTCUSDT');
const BOOK = streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT');
const TICKER_1S = atRate(TICKER, '1s').name;
const BOOK_1S = atRate(BOOK, '1s').name;
const NOWHERE: Recovery = { epoch: '', seq: 0, publications: [], recovered: false };

class Heard implements StreamListener {
  readonly publications: Publication[] = [];
  readonly statuses: string[] = [];

  publication(step: Publication): void {
    this.publications.push(step);
  }

  status({ state }: { state: string }): void {
    this.statuses.push(state);
  }

  get messages(): string[] {
    return this.publications.map(told);
  }
}

function told({ seq, type, body }: Publication): string {
  const { data } = JSON.parse(body.toString()) as { data: { price?: string; updateId?: number } };
  return `${type} ${seq}: ${data.price ?? data.updateId}`;
}

function setUp() {
  const clock = new ManualClock();
  const inner = new InProcessPubSub(4);
  const publisher = new Publisher(inner, 'mudrex', clock, 'b');
  const asked: string[] = [];
  let recover: Listening['recover'] = (stream, since) => inner.recover(stream, since);
  const base: Listening = {
    subscribe: (stream, listener) => inner.subscribe(stream, listener),
    unsubscribe: (stream, listener) => inner.unsubscribe(stream, listener),
    streamStatus: (stream) => inner.streamStatus(stream),
    marketStatus: (market) => inner.marketStatus(market),
    onMarketStatus: (listener) => inner.onMarketStatus(listener),
    recover: (stream, since) => {
      asked.push(stream);
      return recover(stream, since);
    },
  };
  const listening = new RatedListening(base, 'mudrex', clock, 'b');
  let encoded = 0;
  const publish = (stream: Stream, message: Pick<Message, 'type' | 'data' | 'closed'>) => {
    const times = { timestamp: 1, received: 5 };
    publisher.publish(stream, { ...message, ...times }, () => {
      encoded++;
      return { ...message, type: 'snapshot', ...times };
    });
  };
  return {
    clock,
    inner,
    publisher,
    listening,
    asked,
    encoded: () => encoded,
    /** Puts something in front of the base's answers. */
    recoverBy: (other: Listening['recover']) => (recover = other),
    price: (price: number) => publish(TICKER, { type: 'update', data: { symbol: 'BTCUSDT', price: String(price) } }),
    candle: (closed: boolean) => publish(KLINE, { type: 'update', data: candleOf(closed), closed }),
    book: (updateId: number, type: 'snapshot' | 'delta') => publish(BOOK, { type, data: bookAt(updateId) }),
  };
}

function candleOf(confirmed: boolean): Kline {
  const amounts = { open: '1', high: '1', low: '1', close: '1', volume: '1', turnover: '1' };
  return { symbol: 'BTCUSDT', interval: '1m', openTime: 60_000, closeTime: 119_999, ...amounts, confirmed };
}

function bookAt(updateId: number): OrderBookData {
  return { symbol: 'BTCUSDT', depth: 50, bids: [['1', '1']], asks: [], updateId, checksum: 1 };
}

describe('RatedListening', () => {
  it('brings the first state at once as a snapshot, then the newest per interval, and nothing when nothing changed', async () => {
    const { clock, publisher, listening, price } = setUp();
    const heard = new Heard();
    publisher.open(TICKER);
    listening.subscribe(TICKER_1S, heard);
    await settled();
    for (let ms = 0; ms < 2500; ms += 100) {
      price(ms);
      clock.advance(100);
    }
    clock.advance(60_000);
    expect(clock.timers).toBe(0);
    price(7);
    expect(heard.messages).toEqual(['snapshot 1: 0', 'update 2: 900', 'update 3: 1900', 'update 4: 2400', 'update 5: 7']);
    expect(heard.publications[1]).toMatchObject({ stream: TICKER_1S, market: 'futures', kind: 'ticker', epoch: 'b.r1', seq: 2 });
    listening.unsubscribe(TICKER_1S, heard);
    expect(clock.timers).toBe(0);
  });

  it('dates only what it has not held back', async () => {
    const { clock, publisher, listening, price, candle } = setUp();
    const heard = new Heard();
    publisher.open(TICKER);
    listening.subscribe(TICKER_1S, heard);
    await settled();
    price(1);
    price(2);
    clock.advance(1000);
    expect(heard.publications.map(({ received }) => received)).toEqual([5, 0]);

    const candles = new Heard();
    publisher.open(KLINE);
    listening.subscribe(atRate(KLINE, '1s').name, candles);
    await settled();
    candle(false);
    candle(true);
    expect(candles.publications.map(({ received, closed }) => ({ received, closed }))).toEqual([
      { received: 5, closed: false },
      { received: 5, closed: true },
    ]);
  });

  it('sends whole windows of an order book, and asks for one only when it is due', async () => {
    const { clock, publisher, listening, book, encoded } = setUp();
    const heard = new Heard();
    publisher.open(BOOK);
    listening.subscribe(BOOK_1S, heard);
    await settled();
    book(1, 'snapshot');
    for (let id = 2; id < 30; id++) book(id, 'delta');
    await settled();
    expect(encoded()).toBe(0);
    clock.advance(1000);
    await settled();
    expect(heard.messages).toEqual(['snapshot 1: 1', 'update 2: 29']);
    expect(JSON.parse(String(heard.publications[1]?.body))).toEqual({
      stream: 'mudrex.futures.orderbook.50.BTCUSDT@1s',
      type: 'update',
      seq: 2,
      data: bookAt(29),
      timestamp: 1,
      received: 5,
      source: 'mudrex',
    });
    expect(encoded()).toBe(1);
    clock.advance(60_000);
    for (let id = 30; id < 33; id++) book(id, 'delta');
    await settled();
    expect(heard.messages.slice(2)).toEqual(['update 3: 30']);
    expect(clock.timers).toBe(1);
    clock.advance(1000);
    await settled();
    expect(heard.messages.slice(3)).toEqual(['update 4: 32']);
    expect(encoded()).toBe(3);
  });

  it('costs the same however many listen', async () => {
    const costs: object[] = [];
    for (const listeners of [1, 200]) {
      const { clock, inner, publisher, listening, book, encoded, asked } = setUp();
      publisher.open(BOOK);
      book(1, 'snapshot');
      const all = Array.from({ length: listeners }, () => new Heard());
      for (const one of all) listening.subscribe(BOOK_1S, one);
      const found = await Promise.all(all.map(async () => listening.recover(BOOK_1S)));
      expect(new Set(found.map(({ publications }) => publications[0])).size).toBe(1);
      for (let id = 2; id < 6; id++) {
        book(id, 'delta');
        clock.advance(1000);
        await settled();
      }
      for (const one of all) {
        expect(one.messages).toEqual(['snapshot 1: 1', 'update 2: 2', 'update 3: 3', 'update 4: 4', 'update 5: 5']);
        one.publications.forEach((each, i) => expect(each).toBe(all[0]?.publications[i]));
      }
      costs.push({ encoded: encoded(), asked: asked.length, timers: clock.timers, ...inner.counts() });
    }
    expect(costs).toEqual([costs[1], { encoded: 5, asked: 5, timers: 1, channels: 1, listeners: 1 }]);
  });

  it('gives a late joiner the newest state under the number where the stream stands', async () => {
    const { publisher, listening, book } = setUp();
    publisher.open(BOOK);
    listening.subscribe(BOOK_1S, new Heard());
    await settled();
    book(1, 'snapshot');
    book(2, 'delta');
    const found = await listening.recover(BOOK_1S, { epoch: 'b.r1', seq: 1 });
    expect({ ...found, publications: found.publications.map(told) }).toEqual({
      epoch: 'b.r1',
      seq: 1,
      publications: ['snapshot 1: 2'],
      recovered: false,
    });
  });

  it('leaves the base with its last listener, and begins a new epoch with the next', async () => {
    const { clock, inner, publisher, listening, price } = setUp();
    const [one, other] = [new Heard(), new Heard()];
    publisher.open(TICKER);
    listening.subscribe(TICKER_1S, one);
    listening.subscribe(TICKER_1S, other);
    await settled();
    price(1);
    listening.unsubscribe(TICKER_1S, one);
    listening.unsubscribe(TICKER_1S, one);
    expect([...inner.wanted()]).toEqual([TICKER.name]);
    listening.unsubscribe(TICKER_1S, other);
    expect([...inner.wanted()]).toEqual([]);
    expect(clock.timers).toBe(0);
    expect(await listening.recover(TICKER_1S)).toEqual(NOWHERE);
    listening.subscribe(TICKER_1S, one);
    expect(await listening.recover(TICKER_1S)).toMatchObject({ epoch: 'b.r2', seq: 1 });
    expect(one.messages).toEqual(['snapshot 1: 1', 'snapshot 1: 1']);
  });

  it('is done when its last listener leaves while the base is being asked', async () => {
    const { clock, inner, publisher, listening, book } = setUp();
    const heard = new Heard();
    publisher.open(BOOK);
    listening.subscribe(BOOK_1S, heard);
    await settled();
    book(1, 'snapshot');
    clock.advance(5000);
    book(2, 'delta');
    listening.unsubscribe(BOOK_1S, heard);
    await settled();
    expect(heard.messages).toEqual(['snapshot 1: 1']);
    expect(clock.timers).toBe(0);
    expect([...inner.wanted()]).toEqual([]);
  });

  it("passes on the base's statuses, also while it begins", () => {
    const { inner, publisher, listening } = setUp();
    inner.onDemand(() => {
      publisher.open(TICKER);
      publisher.status(TICKER, 'live');
    });
    const heard = new Heard();
    listening.subscribe(TICKER_1S, heard);
    publisher.status(TICKER, 'unavailable', 'delisted');
    expect(heard.statuses).toEqual(['live', 'unavailable']);
    expect(listening.streamStatus(TICKER_1S)).toMatchObject({ state: 'unavailable', reason: 'delisted' });
  });

  it('shows no state that the exchange is being asked for anew, and begins again with a snapshot', async () => {
    const { clock, publisher, listening, book } = setUp();
    const heard = new Heard();
    publisher.open(BOOK);
    listening.subscribe(BOOK_1S, heard);
    await settled();
    book(1, 'snapshot');
    book(2, 'delta');
    publisher.status(BOOK, 'resyncing', 'update_gap');
    clock.advance(5000);
    await settled();
    expect(heard.messages).toEqual(['snapshot 1: 1']);
    book(9, 'snapshot');
    expect(heard.messages).toEqual(['snapshot 1: 1', 'snapshot 2: 9']);
  });

  it('lets all other streams and the markets through', async () => {
    const { inner, listening } = setUp();
    const heard = new Heard();
    const markets: MarketStatus[] = [];
    const stale: MarketStatus = { market: 'futures', state: 'stale', reason: '', since: 1 };
    listening.onMarketStatus((status) => markets.push(status));
    inner.setMarketStatus(stale);
    listening.subscribe(TICKER.name, heard);
    inner.open(TICKER.name, 'e');
    for (const seq of [1, 2, 3])
      inner.publish(publication(TICKER.name, 'e', seq), snapshotAt(publication(TICKER.name, 'e', seq)));
    expect(heard.publications.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(await listening.recover(TICKER.name, { epoch: 'e', seq: 2 })).toMatchObject({ seq: 3, recovered: true });
    expect(listening.marketStatus('futures')).toEqual(stale);
    expect(markets).toEqual([stale]);
    listening.unsubscribe(TICKER.name, heard);
    listening.subscribe('futures.ticker.BTCUSDT@1y', heard);
    expect([...inner.wanted()]).toEqual(['futures.ticker.BTCUSDT@1y']);
  });

  it('asks again after the interval when the base could not answer', async () => {
    const { clock, publisher, listening, book, inner, recoverBy } = setUp();
    const heard = new Heard();
    publisher.open(BOOK);
    recoverBy(() => Promise.reject(new Error('no connection')));
    listening.subscribe(BOOK_1S, heard);
    await expect(listening.recover(BOOK_1S)).rejects.toThrow('no connection');
    book(1, 'snapshot');
    book(2, 'delta');
    clock.advance(1000);
    await settled();
    expect(heard.messages).toEqual(['snapshot 1: 1']);
    recoverBy((stream, since) => inner.recover(stream, since));
    clock.advance(1000);
    await settled();
    expect(heard.messages).toEqual(['snapshot 1: 1', 'update 2: 2']);
  });

  it('begins for everybody with the first listener for whom the base answers', async () => {
    const { publisher, listening, book, inner, recoverBy } = setUp();
    const heard = new Heard();
    publisher.open(BOOK);
    book(1, 'snapshot');
    recoverBy(() => Promise.reject(new Error('no connection')));
    listening.subscribe(BOOK_1S, heard);
    await settled();
    recoverBy((stream, since) => inner.recover(stream, since));
    expect((await listening.recover(BOOK_1S)).publications.map(told)).toEqual(['snapshot 1: 1']);
    expect(heard.messages).toEqual(['snapshot 1: 1']);
  });

  it('never goes back in time nor skips a number, however late the base answers, and ends at the newest', async () => {
    const aStep = fc.oneof(
      { weight: 4, arbitrary: fc.constant('delta') },
      { weight: 1, arbitrary: fc.constant('snapshot') },
      { weight: 2, arbitrary: fc.constant('answer late') },
      { weight: 2, arbitrary: fc.constant('answer early') },
      { weight: 2, arbitrary: fc.constant('join') },
      { weight: 3, arbitrary: fc.constant('wait') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        const { clock, inner, publisher, listening, book, recoverBy } = setUp();
        const waiting: ((early: boolean) => void)[] = [];
        recoverBy((stream) => {
          const early = inner.recover(stream);
          return new Promise((resolve) => waiting.push((old) => resolve(old ? early : inner.recover(stream))));
        });
        const heard = new Heard();
        const joined: Recovery[] = [];
        let updateId = 1;
        publisher.open(BOOK);
        book(updateId, 'snapshot');
        listening.subscribe(BOOK_1S, heard);
        for (const step of steps) {
          if (step === 'delta' || step === 'snapshot') book(++updateId, step);
          else if (step === 'join') void Promise.resolve(listening.recover(BOOK_1S)).then((found) => joined.push(found));
          else if (step === 'wait') clock.advance(400);
          else waiting.shift()?.(step === 'answer early');
          await settled();
        }
        for (let i = 0; i < 20 || waiting.length > 0; i++) {
          waiting.shift()?.(false);
          clock.advance(1000);
          await settled();
        }

        expect(heard.publications.map(({ seq }) => seq)).toEqual(heard.publications.map((_, i) => i + 1));
        const shownIds = heard.publications.map(updateIdOf);
        expect(shownIds.at(-1)).toBe(updateId);
        expect(shownIds).toEqual([...new Set(shownIds)].sort((a, b) => a - b));
        for (const { seq, publications } of joined) {
          const [snapshot] = publications;
          if (!snapshot) continue;
          expect(updateIdOf(snapshot)).toBeGreaterThanOrEqual(shownIds[seq - 1] ?? NaN);
          expect(updateIdOf(snapshot)).toBeLessThanOrEqual(shownIds[seq] ?? updateId);
        }
        listening.unsubscribe(BOOK_1S, heard);
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

function updateIdOf({ body }: Publication): number {
  return (JSON.parse(body.toString()) as { data: OrderBookData }).data.updateId;
}
