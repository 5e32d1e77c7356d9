import fc from 'fast-check';
import { ManualClock } from '../../../test/support/manual-clock';
import { ModelLeaseStore } from '../../../test/support/model-lease-store';
import { settled } from '../../../test/support/settled';
import { Lease } from './lease';
import type { LeaseStore } from './lease-store';

function setUp(store: (model: ModelLeaseStore) => Partial<LeaseStore> = () => ({})) {
  const clock = new ManualClock();
  const model = new ModelLeaseStore(clock);
  const told: string[] = [];
  const own = store(model);
  const lease = new Lease(
    'futures',
    'a',
    {
      store: {
        tryAcquire: own.tryAcquire ?? model.tryAcquire.bind(model),
        renew: own.renew ?? model.renew.bind(model),
        release: own.release ?? model.release.bind(model),
        onReleased: model.onReleased.bind(model),
      },
      clock,
      random: () => 0.5,
    },
    {
      held: (fence) => told.push(`held ${fence}`),
      elsewhere: (alive) => told.push(alive ? 'alive elsewhere' : 'elsewhere'),
      lost: (why) => told.push(`lost ${why}`),
    },
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await settled();
    }
  };
  return { clock, model, told, lease, pass };
}

const never = () => new Promise<never>(() => undefined);

describe('a lease', () => {
  it('is held by who asks first, for as long as it is renewed', async () => {
    const { model, told, lease, pass } = setUp();
    lease.start();
    await pass(20_000);
    expect(told).toEqual(['held 1']);
    expect(lease.fence).toBe(1);
    expect(await model.tryAcquire('futures', 'b', 1)).toHaveProperty('remainingMs');
  });

  it('is asked for until the holder before no longer renews it, and then has a higher fence', async () => {
    const { model, told, lease, pass } = setUp();
    await model.tryAcquire('futures', 'b', 1_500);
    lease.start();
    await pass(1_490);
    expect(told).toEqual(['elsewhere']);
    await pass(320);
    expect(told).toEqual(['elsewhere', 'held 2']);
  });

  it('is said to be elsewhere, and once more when its holder was seen to renew it, for every start', async () => {
    const { model, told, lease, pass } = setUp();
    const fence = Number(await model.tryAcquire('futures', 'b', 1_500));
    lease.start();
    await pass(1_000);
    expect(told).toEqual(['elsewhere']);
    await model.renew('futures', 'b', fence, 1_500);
    await pass(300);
    await model.renew('futures', 'b', fence, 60_000);
    await pass(600);
    expect(told).toEqual(['elsewhere', 'alive elsewhere']);
    lease.stop();
    lease.start();
    await pass(600);
    await model.renew('futures', 'b', fence, 61_000);
    await pass(300);
    expect(told.slice(2)).toEqual(['elsewhere', 'alive elsewhere']);
  });

  it('is not said to be held by one that is alive when another replica takes over from one that has died', async () => {
    const { model, told, lease, pass } = setUp();
    await model.tryAcquire('futures', 'dead', 1_500);
    lease.start();
    await pass(1_490);
    const fence = Number(await model.tryAcquire('futures', 'dead', 10));
    await pass(10);
    await model.tryAcquire('futures', 'c', 1_500);
    await pass(300);
    expect(told).toEqual(['elsewhere', 'elsewhere']);
    await model.renew('futures', 'c', fence + 1, 1_500);
    await pass(300);
    expect(told.slice(2)).toEqual(['alive elsewhere']);
  });

  it('is asked for at once when it is given back', async () => {
    const { model, told, lease } = setUp();
    await model.tryAcquire('futures', 'b', 1_500);
    lease.start();
    await settled();
    await model.release('futures', 'b', 1);
    lease.released();
    await settled();
    expect(told).toEqual(['elsewhere', 'held 2']);
  });

  it('is asked for again when it is given back while the answer is on its way', async () => {
    const { clock, model, told, lease } = setUp();
    await model.tryAcquire('futures', 'b', 1_500);
    lease.start();
    await model.release('futures', 'b', 1);
    lease.released();
    await settled();
    clock.advance(0);
    await settled();
    expect(told).toEqual(['elsewhere', 'held 2']);
  });

  it('ends when nobody answers, at the end of the time that was granted before', async () => {
    const { clock, told, lease, pass } = setUp(() => ({ renew: never }));
    lease.start();
    await pass(1_490);
    expect(told).toEqual(['held 1']);
    clock.advance(10);
    expect(told).toEqual(['held 1', 'lost expired']);
  });

  it('ends when it cannot be renewed, and is asked for again', async () => {
    let broken = false;
    const { told, lease, pass } = setUp((model) => ({
      renew: (...about) => (broken ? Promise.reject(new Error('broken')) : model.renew(...about)),
      tryAcquire: (...about) => (broken ? Promise.reject(new Error('broken')) : model.tryAcquire(...about)),
    }));
    lease.start();
    await pass(10);
    broken = true;
    await pass(3_000);
    broken = false;
    await pass(400);
    expect(told).toEqual(['held 1', 'lost expired', 'held 2']);
  });

  it('survives requests that fail now and then', async () => {
    let requests = 0;
    const { told, lease, pass } = setUp((model) => ({
      renew: (...about) => (requests++ % 2 ? Promise.reject(new Error('broken')) : model.renew(...about)),
    }));
    lease.start();
    await pass(20_000);
    expect(told).toEqual(['held 1']);
  });

  it('ends at the first look after a freeze, before anything is published', async () => {
    const { clock, told, lease } = setUp();
    lease.start();
    await settled();
    // Time passes without a single timer.
    jest.spyOn(clock, 'monotonic').mockReturnValue(clock.monotonic() + 1_500);
    expect(lease.fence).toBeUndefined();
    expect(told).toEqual(['held 1', 'lost expired']);
  });

  it('does not begin with an answer that is older than the time it grants', async () => {
    let answer: (fence: number) => void = () => undefined;
    const { clock, told, lease } = setUp(() => ({ tryAcquire: () => new Promise((resolve) => (answer = resolve)) }));
    lease.start();
    jest.spyOn(clock, 'monotonic').mockReturnValue(clock.monotonic() + 1_500);
    answer(1);
    await settled();
    expect(told).toEqual([]);
    expect(lease.fence).toBeUndefined();
  });

  it('lasts from before it was asked for, however long the answer took', async () => {
    let answer: (fence: number) => void = () => undefined;
    const { clock, told, lease } = setUp(() => ({
      tryAcquire: () => new Promise((resolve) => (answer = resolve)),
      renew: never,
    }));
    lease.start();
    clock.advance(1_000);
    answer(1);
    await settled();
    clock.advance(499);
    expect(lease.fence).toBe(1);
    clock.advance(1);
    expect(told).toEqual(['held 1', 'lost expired']);
  });

  it('ends when the store says so, and is asked for again', async () => {
    const { told, lease, pass } = setUp();
    lease.start();
    await settled();
    lease.taken();
    lease.taken();
    expect(told).toEqual(['held 1', 'lost taken']);
    await pass(250);
    expect(told).toEqual(['held 1', 'lost taken', 'held 1']);
  });

  it('that was given back can be used until another takes it, and is never asked for again', async () => {
    const { clock, model, told, lease, pass } = setUp();
    lease.start();
    await settled();
    await lease.leave();
    expect(model.holders.size).toBe(0);
    await pass(5_000);
    expect(lease.fence).toBe(1);
    lease.taken();
    expect(lease.fence).toBeUndefined();
    await pass(5_000);
    expect(told).toEqual(['held 1', 'lost taken']);
    expect(clock.timers).toBe(0);
  });

  it('that comes after it is no longer wanted is given back before leaving is over', async () => {
    const { clock, model, told, lease } = setUp();
    lease.start();
    await lease.leave();
    expect(model.fences).toBe(1);
    expect(model.holders.size).toBe(0);
    expect(told).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('ends without a word when it is stopped, and can be started again', async () => {
    const { clock, told, lease } = setUp();
    lease.start();
    await settled();
    lease.stop();
    expect(lease.fence).toBeUndefined();
    expect(clock.timers).toBe(0);
    lease.start();
    await settled();
    expect(told).toEqual(['held 1', 'held 1']);
    lease.stop();
  });
});

/** What happens to one replica in the property. */
type Event =
  | { readonly what: 'wait'; readonly ms: number }
  /** Its timers do not run and nothing that it is told arrives, for so long. */
  | { readonly what: 'freeze'; readonly who: number; readonly ms: number }
  | { readonly what: 'cut'; readonly who: number; readonly ms: number }
  | { readonly what: 'leave'; readonly who: number }
  | { readonly what: 'publish'; readonly who: number };

const event = (replicas: number): fc.Arbitrary<Event> => {
  const who = fc.nat(replicas - 1);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('freeze' as const), who, ms: fc.integer({ min: 1, max: 4_000 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('cut' as const), who, ms: fc.integer({ min: 1, max: 4_000 }) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('leave' as const), who }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constant('publish' as const), who }) },
  );
};

