import fc from 'fast-check';
import { Deliveries } from './deliveries';
import { Flusher } from './flusher';
import { OutFrame } from './out-frame';
import { Outbox } from './outbox';

const QUEUE_BYTES = 300;

/** A socket whose kernel takes bytes when the test says so. */
function createSocket() {
  return {
    open: true,
    backlog: 0,
    progress: 0,
    writes: [] as Buffer[],
    write(frames: Buffer): void {
      this.writes.push(frames);
      this.backlog += frames.length;
    },
    take(bytes: number): void {
      const taken = Math.min(bytes, this.backlog);
      this.backlog -= taken;
      this.progress += taken;
    },
    ping: () => undefined,
    close: () => undefined,
    terminate: () => undefined,
  };
}

function setUp() {
  const turns: (() => void)[] = [];
  const socket = createSocket();
  const deliveries = new Deliveries();
  const flusher = new Flusher(
    (task) => turns.push(task),
    () => 1000,
  );
  const slow: string[] = [];
  const outbox: Outbox = new Outbox(socket, flusher, deliveries, QUEUE_BYTES, () => {
    slow.push('slow');
    outbox.close('slow');
  });
  return { socket, deliveries, flusher, outbox, slow, turns, endTurn: () => turns.splice(0).forEach((run) => run()) };
}

function frame(size: number): OutFrame {
  return OutFrame.data(Buffer.alloc(size, size % 251), 'trade', 990);
}

type Step =
  | { readonly do: 'push'; readonly size: number; readonly catchUp: boolean }
  | { readonly do: 'take'; readonly bytes: number }
  | { readonly do: 'end turn' | 'lose' | 'close' };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('push' as const), size: fc.nat(150), catchUp: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), bytes: fc.nat(600) }) },
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'end turn' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'lose' }, { do: 'close' }) },
);

describe('Outbox and Flusher', () => {
  it('write exactly the frames that were pushed, in order, one write per turn, or say how many they dropped and why', () => {
    const seen = { slow: 0, excused: 0 };
    fc.assert(
      fc.property(fc.array(aStep, { maxLength: 80, size: 'max' }), (steps) => {
        const { socket, deliveries, outbox, slow, endTurn } = setUp();
        const wire: Buffer[] = [];
        let waiting: { frame: OutFrame; catchUp: boolean }[] = [];
        let dropped = { slow: 0, closed: 0 };
        let excused = 0;
        let closed = false;
        let slowTimes = 0;
        for (const step of steps) {
          if (step.do === 'push') {
            const next = frame(step.size);
            if (closed) dropped = { ...dropped, closed: dropped.closed + 1 };
            else waiting.push({ frame: next, catchUp: step.catchUp });
            if (step.catchUp) outbox.pushCatchUp(next);
            else outbox.push(next);
          } else if (step.do === 'take') socket.take(step.bytes);
          else if (step.do === 'lose') socket.open = false;
          else if (step.do === 'close') {
            outbox.close('closed');
            closed = true;
            dropped = { ...dropped, closed: dropped.closed + waiting.length };
            waiting = [];
          } else {
            if (waiting.length > 0) {
              if (socket.backlog === 0) excused = 0;
              if (!socket.open) dropped = { ...dropped, closed: dropped.closed + waiting.length };
              else if (socket.backlog - excused > QUEUE_BYTES) {
                dropped = { ...dropped, slow: dropped.slow + waiting.length };
                slowTimes++;
                closed = true;
              } else {
                if (socket.backlog > QUEUE_BYTES) seen.excused++;
                wire.push(Buffer.concat(waiting.map((each) => each.frame.bytes)));
                for (const each of waiting) if (each.catchUp) excused += each.frame.bytes.length;
              }
              waiting = [];
            }
            endTurn();
          }
          expect(outbox.queued).toBe(waiting.reduce((sum, each) => sum + each.frame.bytes.length, 0) + socket.backlog);
        }
        expect(socket.writes).toEqual(wire);
        expect({ slow: deliveries.dropped.get('slow'), closed: deliveries.dropped.get('closed') }).toEqual(dropped);
        expect(slow.length).toBe(slowTimes);
        expect(slowTimes).toBeLessThanOrEqual(1);
        seen.slow += slowTimes;
      }),
      { numRuns: 400 },
    );
    expect(seen.slow).toBeGreaterThan(0);
    expect(seen.excused).toBeGreaterThan(0);
  });

  it('end the turn once for all who have something', () => {
    const { flusher, turns, endTurn } = setUp();
    const flushed: string[] = [];
    const again = { flush: () => flushed.push('again') };
    const first = {
      flush: (now: number) => {
        flushed.push(`first at ${now}`);
        flusher.add(again);
      },
    };
    flusher.add(first);
    flusher.add({ flush: () => flushed.push('second') });
    expect(turns.length).toBe(1);
    endTurn();
    expect(flushed).toEqual(['first at 1000', 'second']);
    endTurn();
    expect(flushed).toEqual(['first at 1000', 'second', 'again']);
  });

  it('count what is written by kind and observe the latency of a frame once, whoever gets it', () => {
    const { deliveries, flusher, endTurn } = setUp();
    const shared = frame(10);
    const sockets = [createSocket(), createSocket()];
    for (const socket of sockets) new Outbox(socket, flusher, deliveries, QUEUE_BYTES, () => undefined).push(shared);
    new Outbox(createSocket(), flusher, deliveries, QUEUE_BYTES, () => undefined).push(OutFrame.control({ op: 'pong' }));
    endTurn();
    expect(deliveries.sent).toEqual({ ticker: 0, kline: 0, trade: 2, orderbook: 0, liquidation: 0, control: 1 });
    expect([deliveries.latency.count, deliveries.latency.sumMs]).toEqual([1, 10]);
    expect(sockets.map(({ writes }) => writes[0] === shared.bytes)).toEqual([true, true]);
  });

  it('find too slow a client for which catch-up piles up without end, in one turn or in many', () => {
    const oneTurn = setUp();
    for (let i = 0; i < 70; i++) oneTurn.outbox.pushCatchUp(frame(QUEUE_BYTES));
    oneTurn.endTurn();
    expect(oneTurn.slow).toEqual(['slow']);
    expect(oneTurn.socket.writes).toEqual([]);
    expect(oneTurn.deliveries.dropped.get('slow')).toBe(70);

    const manyTurns = setUp();
    for (let i = 0; i < 70; i++) {
      manyTurns.outbox.pushCatchUp(frame(QUEUE_BYTES));
      manyTurns.endTurn();
    }
    expect(manyTurns.slow).toEqual(['slow']);
    expect(manyTurns.socket.backlog).toBeLessThan(67 * QUEUE_BYTES);
  });
});
