import fc from 'fast-check';
import { Flusher } from './flusher';

/** Added to a delivery's latency under overload, at most. */
const MAX_WAIT_MS = 20;

/** A flush lets the loop turn after this long; it looks at the clock after every 16th outbox. */
const SLICE_MS = 4;
const LOOK_EVERY = 16;

/** An event loop in which time passes only by what tasks take and by waiting. */
class ModelLoop {
  time = 5000;
  /** Time that passed by waiting. */
  idle = 5000;
  /** What was asked of the clock, in order: 0 for the end of a turn. */
  readonly waits: number[] = [];
  private turn: (() => void)[] = [];
  private timers: { at: number; task: () => void }[] = [];

  readonly timing = {
    now: () => this.time,
    idle: () => this.idle,
    wallClock: () => 1_700_000_000_000 + this.time,
    endOfTurn: (task: () => void) => {
      this.waits.push(0);
      this.turn.push(task);
    },
    after: (ms: number, task: () => void) => {
      this.waits.push(ms);
      this.timers.push({ at: this.time + ms, task });
    },
  };

  get done(): boolean {
    return this.turn.length === 0 && this.timers.length === 0;
  }

  /** Nothing to do until then. */
  wait(ms: number): void {
    this.time += ms;
    this.idle += ms;
  }

  /** One turn: timers that are due, then what waits for its end. */
  run(): void {
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { task } of due) task();
    for (const task of this.turn.splice(0)) task();
  }

  /** Runs turns until nothing is left to do. */
  settle(): void {
    while (!this.done) {
      if (this.turn.length === 0) this.wait(Math.max(0, Math.min(...this.timers.map(({ at }) => at)) - this.time));
      this.run();
    }
  }
}

interface Load {
  /** What writing out costs, and what else the loop has to do, each millisecond. */
  readonly flushing: number;
  readonly others: number;
}

/**
 * For 5 s messages come each millisecond, while the loop has more to do than that allows as fast as it can; the more messages a flush
 * has gathered the less each costs, as on real sockets: `flushing` is for one of them alone, a further one costs a quarter.
 * @returns waits of the last second, longest first
 */
function load(loop: ModelLoop, flusher: Flusher, { flushing, others }: Load): number[] {
  const until = loop.time + 5000;
  let pending = 0;
  let arrived = loop.time;
  const outbox = {
    flush: () => {
      loop.time += flushing * (1 + (pending - 1) / 4);
      pending = 0;
    },
  };
  let from = 0;
  while (loop.time < until) {
    if (loop.time < until - 1000) from = loop.waits.length;
    for (; arrived <= loop.time; arrived++) {
      loop.time += others;
      if (pending++ === 0) flusher.add(outbox);
    }
    loop.run();
    if (arrived > loop.time) loop.wait(arrived - loop.time);
  }
  loop.settle();
  return loop.waits.slice(from).sort((a, b) => b - a);
}

