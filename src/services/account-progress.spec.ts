import type { Position } from '../pubsub/publication';
import { accountStream } from '../streams/stream';
import type { AccountIntake } from './account-intake';
import { AccountProgress } from './account-progress';

const ORDERS = accountStream('order');

/** A stream that has brought so much, a queue of which so much is kept, and a store that notes what it is told. */
function setUp() {
  const state = { flowing: true, heard: 0, end: 0, keptTo: 0 };
  const stored: [number, readonly string[]][] = [];
  const intake = {
    stream: ORDERS,
    get flowing() {
      return state.flowing;
    },
    reached: ({ seq }: Position) => state.heard >= seq,
  };
  const progress = new AccountProgress({
    account: 'a',
    memory: {
      recall: () => Promise.resolve({ facts: [], toldUntil: null }),
      progressed: (_, toldUntil, lost) => {
        stored.push([toldUntil, lost]);
        return Promise.resolve();
      },
    },
    queue: state,
    intakes: () => [intake as AccountIntake],
    due: () => undefined,
  });
  const told = (toldUntil: number, seq: number, lostOrders: readonly string[] = []) =>
    progress.progressed({ toldUntil, places: new Map([[ORDERS.name, { epoch: 'e', seq }]]), lostOrders });
  return { state, stored, progress, told };
}

describe('how far the account was told', () => {
  it('is stored when all that was told until then has been heard, and then when all that is kept', async () => {
    const { state, stored, progress, told } = setUp();
    told(1000, 3);
    state.heard = 2;
    expect(await progress.step()).toBe(false);
    Object.assign(state, { heard: 3, end: 3, keptTo: 2 });
    expect(await progress.step()).toBe(false);
    // What comes later is not waited for.
    Object.assign(state, { heard: 5, end: 5, keptTo: 3 });
    expect(await progress.step()).toBe(true);
    expect(stored).toEqual([[1000, []]]);
    expect(await progress.step()).toBe(false);
  });

  it('is not stored while a stream is not known to flow, nor for one that was not told of', async () => {
    const { state, stored, progress, told } = setUp();
    state.flowing = false;
    told(1000, 0);
    expect(await progress.step()).toBe(false);
    state.flowing = true;
    progress.progressed({ toldUntil: 2000, places: new Map(), lostOrders: [] });
    expect(await progress.step()).toBe(false);
    expect(stored).toEqual([]);
  });

  it('is what was said last, with the lost orders of all that was not stored', async () => {
    const { stored, progress, told } = setUp();
    told(1000, 1, ['one']);
    told(2000, 0, ['other']);
    expect(await progress.step()).toBe(true);
    expect(stored).toEqual([[2000, ['one', 'other']]]);
  });
});
