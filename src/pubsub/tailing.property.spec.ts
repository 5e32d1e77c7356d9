import fc from 'fast-check';
import { ModelListener } from '../../test/support/model-listener';
import { ModelWire, ModelWorld, wholeOf, type Truth } from '../../test/support/model-world';
import { settled } from '../../test/support/settled';
import { systemClock } from '../clock/clock';
import { Tailing } from './tailing';

const STREAMS = ['futures.orderbook.50.AUSDT', 'futures.ticker.AUSDT', 'futures.trade.AUSDT'] as const;

const stream = fc.constantFrom(...STREAMS);
const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 12 }));
/** Usually the wire of the moment, otherwise one that was used before. */
const wire = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) });
const which = fc.nat(9);
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('publish' as const), stream, count }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('snapshot' as const), stream }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resync' as const), stream }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('status' as const), stream }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('market' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), stream }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), stream }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('arrive' as const), count, wire }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), which, wire }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('answer' as const), which, fresh: fc.boolean(), wire }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restore' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('use' as const), world: fc.nat(1), again: fc.boolean(), vouched: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('vouch' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('join' as const), stream }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('resume' as const), which, back: fc.nat(9) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Two publishers, a process that listens to one of them at a time, and those who listen there. */
class Run {
  private time = 0;
  private readonly truth: Truth = new Map();
  private readonly worlds = ['a', 'b'].map((name) => new ModelWorld(name, this.truth, () => ++this.time));
  private wire = new ModelWire(this.worlds[0] as ModelWorld);
  private readonly wires = [this.wire];
  readonly tailing = new Tailing(this.wire, 'mudrex', systemClock, wholeOf);
  private listeners: ModelListener[] = [];
  readonly all: ModelListener[] = [];
  /** An epoch was left for another one and may have been come back to. */
  cameBack = false;

  constructor() {
    for (const name of STREAMS) this.worlds[0]?.open(name);
    this.tailing.start();
  }

  private get world(): ModelWorld {
    return this.wire.world;
  }

  /** Everybody stands somewhere. */
  async begin(): Promise<void> {
    for (const name of STREAMS) {
      this.world.publish(name);
      this.join(new ModelListener(this.tailing, name, this.truth));
    }
    await this.calm();
  }

  async take(next: Step): Promise<void> {
    this.act(next);
    await settled();
    for (const { wrong } of this.all) if (wrong) throw new Error(wrong);
  }

  /** Lets all that is under way arrive, until nothing is. */
  async calm(): Promise<void> {
    for (let turns = 0; !this.wire.quiet; turns++) {
      if (turns > 200) throw new Error('it never comes to rest');
      this.wire.answer(0, true);
      await settled();
      this.wire.arrive(3);
      await settled();
    }
    for (const { wrong } of this.all) if (wrong) throw new Error(wrong);
  }

  async end(): Promise<void> {
    for (const name of STREAMS) this.join(new ModelListener(this.tailing, name, this.truth));
    this.wire.restore();
    this.tailing.vouch('futures');
    await settled();
    await this.calm();
    if (!this.cameBack) this.check();
    for (const name of STREAMS) {
      if (this.world.place(name).epoch === '') this.world.open(name);
      for (let i = 0; i < 20; i++) this.world.publish(name, i === 0);
      this.world.setStatus(name, 'live');
    }
    await this.calm();
    this.check();
  }

  /** Whoever listens stands where the publisher stands. */
  check(): void {
    expect(this.tailing.marketStatus('futures')).toEqual(this.world.market);
    for (const listener of this.listeners) {
      const place = this.world.place(listener.stream);
      expect(this.tailing.streamStatus(listener.stream)).toEqual(this.world.status(listener.stream));
      expect(listener.joined).toBe(true);
      // Nothing can be told of an epoch that has just begun, or of a state that is being rebuilt.
      const { publications } = this.world.find(listener.stream);
      if (listener.isLog ? place.seq === 0 : publications.length === 0) continue;
      expect({ stream: listener.stream, ...listener.at }).toEqual({ stream: listener.stream, ...place });
      expect(listener.status_).toEqual(this.world.status(listener.stream) ?? listener.status_);
    }
  }

