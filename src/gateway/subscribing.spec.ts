import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { ModelSocket } from '../../test/support/model-socket';
import { publication, snapshotAt } from '../../test/support/publications';
import { settled } from '../../test/support/settled';
import { Turns } from '../../test/support/turns';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Position, Recovery } from '../pubsub/publication';
import type { StreamStatus } from '../pubsub/status';
import { Hub } from '../subscriptions/hub';
import { Deliveries } from './deliveries';
import { NativeDoor } from './native/native-door';
import { OutFrame } from './out-frame';
import { Sessions } from './sessions';
import type { SubscribeOutcome } from './subscribe-outcome';
import { Subscribing } from './subscribing';

const BTC = 'futures.ticker.BTCUSDT';
const ETH = 'futures.ticker.ETHUSDT';
const LIVE: StreamStatus = { state: 'live', reason: '', since: 1 };
const MANY = 1_000_000;

/** A stream that the exchange has not answered for, and a client whose frames are kept as text. */
function setUp() {
  const clock = new ManualClock();
  const pubsub = new InProcessPubSub(4);
  pubsub.onDemand((stream) => {
    pubsub.open(stream, 'e');
    pubsub.setStreamStatus(stream, { ...LIVE, state: 'pending' });
  });
  const turns = new Turns(clock.now.bind(clock));
  const sessions = new Sessions(
    clock,
    turns.flusher,
    new Deliveries(),
    { messagesPerSecond: 10, queueBytes: MANY, idleMs: MANY, pingMs: MANY, stallMs: MANY, closeMs: 1 },
    () => 0,
    () => undefined,
  );
  const socket = new ModelSocket(Infinity);
  const session = sessions.open('10.0.0.1', new NativeDoor('mudrex'), socket, false);
  const subscribing = new Subscribing(new Hub(pubsub), { look: () => ({ known: true }) }, clock, {
    brand: 'mudrex',
    markets: new Set(['futures']),
    maxSubscriptions: 10,
    timeoutMs: 3000,
  });
  const wire = () => {
    turns.end();
    return socket.wire.toString();
  };
  return { clock, pubsub, sessions, session, subscribing, wire };
}

describe('Subscribing', () => {
  it('joins nothing for a session that has ended', async () => {
    const { pubsub, session, subscribing } = setUp();
    session.end(4003, 'Connection limit reached');
    const { accepted, release } = await subscribing.subscribe(session, ['ticker:BTCUSDT']);
    release();
    expect(accepted).toEqual([]);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });

  it('stays out when the session ends while the exchange is asked', async () => {
    const { clock, pubsub, sessions, session, subscribing, wire } = setUp();
    const asked = subscribing.subscribe(session, ['ticker:BTCUSDT']);
    sessions.close(session, 1006);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
    clock.advance(3000);
    (await asked).release();
    pubsub.publish(publication(BTC, 'e', 1), undefined);
    expect(wire()).toBe('');
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });

  it('leaves every stream again when the place of one cannot be had, and what was there before stays', async () => {
    const { pubsub, session, subscribing, clock } = setUp();
    const first = subscribing.subscribe(session, ['ticker:ETHUSDT']);
    clock.advance(3000);
    (await first).release();
    const failing = subscribing.subscribe(session, ['ticker:ETHUSDT', 'ticker:BTCUSDT', 'ticker:SOLUSDT']);
    jest.spyOn(pubsub, 'recover').mockImplementationOnce(() => Promise.reject(new Error('connection lost')));
    clock.advance(3000);
    await expect(failing).rejects.toThrow('connection lost');
    expect([...pubsub.wanted()]).toEqual(['futures.ticker.ETHUSDT']);
    expect([...session.subscriptions.keys()]).toEqual(['futures.ticker.ETHUSDT']);
  });

  it('tells a client that reads "pending" of an answer that came while its place was looked up', async () => {
    const { pubsub, session, subscribing, clock, wire } = setUp();
    let found: (recovery: Recovery) => void = () => undefined;
    jest.spyOn(pubsub, 'recover').mockImplementationOnce(() => new Promise((resolve) => (found = resolve)));
    const asked = subscribing.subscribe(session, ['ticker:BTCUSDT']);
    clock.advance(3000);
    await settled();
    pubsub.setStreamStatus(BTC, LIVE);
    found({ epoch: 'e', seq: 0, publications: [], recovered: false });
    const { pending, release } = await asked;
    expect(pending).toEqual(['ticker:BTCUSDT']);
    session.send(OutFrame.control({ op: 'subscribe' }));
    release();
    expect(wire()).toMatch(/\{"op":"subscribe"\}.*"op":"status","stream":"mudrex\.futures\.ticker\.BTCUSDT","state":"live"/);
  });

  it('cancels its deadline when the exchange has answered', async () => {
    const { pubsub, session, subscribing, clock } = setUp();
    const before = clock.timers;
    const asked = subscribing.subscribe(session, ['ticker:BTCUSDT']);
    expect(clock.timers).toBe(before + 1);
    pubsub.setStreamStatus(BTC, LIVE);
    await asked;
    expect(clock.timers).toBe(before);
  });

  it('answers at once when everything is known here, and needs no timer', () => {
    const { pubsub, session, subscribing, clock, wire } = setUp();
    pubsub.subscribe(BTC, { publication: () => undefined, status: () => undefined });
    pubsub.setStreamStatus(BTC, LIVE);
    const first = publication(BTC, 'e', 1);
    pubsub.publish(first, snapshotAt(first));
    const timers = clock.timers;
    const { accepted, release } = now(subscribing.subscribe(session, ['ticker:BTCUSDT']));
    expect(accepted).toMatchObject([{ arg: 'ticker:BTCUSDT', stream: BTC, position: { epoch: 'e', seq: 1 } }]);
    pubsub.publish(publication(BTC, 'e', 2), undefined);
    session.send(OutFrame.control({ op: 'subscribe' }));
    release();
    expect(wire()).toMatch(/\{"op":"subscribe"\}.*"seq":1,"type":"snapshot".*"seq":2,"type":"update"/);
    expect(clock.timers).toBe(timers);
  });

  it('leaves every stream again when the place of one cannot be had and that is known at once', () => {
    const { pubsub, session, subscribing } = setUp();
    for (const stream of [BTC, ETH]) {
      pubsub.subscribe(stream, { publication: () => undefined, status: () => undefined });
      pubsub.setStreamStatus(stream, LIVE);
    }
    const listeners = pubsub.counts();
    jest
      .spyOn(pubsub, 'recover')
      .mockImplementationOnce(() => ({ epoch: 'e', seq: 0, publications: [], recovered: false }))
      .mockImplementationOnce(() => {
        throw new Error('no memory');
      });
    expect(() => subscribing.subscribe(session, ['ticker:BTCUSDT', 'ticker:ETHUSDT'])).toThrow('no memory');
    expect(session.subscriptions.size).toBe(0);
    expect(pubsub.counts()).toEqual(listeners);
  });

  it('accepts args in the order in which they were sent, also those that name a stream again', () => {
    const { pubsub, session, subscribing } = setUp();
    for (const stream of [BTC, ETH]) {
      pubsub.subscribe(stream, { publication: () => undefined, status: () => undefined });
      pubsub.setStreamStatus(stream, LIVE);
    }
    now(subscribing.subscribe(session, ['ticker:ETHUSDT'])).release();
    const args = ['ticker:BTCUSDT', 'ticker:ETHUSDT', 'mudrex.futures.ticker.BTCUSDT'];
    expect(now(subscribing.subscribe(session, args)).accepted.map(({ arg }) => arg)).toEqual(args);
    expect(session.subscriptions.size).toBe(2);
  });

  it('tells and delivers the same whether places are known at once or must be asked for', async () => {
    let resumed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(aRequest, { minLength: 1, maxLength: 4 }), async (requests) => {
        const [near, far] = [await answersTo(requests, true), await answersTo(requests, false)];
        expect(far).toEqual(near);
        resumed += near.outcomes.flatMap(({ accepted }) => accepted).filter(({ recovered }) => recovered === true).length;
      }),
      { numRuns: 500 },
    );
    expect(resumed).toBeGreaterThan(50);
  });
});

