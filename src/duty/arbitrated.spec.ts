import fc from 'fast-check';
import { ArbitratedDuty } from './arbitrated';
import type { AskedArbiter, Verdict } from './duty';

const PROCESSES = [0, 1, 2];

/** A server that gives the duty to one of the processes that reach it and want it, and keeps it there until that is not so. */
class ModelServer {
  owner: number | undefined;
  readonly reached = PROCESSES.map(() => true);
  readonly wanted = PROCESSES.map(() => true);
  private readonly listeners: (() => void)[] = [];
  private readonly seen = PROCESSES.map((): Verdict => 'unknown');

  /** What the process knows of it: as it was when it reached the server last. */
  arbiter(process: number): AskedArbiter {
    const { seen, listeners, wanted } = this;
    return {
      get verdict() {
        return seen[process] as Verdict;
      },
      onVerdict: (listener) => (listeners[process] = listener),
      want: (want) => (wanted[process] = want),
    };
  }

  /** It gives the duty to the first who asks, and who has it no longer is told before anybody else is. */
  settle(): void {
    const { owner, reached, wanted } = this;
    if (owner === undefined || !reached[owner] || !wanted[owner]) {
      this.owner = undefined;
      if (owner !== undefined) this.tell(owner);
      const next = PROCESSES.find((process) => reached[process] && wanted[process]);
      this.owner = next;
    }
    for (const process of PROCESSES) if (process !== this.owner) this.tell(process);
    if (this.owner !== undefined) this.tell(this.owner);
  }

  private tell(process: number): void {
    const verdict = !this.reached[process] ? 'unknown' : this.owner === process ? 'ours' : 'others';
    if (this.seen[process] === verdict) return;
    this.seen[process] = verdict;
    this.listeners[process]?.();
  }
}

function setUp() {
  const [first, second] = [new ModelServer(), new ModelServer()];
  const duties = PROCESSES.map((process) => new ArbitratedDuty(first.arbiter(process), second.arbiter(process)));
  const log: string[] = [];
  duties.forEach((duty, process) => {
    duty.onHeld(() => log.push(`${process} held`));
    duty.onReleased(() => log.push(`${process} released`));
    duty.start();
  });
  const settle = () => {
    // What one server tells may change what is wanted of the other.
    for (let turn = 0; turn < 6; turn++) for (const server of [first, second]) server.settle();
  };
  settle();
  const onDuty = () => PROCESSES.filter((process) => duties[process]?.held);
  return { first, second, duties, log, settle, onDuty };
}

const change = fc.record({ process: fc.constantFrom(...PROCESSES), reached: fc.boolean() });
/** A state in which one of the servers is within the reach of all, and whom the other one reaches. */
const fault = fc.record({
  lost: fc.constantFrom('first' as const, 'second' as const),
  changes: fc.array(change, { maxLength: 6 }),
});

describe('a duty with two arbiters', () => {
  it('is had by exactly one process while each reaches at least one of them, one of which is within the reach of all', () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 8 }), (faults) => {
        const { first, second, settle, onDuty } = setUp();
        expect(onDuty()).toHaveLength(1);
        for (const { lost, changes } of faults) {
          for (const server of [first, second]) server.reached.fill(true);
          settle();
          for (const { process, reached } of changes) {
            (lost === 'first' ? first : second).reached[process] = reached;
            settle();
            expect(onDuty()).toHaveLength(1);
          }
        }
      }),
    );
  });

  it('stays where it is when either arbiter is lost for all, and is had by none without both', () => {
    for (const lost of ['first', 'second'] as const) {
      const all = setUp();
      const { settle, onDuty } = all;
      const before = onDuty();
      all[lost].reached.fill(false);
      settle();
      expect(onDuty()).toEqual(before);
      all[lost === 'first' ? 'second' : 'first'].reached.fill(false);
      settle();
      expect(onDuty()).toEqual([]);
    }
  });

  it('tells each change once, and who comes late at once', () => {
    const { first, duties, log, settle } = setUp();
    expect(log).toEqual(['0 held']);
    duties[0]?.onHeld(() => log.push('told at once'));
    first.reached[0] = false;
    settle();
    // The second arbiter's word stands while the first has nobody else's.
    expect(log).toEqual(['0 held', 'told at once']);
    duties[1]?.onHeld(() => log.push('not told'));
    expect(log).toHaveLength(2);
  });
});
