import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { ModelSocket } from '../../test/support/model-socket';
import { publication } from '../../test/support/publications';
import { settled } from '../../test/support/settled';
import { Turns } from '../../test/support/turns';
import { InProcessPubSub } from '../pubsub/in-process';
import { streamOf } from '../streams/stream';
import { Hub } from '../subscriptions/hub';
import { Deliveries } from './deliveries';
import { NativeDoor } from './native/native-door';
import { OutFrame } from './out-frame';
import type { Session, SessionLimits } from './session';
import { Sessions } from './sessions';

const LIMITS: SessionLimits = {
  messagesPerSecond: 10,
  queueBytes: 1000,
  idleMs: 60_000,
  pingMs: 20_000,
  stallMs: 5000,
  closeMs: 3000,
};
const BTC = streamOf('futures', { kind: 'ticker' }, 'BTCUSDT');

function setUp() {
  const clock = new ManualClock();
  const turns = new Turns(clock.now.bind(clock));
  const slow: string[] = [];
  let random = 0;
  const sessions = new Sessions(
    clock,
    turns.flusher,
    new Deliveries(),
    LIMITS,
    () => (random += 0.1),
    (session, why) => slow.push(`${session.id} ${why}`),
  );
  const door = new NativeDoor('mudrex');
  const open = (address = '10.0.0.1'): { session: Session; socket: ModelSocket } => {
    const socket = new ModelSocket();
    return { session: sessions.open(address, door, socket, false), socket };
  };
  return { clock, sessions, slow, open, endTurn: () => turns.end() };
}

const pong = () => OutFrame.control({ op: 'pong', timestamp: 1 });

describe('Sessions', () => {
  it('counts clients by address, in all and for ever, whatever the order they come and go in', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(3), fc.nat(20)), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(steps, (all) => {
        const { sessions, open } = setUp();
        const here: Session[] = [];
        let opened = 0;
        let closed = 0;
        for (const [comes, address, nth] of all) {
          if (comes) {
            here.push(open(`10.0.0.${address}`).session);
            opened++;
          } else {
            const [gone] = here.splice(nth % Math.max(1, here.length), 1);
            if (!gone) continue;
            sessions.close(gone, 1000);
            sessions.close(gone, 1000);
            closed++;
          }
          for (let i = 0; i <= 3; i++) {
            expect(sessions.from(`10.0.0.${i}`)).toBe(here.filter((one) => one.address === `10.0.0.${i}`).length);
          }
        }
        expect([sessions.active, sessions.established, sessions.closed.get('1000')]).toEqual([here.length, opened, closed]);
        expect([...sessions.all()]).toEqual(here);
      }),
    );
  });

  it('counts closes by code, and codes that nobody knows as other', () => {
    const { sessions, open } = setUp();
    for (const code of [1000, 1006, 4999, 3000]) sessions.close(open().session, code);
    expect([...sessions.closed.entries()]).toEqual([
      ['1000', 1],
      ['1006', 1],
      ['other', 2],
    ]);
  });

  it('counts why we closed, not how the socket ended', () => {
    const { sessions, open } = setUp();
    const ours = open().session;
    ours.end(4003, 'Connection limit reached');
    sessions.close(ours, 1006);
    const broken = open().session;
    broken.brokeProtocol(1009);
    sessions.close(broken, 1006);
    expect([...sessions.closed.entries()]).toEqual([
      ['4003', 1],
      ['1009', 1],
    ]);
  });
});

