import fc from 'fast-check';
import { ModelSocket } from '../../test/support/model-socket';
import { publication } from '../../test/support/publications';
import { readFrames } from '../../test/support/read-frames';
import { Turns } from '../../test/support/turns';
import type { Publication } from '../pubsub/publication';
import { zeroes } from '../meters/zeroes';
import { KINDS, type Kind } from '../streams/stream';
import { Deliveries } from './deliveries';
import { OutFrame } from './out-frame';
import { Outbox, type OutboxOwner } from './outbox';
import { Scratch } from './scratch';

const QUEUE_BYTES = 400_000;
/** More than a client may leave in its socket before it counts as lagging. */
const LARGE = 70_000;

function setUp(queueBytes = QUEUE_BYTES) {
  const turns = new Turns(() => 1_700_000_000_100);
  const socket = new ModelSocket();
  const deliveries = new Deliveries();
  const did: string[] = [];
  const owner: OutboxOwner = {
    pause: (stream) => did.push(`pause ${stream}`),
    resume: (stream) => did.push(`resume ${stream}`),
    gap: ({ stream, epoch, from, to }) => OutFrame.control({ gap: stream, epoch, from, to }),
    tooSlow: () => {
      did.push('too slow');
      outbox.close('slow');
    },
  };
  const outbox: Outbox = new Outbox(socket, false, turns.flusher, new Scratch(), deliveries, queueBytes, owner);
  /** What the client has got, in short. */
  const got = (): string[] => readFrames(socket.wire).frames.map(({ payload }) => payload.toString().trim());
  return { turns, socket, deliveries, outbox, did, got };
}

function step(kind: Kind, seq: number, size = 0, more: Partial<Publication> = {}): OutFrame {
  const about = { ...publication(kind, 'e', seq), kind, ...more };
  return OutFrame.data({ ...about, body: Buffer.from(`${about.stream} ${about.epoch} ${seq}`.padEnd(size)) }, true);
}

const reply = (text: string): OutFrame => OutFrame.control({ reply: text });

/** An outbox whose client has stopped reading in the middle of a large ticker. */
function stalled() {
  const all = setUp();
  all.outbox.push(step('ticker', 1, LARGE));
  all.turns.end();
  const catchUp = (): void => {
    for (let i = 0; i < 3; i++) {
      all.socket.drain();
      all.turns.end();
    }
    all.socket.drain();
  };
  return { ...all, catchUp };
}