/** Timers of a replica: they run late while it is frozen, and may always run a little late. */
class LateTimers {
  frozenUntil = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly clock: ManualClock,
    private readonly lateness: () => number,
  ) {}

  now = (): number => this.clock.now();
  monotonic = (): number => this.clock.monotonic();

  after(ms: number, task: () => void) {
    let cancelled = false;
    const run = () => {
      if (cancelled) return;
      if (this.frozen) this.waiting.push(run);
      else task();
    };
    const timer = this.clock.after(ms + this.lateness(), run);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  every(): never {
    throw new Error('not used');
  }

  get frozen(): boolean {
    return this.clock.monotonic() < this.frozenUntil;
  }

  /** Runs when the freeze is over; what arrives meanwhile waits. */
  thawed(task: () => void): void {
    if (this.frozen) this.waiting.push(task);
    else task();
  }

  thaw(): void {
    if (this.frozen) return;
    for (const task of this.waiting.splice(0)) task();
  }
}

describe('of any number of replicas, whatever freezes, is cut off, comes late or leaves', () => {
  it('at most one may publish at a time, and none whose fence is lower than one that has published', async () => {
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(event(3), { minLength: 5, maxLength: 60, size: 'max' }),
        fc.array(fc.nat(120), { minLength: 7, maxLength: 40, size: 'max' }),
        async (events, delays) => {
          const clock = new ManualClock(0);
          const store = new ModelLeaseStore(clock);
          let turn = 0;
          const delay = () => delays[turn++ % delays.length] as number;
          /** The highest fence that has claimed the stream: a lower one is refused. */
          let claimed = 0;
          const left = new Set<number>();
          const replicas = [0, 1, 2].map((who) => {
            const timers = new LateTimers(clock, () => delay() / 4);
            let cutUntil = 0;
            const far = <T>(work: () => Promise<T>): Promise<T> =>
              new Promise((resolve, reject) => {
                const lost = () => reject(new Error('cut'));
                // On the way there, and on the way back, it may be lost or held up.
                clock.after(delay(), () => {
                  if (clock.monotonic() < cutUntil) {
                    lost();
                    return;
                  }
                  void work().then((answer) => {
                    const arrive = () => (clock.monotonic() < cutUntil ? lost() : resolve(answer));
                    clock.after(delay(), () => timers.thawed(arrive));
                  });
                });
              });
            const lease = new Lease(
              'futures',
              `replica ${who}`,
              {
                store: {
                  tryAcquire: (...about) => far(() => store.tryAcquire(...about)),
                  renew: (...about) => far(() => store.renew(...about)),
                  release: (...about) => far(() => store.release(...about)),
                  onReleased: () => undefined,
                },
                clock: timers,
                random: () => (delay() % 100) / 100,
              },
              {
                held: (fence) => {
                  changes++;
                  // A claim that is refused by the store because somebody newer has claimed is not tested by this model.
                  claimed = Math.max(claimed, fence);
                },
                elsewhere: () => undefined,
                lost: () => undefined,
              },
            );
            store.onReleased(() => clock.after(delay(), () => timers.thawed(() => lease.released())));
            lease.start();
            return { lease, timers, cut: (until: number) => (cutUntil = until) };
          });

          const check = () => {
            const holding = replicas.flatMap(({ lease, timers }, who) => {
              const fence = timers.frozen || left.has(who) ? undefined : lease.fence;
              return fence === undefined ? [] : [fence];
            });
            expect(holding.length).toBeLessThanOrEqual(1);
          };
          const pass = async (ms: number) => {
            for (let passed = 0; passed < ms; passed += 25) {
              clock.advance(Math.min(25, ms - passed));
              for (const { timers } of replicas) timers.thaw();
              await settled();
              check();
            }
          };

          for (const one of events) {
            const replica = 'who' in one ? replicas[one.who] : undefined;
            if (one.what === 'wait') await pass(one.ms);
            else if (one.what === 'freeze' && replica) replica.timers.frozenUntil = clock.monotonic() + one.ms;
            else if (one.what === 'cut') replica?.cut(clock.monotonic() + one.ms);
            else if (one.what === 'leave' && left.size < 2) {
              left.add(one.who);
              void replica?.lease.leave();
            } else if (one.what === 'publish' && replica && !replica.timers.frozen) {
              const { fence } = replica.lease;
              // Only one that leaves may still believe in an old fence, and the store refuses it.
              if (fence !== undefined && !left.has(one.who)) expect(fence).toBeGreaterThanOrEqual(claimed);
              else if (fence !== undefined && fence < claimed) replica.lease.taken();
            }
          }
          // Once all is well again, somebody who has not left holds it.
          await pass(8_000);
          const staying = replicas.filter((_, who) => !left.has(who));
          expect(staying.filter(({ lease }) => lease.fence !== undefined)).toHaveLength(1);
          for (const { lease } of replicas) lease.stop();
          await pass(1_000);
          expect(clock.timers).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
    expect(changes).toBeGreaterThan(60);
  });
});