describe('A session', () => {
  it('that only listens but answers pings is never idle', () => {
    const { clock, open } = setUp();
    const { session, socket } = open();
    for (let i = 0; i < 600; i++) {
      clock.advance(1000);
      if (socket.did.at(-1) === 'ping') {
        socket.did.push('pong');
        session.heard();
      }
    }
    expect(session.closing).toBe(false);
    expect(socket.did.filter((what) => what === 'ping').length).toBe(30);
  });

  it('that answers nothing is closed as idle with 4000, and dropped when it does not answer that either', () => {
    const { clock, open, sessions } = setUp();
    const { session, socket } = open();
    // Somebody sets the machine's clock: no time has passed.
    clock.jump(3_600_000);
    clock.advance(LIMITS.idleMs - 1);
    expect(session.closing).toBe(false);
    clock.jump(-7_200_000);
    clock.advance(1);
    expect(socket.did).toEqual(['ping', 'ping', 'close 4000 Idle timeout: nothing heard for 60 s, not even pongs']);
    clock.advance(LIMITS.closeMs);
    expect(socket.did.at(-1)).toBe('terminate');
    sessions.close(session, 1006);
    expect(sessions.closed.get('4000')).toBe(1);
    expect(clock.timers).toBe(1);
  });

  it('is not dropped after it has gone by itself', () => {
    const { clock, open, sessions } = setUp();
    const { session, socket } = open();
    session.end(4003, 'Connection limit reached');
    sessions.close(session, 4003);
    clock.advance(60_000);
    expect(socket.did).toEqual(['close 4003 Connection limit reached']);
  });

  it('that makes no progress with waiting bytes is closed with 4008; one that makes a little is not', () => {
    const { clock, open, slow, endTurn } = setUp();
    const [stalled, crawling] = [open(), open()];
    for (const { session } of [stalled, crawling]) session.send(pong());
    endTurn();
    for (let i = 0; i < 10; i++) {
      crawling.socket.take(1);
      clock.advance(1000);
    }
    expect(slow).toEqual(['c1 stalled']);
    expect(stalled.session.closeCode).toBe(4008);
    expect(crawling.session.closing).toBe(false);
  });

  it('whose stall is younger than the limit is left alone: bytes that waited before do not count', () => {
    const { clock, open, slow, endTurn } = setUp();
    const { session, socket } = open();
    clock.advance(30_000);
    session.heard();
    session.send(pong());
    endTurn();
    clock.advance(LIMITS.stallMs - 1000);
    expect(slow).toEqual([]);
    socket.drain();
    clock.advance(20_000);
    expect(slow).toEqual([]);
  });

  it('with too much waiting is closed with 4008 once, gets nothing more, and its frames are counted as dropped', () => {
    const { open, slow, endTurn, sessions } = setUp();
    const { session, socket } = open();
    for (let i = 0; i < 100; i++) session.send(pong());
    endTurn();
    session.send(pong());
    endTurn();
    expect(slow).toEqual(['c1 slow']);
    expect(socket.did.map((what) => what.slice(0, 10))).toEqual(['close 4008']);
    const { slow: late = 0, closed = 0 } = Object.fromEntries(sessions.deliveries.dropped.entries());
    expect([late + closed, late > 0, sessions.deliveries.slow.slow_closed]).toEqual([101, true, 1]);
    expect(session.queued).toBe(socket.backlog);
  });

  it('that turns out too slow while it is being closed is closed once', () => {
    const { open, clock, sessions } = setUp();
    const { session, socket } = open();
    for (let i = 0; i < 16; i++) session.send(pong());
    socket.backlog = 70_000;
    session.end(1001, 'reconnect_after_ms=1');
    expect(socket.did.map((what) => what.slice(0, 10))).toEqual(['close 4008']);
    expect([...sessions.deliveries.dropped.entries()]).toEqual([['slow', 16]]);
    sessions.close(session, 1006);
    expect(clock.timers).toBe(1);
  });

  it('that pings on and on without reading is closed with 4008: pongs wait too', () => {
    const { open, slow } = setUp();
    const { session, socket } = open();
    socket.backlog = LIMITS.queueBytes;
    session.pinged();
    expect(slow).toEqual([]);
    socket.backlog++;
    session.pinged();
    expect(slow).toEqual(['c1 slow']);
  });

  it('whose order book cannot be begun anew is closed with 4008', async () => {
    const { open, slow, endTurn } = setUp();
    const pubsub = new InProcessPubSub(4);
    const book = streamOf('futures', { kind: 'orderbook', depth: 50 }, 'BTCUSDT');
    const { session, socket } = open();
    const membership = new Hub(pubsub).join(book, session);
    session.subscriptions.set(book.name, { arg: 'orderbook:BTCUSDT', membership });
    await membership.recover();
    membership.release();
    pubsub.open(book.name, 'e');
    for (let seq = 1; seq < 20; seq++) pubsub.publish({ ...publication(book.name, 'e', seq), kind: 'orderbook' }, undefined);
    endTurn();
    jest.spyOn(pubsub, 'recover').mockImplementationOnce(() => Promise.reject(new Error('connection lost')));
    socket.drain();
    await settled();
    expect(slow).toEqual(['c1 slow']);
  });

  it('sends what is queued before it closes, and leaves every stream', async () => {
    const { open } = setUp();
    const pubsub = new InProcessPubSub(4);
    const hub = new Hub(pubsub);
    const { session, socket } = open();
    const membership = hub.join(BTC, session);
    session.subscriptions.set(BTC.name, { arg: 'ticker:BTCUSDT', membership });
    await membership.recover();
    membership.release();
    pubsub.open(BTC.name, 'e');
    pubsub.publish(publication(BTC.name, 'e', 1), undefined);
    await settled();
    session.end(4000, 'Idle timeout');
    expect(socket.did.map((what) => what.split(' ', 1)[0])).toEqual(['write', 'close']);
    expect(pubsub.counts()).toEqual({ channels: 0, listeners: 0 });
  });
});

describe('Draining', () => {
  it('sends all away at once, each with its own time to come back, and ends when the last has gone', async () => {
    const { clock, sessions, open } = setUp();
    const all = [open(), open(), open()];
    let done = false;
    const drained = sessions.drain(2000).then(() => (done = true));
    expect(sessions.draining).toBe(true);
    expect(all.map(({ socket }) => socket.did)).toEqual([
      ['close 1001 reconnect_after_ms=200'],
      ['close 1001 reconnect_after_ms=300'],
      ['close 1001 reconnect_after_ms=400'],
    ]);
    for (const { session } of all) {
      await settled();
      expect(done).toBe(false);
      sessions.close(session, 1001);
    }
    await drained;
    expect(clock.timers).toBe(0);
  });

  it('drops who has not gone in time and ends all the same', async () => {
    const { clock, sessions, open } = setUp();
    const { session, socket } = open();
    const drained = sessions.drain(2000);
    clock.advance(2000);
    await drained;
    expect(socket.did.at(-1)).toBe('terminate');
    sessions.close(session, 1006);
    expect(sessions.closed.get('1001')).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it('ends at once when nobody is there', async () => {
    const { clock, sessions } = setUp();
    await sessions.drain(2000);
    expect(clock.timers).toBe(0);
  });

  it('spreads many clients over a longer time', async () => {
    const { sessions, open } = setUp();
    const sockets = Array.from({ length: 3000 }, () => open().socket);
    const drained = sessions.drain(0);
    const last = sockets[2]?.did[0];
    expect(last).toBe('close 1001 reconnect_after_ms=1000');
    for (const session of [...sessions.all()]) sessions.close(session, 1001);
    await drained;
  });
});
