import { ManualClock } from '../../test/support/manual-clock';
import { ModelSocket } from '../../test/support/model-socket';
import { publication } from '../../test/support/publications';
import { settled } from '../../test/support/settled';
import { Turns } from '../../test/support/turns';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Recovery } from '../pubsub/publication';
import type { StreamStatus } from '../pubsub/status';
import { Hub } from '../subscriptions/hub';
import { Deliveries } from './deliveries';
import { NativeDoor } from './native/native-door';
import { OutFrame } from './out-frame';
import { Sessions } from './sessions';
import { Subscribing } from './subscribing';

const BTC = 'futures.ticker.BTCUSDT';
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
    jest.spyOn(pubsub, 'recover').mockRejectedValueOnce(new Error('connection lost'));
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
});