describe('An outbox', () => {
  it('writes all that came in a turn in one go, in order', () => {
    const { outbox, turns, socket, got } = setUp();
    for (const seq of [1, 2, 3]) outbox.push(step('trade', seq));
    outbox.push(reply('a'));
    expect(socket.did).toEqual([]);
    turns.end();
    socket.drain();
    expect(socket.did.length).toBe(1);
    expect(got()).toEqual(['trade e 1', 'trade e 2', 'trade e 3', '{"reply":"a"}']);
  });

  it('keeps for a client that lags the newest state, every closed candle, entries and replies in order, and begins books anew', () => {
    const { outbox, turns, catchUp, did, got, deliveries } = stalled();
    for (const frame of [
      step('ticker', 2),
      step('kline', 1),
      step('trade', 1),
      reply('a'),
      step('orderbook', 5),
      step('kline', 2, 0, { closed: true }),
      step('ticker', 3),
      step('orderbook', 6),
      step('trade', 2),
      step('kline', 3),
      step('kline', 4),
      reply('b'),
    ]) {
      outbox.push(frame);
    }
    turns.end();
    expect(did).toEqual(['pause orderbook']);
    catchUp();
    expect(did).toEqual(['pause orderbook', 'resume orderbook']);
    expect(got().slice(1)).toEqual([
      'trade e 1',
      '{"reply":"a"}',
      'kline e 2',
      'trade e 2',
      '{"reply":"b"}',
      'ticker e 3',
      'kline e 4',
    ]);
    expect(deliveries.slow).toEqual({ conflated: 3, gap: 0, resnapshot: 1, slow_closed: 0 });
    expect([...deliveries.dropped.entries()]).toEqual([['slow', 2]]);
  });

  it('tells which entries of a log are missing, by epoch, right behind those that are there', () => {
    const { outbox, turns, catchUp, got, deliveries } = stalled();
    const half = QUEUE_BYTES / 4 / 2 - 100;
    outbox.push(reply('a'));
    turns.end();
    for (let seq = 1; seq <= 6; seq++) outbox.push(step('trade', seq, half));
    for (let seq = 1; seq <= 2; seq++) outbox.push(step('trade', seq, half, { epoch: 'f' }));
    outbox.push(step('liquidation', 1, half));
    catchUp();
    outbox.push(step('trade', 3, 0, { epoch: 'f' }));
    catchUp();
    expect(got().slice(1)).toEqual([
      '{"reply":"a"}',
      'trade e 1',
      'trade e 2',
      '{"gap":"trade","epoch":"e","from":3,"to":6}',
      '{"gap":"trade","epoch":"f","from":1,"to":2}',
      '{"gap":"liquidation","epoch":"e","from":1,"to":1}',
      'trade f 3',
    ]);
    expect([deliveries.slow.gap, deliveries.dropped.get('slow')]).toEqual([3, 7]);
  });

  it('sends nothing of a stream behind the answer to its unsubscribe', () => {
    for (const late of [false, true]) {
      const { outbox, turns, catchUp, got } = stalled();
      const leave = (stream: string): void => {
        outbox.forget(stream);
        outbox.push(reply(`left ${stream}`));
      };
      outbox.push(step('ticker', 2));
      outbox.push(step('trade', 1, QUEUE_BYTES / 4 + 100));
      outbox.push(step('trade', 1, 0, { epoch: 'f' }));
      if (late) turns.end();
      leave('ticker');
      leave('trade');
      outbox.push(step('ticker', 3, 0, { type: 'snapshot' }));
      turns.end();
      catchUp();
      expect(got().slice(1)).toEqual(['{"reply":"left ticker"}', '{"reply":"left trade"}', 'ticker e 3']);
      expect(outbox.queued).toBe(0);
    }
  });

  it('gives back what a state that was left took', () => {
    const { outbox, turns } = stalled();
    outbox.push(reply('a'));
    turns.end();
    const before = outbox.queued;
    outbox.push(step('ticker', 2, 1000));
    expect(outbox.queued).toBeGreaterThan(before + 1000);
    outbox.forget('ticker');
    expect(outbox.queued).toBe(before);
  });

  it('finds too slow a client for which more must be kept than may be, once, and counts each frame once', () => {
    for (const sameTurn of [false, true]) {
      const { outbox, turns, did, deliveries, socket } = stalled();
      for (let i = 0; i < 600; i++) {
        outbox.push(reply('x'.repeat(1000)));
        if (!sameTurn) turns.end();
      }
      turns.end();
      expect(did).toEqual(['too slow']);
      expect(deliveries.dropped.total).toBe(600);
      expect(outbox.queued).toBe(socket.backlog);
    }
  });

  it('lets a client have more at once than may wait for it, when it reads', () => {
    const { outbox, turns, socket, did, got } = setUp(2000);
    for (let seq = 1; seq <= 20; seq++) outbox.push(step('kline', seq, 60, { closed: true }));
    for (let i = 0; i < 5; i++) {
      turns.end();
      socket.drain();
    }
    expect([did, got().length, outbox.queued]).toEqual([[], 20, 0]);
  });

  it('writes a frame that is larger than all that may wait when nothing else does', () => {
    const { outbox, turns, socket, got } = setUp(1000);
    outbox.push(step('orderbook', 1, 5000));
    turns.end();
    socket.drain();
    expect(got()).toEqual(['orderbook e 1']);
  });

  it('counts what is written by kind and observes the latency of a frame once, whoever gets it', () => {
    const { turns, deliveries } = setUp();
    const shared = step('trade', 1);
    const owner: OutboxOwner = {
      pause: () => undefined,
      resume: () => undefined,
      gap: () => reply('gap'),
      tooSlow: () => undefined,
    };
    const scratch = new Scratch();
    const open = (): Outbox => new Outbox(new ModelSocket(), false, turns.flusher, scratch, deliveries, QUEUE_BYTES, owner);
    for (const outbox of [open(), open()]) outbox.push(shared);
    open().push(reply('a'));
    turns.end();
    expect(deliveries.sent).toEqual({ ...zeroes(KINDS), trade: 2, control: 1 });
    expect([deliveries.latency.count, deliveries.latency.sumMs]).toEqual([1, 99]);
  });
});

describe('Scratch', () => {
  it('joins what each client gets, whoever shares it and however much of it the kernels take at once', () => {
    const aTurn = fc.array(fc.record({ client: fc.nat(3), frames: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        fc.array(fc.record({ turn: aTurn, client: fc.nat(3), take: fc.nat(30_000) }), { maxLength: 20, size: 'max' }),
        (rounds) => {
          const turns = new Turns(() => 0);
          const scratch = new Scratch();
          const shared = Array.from({ length: 6 }, (_, i) => reply(String(i).repeat(i * 2000 + 1)));
          const owner: OutboxOwner = { pause: fail, resume: fail, gap: fail, tooSlow: fail };
          const clients = Array.from({ length: 4 }, (_, i) => {
            const socket = new ModelSocket(i * 5000);
            const outbox = new Outbox(socket, false, turns.flusher, scratch, new Deliveries(), 100_000_000, owner);
            return { socket, outbox, expected: [] as Buffer[] };
          });
          for (const { turn, client, take } of rounds) {
            for (const { client: nth, frames } of turn) {
              for (const frame of frames) {
                clients[nth]?.outbox.push(shared[frame] as OutFrame);
                clients[nth]?.expected.push((shared[frame] as OutFrame).bytes(false));
              }
            }
            turns.end();
            clients[client]?.socket.take(take);
          }
          for (let i = 0; i < 40; i++) {
            turns.end();
            for (const { socket } of clients) socket.drain();
          }
          for (const { socket, expected } of clients) expect(socket.wire.equals(Buffer.concat(expected))).toBe(true);
        },
      ),
    );
  });
});

function fail(): never {
  throw new Error('nothing of this may happen');
}
