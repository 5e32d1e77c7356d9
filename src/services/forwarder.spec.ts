import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { ModelBroker } from '../../test/support/model-broker';
import { settled } from '../../test/support/settled';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Listening } from '../pubsub/pubsub';
import { Publisher } from '../pubsub/publisher';
import type { EventType } from '../streams/event-type';
import type { Message, Ticker } from '../streams/message';
import { streamOf, type MarketStream } from '../streams/stream';
import { Hub } from '../subscriptions/hub';
import { Forwarder, type WantedTopic } from './forwarder';

const NOW = 1_700_000_000_000;
const TICKER = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');
const TRADES = streamOf('spot', { kind: 'trade' }, 'BTCUSDT');

interface EventBody {
  readonly event_id: string;
  readonly topic: string;
  readonly payload: { readonly type: string; readonly seq: number; readonly epoch: string; readonly data: unknown };
}

function setUp(listening?: (pubsub: InProcessPubSub) => Listening) {
  const pubsub = new InProcessPubSub(10);
  const clock = new ManualClock(NOW);
  const publisher = new Publisher(pubsub, 'mudrex', clock, 'test');
  const demand: string[] = [];
  pubsub.onDemand((stream, wanted) => demand.push(`${wanted ? '+' : '-'}${stream}`));
  for (const stream of [TICKER, TRADES]) publisher.open(stream);
  const broker = new ModelBroker();
  const sent: string[] = [];
  const logged: object[] = [];
  const forwarder = new Forwarder({
    hub: new Hub(listening?.(pubsub) ?? pubsub),
    broker,
    clock,
    sent: (topic, services) => sent.push(`${topic} ${services.join()}`),
    log: { warn: (fields) => void logged.push(fields) },
  });
  const price = (fields: Partial<Ticker>, type: Message['type'] = 'update') => {
    const message = (as: Message['type']): Message => ({
      type: as,
      data: { symbol: 'BTCUSDT', ...fields },
      timestamp: NOW,
      received: NOW,
    });
    publisher.publish(TICKER, message(type), () => message('snapshot'));
  };
  const trade = (id: string) => {
    const data = [{ id, symbol: 'BTCUSDT', price: '1', quantity: '1', side: 'buy' as const, time: NOW, isBlockTrade: false }];
    publisher.publish(TRADES, { type: 'update', data, timestamp: NOW, received: NOW }, () => undefined);
  };
  const told = (service: string) =>
    (broker.of(service) as unknown as EventBody[]).map(({ topic, payload }) => `${topic} ${payload.type} ${payload.seq}`);
  return { pubsub, clock, publisher, demand, broker, sent, logged, forwarder, price, trade, told };
}

/** @param topics services by name, or `name#id` where the subscription is another one than the first */
function wanted(...topics: [topic: string, stream: MarketStream, eventType: EventType, ...services: string[]][]) {
  return new Map<string, WantedTopic>(
    topics.map(([topic, stream, eventType, ...services]) => [
      topic,
      { stream, eventType, services: new Map(services.map((asked) => [asked.split('#')[0] ?? '', asked])) },
    ]),
  );
}