  leaveAll(): void {
    for (const listener of this.listeners) listener.leave();
    expect(this.tailing.counts()).toEqual({ channels: 0, listeners: 0 });
  }

  private act(next: Step): void {
    const { world, wire } = this;
    switch (next.do) {
      case 'publish':
        for (let i = 0; i < next.count; i++) world.publish(next.stream);
        break;
      case 'snapshot':
        world.publish(next.stream, true);
        break;
      case 'resync':
        world.resync(next.stream);
        break;
      case 'status':
        world.setStatus(next.stream, 'live');
        break;
      case 'market':
        world.setMarket('live');
        break;
      case 'open':
        world.open(next.stream);
        break;
      case 'close':
        world.close(next.stream);
        break;
      case 'arrive':
        this.wireAt(next.wire).arrive(next.count);
        break;
      case 'lose':
        wire.lose(next.count);
        break;
      case 'repeat':
        this.wireAt(next.wire).repeat(next.which);
        break;
      case 'answer':
        this.wireAt(next.wire).answer(next.which, next.fresh);
        break;
      case 'break':
        wire.break();
        break;
      case 'restore':
        wire.restore();
        break;
      case 'use':
        this.use(next.world, next.again, next.vouched);
        break;
      case 'vouch':
        this.tailing.vouch('futures');
        break;
      case 'join':
        this.join(new ModelListener(this.tailing, next.stream, this.truth));
        break;
      case 'leave':
        this.listeners.splice(next.which, 1)[0]?.leave();
        break;
      case 'resume':
        this.resume(next.which, next.back);
    }
  }

  /** @param again over a wire that was used before, if there is one */
  private use(index: number, again: boolean, vouched: boolean): void {
    const world = this.worlds[index] as ModelWorld;
    const before = this.wires.find((wire) => wire.world === world && wire !== this.wire);
    if (world !== this.world || this.wires.length > 1) this.cameBack = true;
    if (again && before) this.wire = before;
    else {
      this.wire = new ModelWire(world);
      this.wires.push(this.wire);
    }
    this.tailing.use(this.wire, vouched);
  }

  private join(listener: ModelListener): void {
    this.listeners.push(listener);
    this.all.push(listener);
    void listener.join();
  }

  /** Whoever leaves may come back as of a place where it stood a while ago. */
  private resume(index: number, back: number): void {
    const before = this.listeners[index];
    if (!before?.joined) return;
    this.listeners.splice(index, 1);
    before.leave();
    this.join(new ModelListener(this.tailing, before.stream, this.truth, before.stood(back)));
  }

  /** Counted from the wire of the moment. */
  private wireAt(index: number): ModelWire {
    const all = [this.wire, ...this.wires.filter((each) => each !== this.wire)];
    return all[index] ?? this.wire;
  }
}

describe('Tailing', () => {
  it('tells every listener every number once and in order, or what is missing, whatever the wire does', async () => {
    const seen = { gaps: 0, snapshots: 0, holes: 0, duplicates: 0, repairs: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 120, size: 'max' }), async (steps) => {
        const run = new Run();
        await run.begin();
        for (const next of steps) await run.take(next);
        await run.end();
        run.leaveAll();
        for (const listener of run.all) {
          seen.gaps += listener.gaps;
          seen.snapshots += listener.snapshots;
        }
        const { counters } = run.tailing;
        for (const key of ['holes', 'duplicates', 'repairs'] as const) seen[key] += counters[key];
      }),
      { numRuns: 500 },
    );
    // Much of it must have happened, or the runs proved little.
    const { gaps, snapshots, holes, duplicates, repairs } = seen;
    expect(Math.min(gaps / 10, snapshots / 50, holes, duplicates, repairs / 20)).toBeGreaterThan(30);
  });
});
