import fc from 'fast-check';
import { Flusher } from './flusher';

/** Added to a delivery's latency under overload, at most. */
const MAX_WAIT_MS = 20;

/** An event loop in which time passes only by what tasks take and by waiting for timers. */
class ModelLoop {
  time = 5000;
  /** What was asked of the clock, in order: 0 for the end of a turn. */
  readonly waits: number[] = [];
  private turn: (() => void)[] = [];
  private timers: { at: number; task: () => void }[] = [];

  readonly timing = {
    now: () => this.time,
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

  get idle(): boolean {
    return this.turn.length === 0 && this.timers.length === 0;
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
    while (!this.idle) {
      if (this.turn.length === 0) this.time = Math.max(this.time, Math.min(...this.timers.map(({ at }) => at)));
      this.run();
    }
  }
}

/** For `ms` of time, somebody has something to write every millisecond, which takes `cost`. @returns waits of the last fifth, longest first */
function load(loop: ModelLoop, flusher: Flusher, ms: number, cost: number): number[] {
  const until = loop.time + ms;
  const outbox = { flush: () => void (loop.time += cost) };
  let from = 0;
  while (loop.time < until) {
    if (loop.time < until - ms / 5) from = loop.waits.length;
    flusher.add(outbox);
    loop.run();
    loop.time += 1;
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
    expect([loop.idle, loop.waits]).toEqual([true, [0, 0]]);
  });

  it('never waits while it takes little of the loop', () => {
    const loop = new ModelLoop();
    const waits = load(loop, new Flusher(loop.timing, { everyMs: 0 }), 3000, 0.3);
    expect([waits.length > 100, waits[0]]).toEqual([true, 0]);
  });

  it('spaces flushes out while they fill the loop, never by more than 20 ms, and draws them together again afterwards', () => {
    const loop = new ModelLoop();
    const flusher = new Flusher(loop.timing, { everyMs: 0 });
    const full = load(loop, flusher, 3000, 9);
    expect(full[0]).toBeGreaterThan(0);
    expect(full[0]).toBeLessThanOrEqual(MAX_WAIT_MS);
    const quiet = load(loop, flusher, 5000, 0.1);
    expect(quiet[0]).toBe(0);
  });

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
      loop.time += 1000;
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
    while (!loop.idle) {
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

  it('flushes each as often as it was added, in order, and waits at most 20 ms, whatever flushes take and whenever they come', () => {
    const aBurst = fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      cost: fc.double({ min: 0, max: 4, noNaN: true }),
      pause: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(aBurst, { maxLength: 40 }), (bursts) => {
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
          loop.time += pause;
        }
        loop.settle();
        expect(flushed).toEqual(Array.from({ length: added }, (_, i) => i));
        expect(Math.max(0, ...loop.waits)).toBeLessThanOrEqual(MAX_WAIT_MS);
      }),
    );
  });
});