function now(outcome: SubscribeOutcome | Promise<SubscribeOutcome>): SubscribeOutcome {
  if ('then' in outcome) throw new Error('a promise');
  return outcome;
}

interface Asking {
  readonly args: readonly unknown[];
  readonly resume: Readonly<Record<string, Position>>;
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'REFUSED', 'NONSENSE'];
const anArg = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SYMBOLS).map((symbol) => `ticker:${symbol}`) },
  { weight: 2, arbitrary: fc.constantFrom(...SYMBOLS).map((symbol) => `trade:${symbol}`) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(7, 'ticker', null, 'mudrex.futures.ticker.BTCUSDT') },
);
const aRequest: fc.Arbitrary<Asking> = fc.record({
  args: fc.array(anArg, { maxLength: 8 }),
  resume: fc.dictionary(
    fc.constantFrom('ticker:BTCUSDT', 'mudrex.futures.trade.ETHUSDT', 'trade:BTCUSDT'),
    fc.record({ epoch: fc.constantFrom('e', 'older'), seq: fc.nat(6) }),
  ),
});

/** What one client is told and sent that asks for this, one request after the other, while every stream goes on. */
async function answersTo(requests: readonly Asking[], atOnce: boolean) {
  const { pubsub, session, subscribing, wire } = setUp();
  const streams = SYMBOLS.flatMap((symbol) => [`futures.ticker.${symbol}`, `futures.trade.${symbol}`]);
  const numbers = new Map<string, number>();
  const publish = () => {
    for (const stream of streams) {
      const seq = (numbers.get(stream) ?? 0) + 1;
      numbers.set(stream, seq);
      const step = publication(stream, 'e', seq);
      pubsub.publish(step, stream.includes('ticker') ? snapshotAt(step) : undefined);
    }
  };
  for (const stream of streams) {
    pubsub.subscribe(stream, { publication: () => undefined, status: () => undefined });
    pubsub.setStreamStatus(stream, stream.endsWith('REFUSED') ? { ...LIVE, state: 'refused', reason: 'no' } : LIVE);
  }
  for (let i = 0; i < 5; i++) publish();
  if (!atOnce) {
    const recover = pubsub.recover.bind(pubsub);
    jest.spyOn(pubsub, 'recover').mockImplementation((...asked) => Promise.resolve(recover(...asked)));
  }
  const outcomes: Pick<SubscribeOutcome, 'accepted' | 'rejected' | 'pending'>[] = [];
  for (const { args, resume } of requests) {
    const { release, ...outcome } = await subscribing.subscribe(session, args, resume);
    outcomes.push({
      ...outcome,
      accepted: outcome.accepted.map(({ position: { epoch, seq }, ...rest }) => ({ ...rest, position: { epoch, seq } })),
    });
    publish();
    session.send(OutFrame.control({ op: 'subscribe' }));
    release();
    publish();
  }
  return { outcomes, wire: wire() };
}