describe('forwarding', () => {
  it('sends one event for all services that asked, with what routes and deduplicates it', () => {
    const { forwarder, broker, price, sent } = setUp();
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk', 'risk']));
    price({ price: '7' });
    expect(broker.events).toHaveLength(1);
    expect(broker.events[0]).toMatchObject({
      eventType: 'ticker',
      routingKey: 'ticker.futures.BTCUSDT',
      messageId: 'futures.ticker.BTCUSDT:test.1:1',
      topic: 'futures.ticker.BTCUSDT',
      services: ['desk', 'risk'],
      received: NOW,
    });
    expect(broker.of('desk')[0]).toMatchObject({
      event_id: 'futures.ticker.BTCUSDT:test.1:1',
      event_type: 'ticker',
      timestamp: new Date(NOW).toISOString(),
      payload: { type: 'update', seq: 1, epoch: 'test.1', data: { symbol: 'BTCUSDT', price: '7' } },
      trace_id: broker.events[0]?.traceId,
    });
    expect(sent).toEqual(['futures.ticker.BTCUSDT desk,risk']);
  });

  it('begins each service with the whole state, and tells nobody else of it', () => {
    const { forwarder, price, told } = setUp();
    price({ price: '1' });
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk']));
    price({ price: '2' });
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk', 'risk']));
    price({ price: '3' });
    expect(told('desk')).toEqual([
      'futures.ticker.BTCUSDT snapshot 1',
      'futures.ticker.BTCUSDT update 2',
      'futures.ticker.BTCUSDT update 3',
    ]);
    expect(told('risk')).toEqual(['futures.ticker.BTCUSDT snapshot 2', 'futures.ticker.BTCUSDT update 3']);
  });

  it('begins anew who has cancelled and subscribed again in one go, without letting the exchange go', () => {
    const { forwarder, broker, price, told, demand } = setUp();
    price({ price: '1' });
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk']));
    price({ price: '2' });
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk#2']));
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk#2']));
    price({ price: '3' });
    expect(told('desk').map((line) => line.slice(TICKER.name.length + 1))).toEqual([
      'snapshot 1',
      'update 2',
      'snapshot 2',
      'update 3',
    ]);
    // The whole state at a place is not what was published there, so that who has seen one does not take the other for it.
    expect(broker.events.map(({ messageId }) => messageId)).toEqual([
      'futures.ticker.BTCUSDT:test.1:1:snapshot',
      'futures.ticker.BTCUSDT:test.1:2',
      'futures.ticker.BTCUSDT:test.1:2:snapshot',
      'futures.ticker.BTCUSDT:test.1:3',
    ]);
    expect(demand).toEqual(['+futures.ticker.BTCUSDT']);
  });

  it('listens once per stream, and leaves it with the last service', () => {
    const { forwarder, demand, pubsub } = setUp();
    const funding = 'futures.funding.BTCUSDT';
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk', 'risk'], [funding, TICKER, 'funding', 'desk']));
    expect(demand).toEqual(['+futures.ticker.BTCUSDT']);
    expect(pubsub.counts().listeners).toBe(1);
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'risk']));
    expect(demand).toHaveLength(1);
    forwarder.want(new Map());
    expect(demand).toEqual(['+futures.ticker.BTCUSDT', '-futures.ticker.BTCUSDT']);
    expect([forwarder.size, pubsub.counts().listeners]).toEqual([0, 0]);
  });

  it('tells funding only when it changes', () => {
    const { forwarder, broker, price } = setUp();
    const funding = { fundingRate: '0.0001', nextFundingTime: '1', markPrice: '5' };
    price({ price: '1', ...funding });
    forwarder.want(wanted(['futures.funding.BTCUSDT', TICKER, 'funding', 'desk']));
    price({ price: '2', ...funding, markPrice: '6' });
    price({ price: '2', ...funding, fundingRate: '-0.0002' });
    price({ price: '3' });
    expect(
      (broker.of('desk') as unknown as EventBody[]).map(({ event_id, payload }) => [event_id, payload.type, payload.data]),
    ).toEqual([
      ['futures.funding.BTCUSDT:test.1:1:snapshot', 'snapshot', { symbol: 'BTCUSDT', ...funding }],
      ['futures.funding.BTCUSDT:test.1:3', 'update', { symbol: 'BTCUSDT', ...funding, fundingRate: '-0.0002' }],
    ]);
    expect(broker.events[0]?.routingKey).toBe('funding.futures.BTCUSDT');
  });

  it('names a topic that the exchange refuses once, counts it until it is served, and names it again when it is refused again', () => {
    const { forwarder, publisher, logged } = setUp();
    const refused = { topic: TICKER.name, services: ['desk'], reason: 'symbol not exist' };
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk'], [TRADES.name, TRADES, 'trade', 'desk']));
    expect([forwarder.refused, logged]).toEqual([0, []]);
    for (const state of ['refused', 'pending', 'refused'] as const) publisher.status(TICKER, state, 'symbol not exist');
    expect([forwarder.refused, logged]).toEqual([1, [refused]]);
    publisher.status(TICKER, 'live');
    expect(forwarder.refused).toBe(0);
    publisher.status(TICKER, 'unavailable', 'delisted');
    expect([forwarder.refused, logged]).toEqual([1, [refused, { ...refused, reason: 'delisted' }]]);
    forwarder.want(new Map());
    expect(forwarder.refused).toBe(0);
  });

  it('names a topic that was refused before it was listened to', () => {
    const { forwarder, publisher, logged } = setUp();
    publisher.status(TICKER, 'refused', 'symbol not exist');
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk']));
    expect([forwarder.refused, logged.length]).toEqual([1, 1]);
  });

  it('tells of lost entries in their place', () => {
    const { forwarder, publisher, trade, told, broker } = setUp();
    forwarder.want(wanted([TRADES.name, TRADES, 'trade', 'desk']));
    trade('a');
    publisher.gap(TRADES, NOW);
    trade('b');
    expect(told('desk').map((line) => line.split(' ')[1])).toEqual(['update', 'gap', 'update']);
    expect((broker.of('desk') as unknown as EventBody[])[1]?.payload).toMatchObject({ from: 2, to: 2 });
  });

  it('tries again to find a place that could not be had, without letting the exchange go', async () => {
    let broken = true;
    const { forwarder, clock, demand, price, told } = setUp((pubsub) => ({
      subscribe: (stream, listener) => pubsub.subscribe(stream, listener),
      unsubscribe: (stream, listener) => pubsub.unsubscribe(stream, listener),
      streamStatus: (stream) => pubsub.streamStatus(stream),
      marketStatus: (market) => pubsub.marketStatus(market),
      onMarketStatus: (listener) => pubsub.onMarketStatus(listener),
      recover: (stream, since) => (broken ? Promise.reject(new Error('away')) : pubsub.recover(stream, since)),
    }));
    price({ price: '1' });
    forwarder.want(wanted([TICKER.name, TICKER, 'ticker', 'desk']));
    await settled();
    broken = false;
    clock.advance(1000);
    expect(told('desk')).toEqual(['futures.ticker.BTCUSDT snapshot 1']);
    expect(demand).toEqual(['+futures.ticker.BTCUSDT']);
    forwarder.stop();
    expect(clock.timers).toBe(0);
  });

  it('gives each service exactly what it asked for, without a hole, while others come and go', async () => {
    const service = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('toggle' as const), service, topic: fc.constantFrom(TICKER.name, TRADES.name) }),
      fc.record({ do: fc.constant('publish' as const), times: fc.integer({ min: 1, max: 3 }) }),
      fc.constant({ do: 'turn' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 40, size: 'max' }), async (slow, steps) => {
        const { forwarder, broker, price, trade, pubsub } = setUp(
          slow
            ? (inner) =>
                Object.assign(Object.create(inner) as Listening, { recover: async (stream: string) => inner.recover(stream) })
            : undefined,
        );
        const asked = new Map<string, Set<string>>([
          [TICKER.name, new Set()],
          [TRADES.name, new Set()],
        ]);
        /** Where each service came in, by topic and service: everything after that is due, until it leaves. */
        const due = new Map<string, number[]>();
        let seq = 0;
        const apply = () =>
          forwarder.want(
            wanted(
              ...[TICKER, TRADES]
                .filter(({ name }) => asked.get(name)?.size)
                .map(
                  (stream) =>
                    [stream.name, stream, stream.kind as EventType, ...(asked.get(stream.name) ?? [])] as Parameters<
                      typeof wanted
                    >[0],
                ),
            ),
          );
        for (const at of steps) {
          if (at.do === 'turn') await settled();
          else if (at.do === 'toggle') {
            const services = asked.get(at.topic);
            if (!services?.delete(at.service)) services?.add(at.service);
            apply();
            // What is under way while it leaves is nobody's business.
            await settled();
          } else {
            for (let i = 0; i < at.times; i++) {
              seq++;
              for (const [topic, services] of asked)
                for (const one of services) due.set(`${topic} ${one}`, [...(due.get(`${topic} ${one}`) ?? []), seq]);
              price({ price: `${seq}` });
              trade(`${seq}`);
            }
          }
        }
        await settled();
        for (const [topic] of asked) {
          for (const one of ['a', 'b', 'c']) {
            const bodies = (broker.of(one) as unknown as EventBody[]).filter((body) => body.topic === topic);
            expect(bodies.filter(({ payload }) => payload.type === 'update').map(({ payload }) => payload.seq)).toEqual(
              due.get(`${topic} ${one}`) ?? [],
            );
          }
        }
        forwarder.stop();
        expect(pubsub.counts().listeners).toBe(0);
      }),
    );
  });
});