describe('Flusher', () => {
  it('flushes all who have something once, at the end of the turn, and who comes meanwhile at the end of the next', () => {
    const loop = new ModelLoop();
    const flusher = new Flusher(loop.timing, { everyMs: 0 });
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
    expect(flushed).toEqual([]);
    loop.run();
    expect(flushed).toEqual(['first at 1700000005000', 'second']);
    loop.run();
    expect(flushed.slice(2)).toEqual(['again']);
    expect([loop.done, loop.waits]).toEqual([true, [0, 0]]);
  });

  it.each<[string, Load]>([
    ['has time to spare', { flushing: 0.85, others: 0 }],
    ['is filled by something else', { flushing: 0.1, others: 0.95 }],
  ])('never waits while the loop %s', (_, work) => {
    const loop = new ModelLoop();
    const waits = load(loop, new Flusher(loop.timing, { everyMs: 0 }), work);
    expect([waits.length > 100, waits[0]]).toEqual([true, 0]);
  });

  it.each<[string, Load]>([
    ['by itself', { flushing: 3, others: 0 }],
    ['with what else there is to do', { flushing: 0.8, others: 0.4 }],
  ])(
    'spaces flushes out while fan-out fills the loop %s, never by more than 20 ms, and draws them together again afterwards',
    (_, work) => {
      const loop = new ModelLoop();
      const flusher = new Flusher(loop.timing, { everyMs: 0 });
      const full = load(loop, flusher, work);
      expect(full[0]).toBeGreaterThan(0);
      expect(full[0]).toBeLessThanOrEqual(MAX_WAIT_MS);
      const quiet = load(loop, flusher, { flushing: 0.3, others: 0 });
      expect(quiet[0]).toBe(0);
    },
  );

  it.each([5, 40])(
    'with a pace of its own lets %i ms pass between two flushes, and the first one of a quiet time go at once',
    (everyMs) => {
      const loop = new ModelLoop();
      const flusher = new Flusher(loop.timing, { everyMs });
      const at: number[] = [];
      const outbox = { flush: () => at.push(loop.time) };
      for (let i = 0; i < 10; i++) {
        flusher.add(outbox);
        loop.settle();
      }
      expect(at).toEqual(Array.from({ length: 10 }, (_, i) => 5000 + i * everyMs));
      loop.wait(1000);
      flusher.add(outbox);
      loop.run();
      expect(at.length).toBe(11);
    },
  );

  it('lets the loop turn within a long flush, and goes on where it was before it takes up what came meanwhile', () => {
    const loop = new ModelLoop();
    const flusher = new Flusher(loop.timing, { everyMs: 0 });
    const flushed: number[] = [];
    for (let i = 0; i < 1000; i++) {
      flusher.add({
        flush: () => {
          flushed.push(i);
          loop.time += 0.1;
          if (i === 3) flusher.add({ flush: () => flushed.push(1000) });
        },
      });
    }
    let longest = 0;
    let turns = 0;
    while (!loop.done) {
      const before = loop.time;
      loop.run();
      longest = Math.max(longest, loop.time - before);
      // The rest of a flush is never put off by a timer; what came meanwhile may be.
      if (flushed.length < 1000) expect(loop.waits.at(-1)).toBe(0);
      else loop.settle();
      turns++;
    }
    expect(turns).toBeGreaterThan(4);
    expect(longest).toBeLessThan(25);
    expect(flushed).toEqual(Array.from({ length: 1001 }, (_, i) => i));
  });

  it('writes a reply within one slice, however much is to be fanned out and however long the flushes before took', () => {
    const aBurst = fc.record({
      /** Outboxes with something to write, and what each takes. */
      count: fc.integer({ min: 0, max: 30_000 }),
      cost: fc.double({ min: 0, max: 0.25, noNaN: true }),
      /** Turns until the next one. */
      turns: fc.integer({ min: 1, max: 40 }),
      /** In which of them somebody is answered. */
      repliesAt: fc.array(fc.nat(40), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(aBurst, { minLength: 1, maxLength: 8 }), (bursts) => {
        const loop = new ModelLoop();
        const flusher = new Flusher(loop.timing, { everyMs: 0 });
        let slowest = 0;
        let asked = 0;
        let answered = 0;
        for (const { count, cost, turns, repliesAt } of bursts) {
          const outbox = { flush: () => void (loop.time += cost) };
          for (let i = 0; i < count; i++) flusher.add(outbox);
          for (let turn = 0; turn < turns; turn++) {
            if (repliesAt.includes(turn)) {
              const at = loop.time;
              asked++;
              flusher.soon({
                flush: () => {
                  answered++;
                  slowest = Math.max(slowest, loop.time - at);
                },
              });
            }
            loop.run();
          }
        }
        loop.settle();
        expect(answered).toBe(asked);
        expect(slowest).toBeLessThanOrEqual(SLICE_MS + LOOK_EVERY * 0.25);
      }),
      { numRuns: 50 },
    );
  });

  it('flushes each as often as it was added, in order, and waits at most 20 ms, whatever flushes take and whenever they come', () => {
    const aBurst = fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      cost: fc.double({ min: 0, max: 4, noNaN: true }),
      pause: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(aBurst, { maxLength: 40, size: 'max' }), (bursts) => {
        const loop = new ModelLoop();
        const flusher = new Flusher(loop.timing, { everyMs: 0 });
        const flushed: number[] = [];
        let added = 0;
        for (const { count, cost, pause } of bursts) {
          for (let i = 0; i < count; i++) {
            const nth = added++;
            flusher.add({
              flush: () => {
                flushed.push(nth);
                loop.time += cost;
              },
            });
          }
          loop.run();
          loop.wait(pause);
        }
        loop.settle();
        expect(flushed).toEqual(Array.from({ length: added }, (_, i) => i));
        expect(Math.max(0, ...loop.waits)).toBeLessThanOrEqual(MAX_WAIT_MS);
      }),
    );
  });
});
