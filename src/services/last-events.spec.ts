import { ManualClock } from '../../test/support/manual-clock';
import { StoreUnavailable } from '../store/store';
import { LastEvents } from './last-events';

function setUp() {
  const clock = new ManualClock();
  const told: [string, number][][] = [];
  const state = { away: false };
  const active = new Map([
    ['t desk', 'id-desk'],
    ['t risk', 'id-risk'],
  ]);
  const store = {
    touch: (times: ReadonlyMap<string, number>) => {
      if (state.away) return Promise.reject(new StoreUnavailable('away'));
      told.push([...times]);
      return Promise.resolve();
    },
  };
  return {
    clock,
    told,
    state,
    active,
    last: new LastEvents(store, (topic, service) => active.get(`${topic} ${service}`), clock),
  };
}

describe('when the newest event of a subscription went out', () => {
  it('is told to the store once a second, however many events there were', async () => {
    const { clock, told, last } = setUp();
    last.start();
    last.sent('t', ['desk', 'risk'], 1);
    last.sent('t', ['desk'], 2);
    clock.advance(1000);
    await last.flush();
    expect(told).toEqual([
      [
        ['id-desk', 2],
        ['id-risk', 1],
      ],
    ]);
    clock.advance(1000);
    await last.flush();
    expect(told).toHaveLength(1);
    last.stop();
    expect(clock.timers).toBe(0);
  });

  it('waits while the store is away, and the newest counts', async () => {
    const { told, state, last } = setUp();
    state.away = true;
    last.sent('t', ['desk', 'risk'], 1);
    const failing = last.flush();
    last.sent('t', ['desk'], 5);
    await failing;
    state.away = false;
    await last.flush();
    expect(told).toEqual([
      [
        ['id-desk', 5],
        ['id-risk', 1],
      ],
    ]);
  });

  it('is forgotten with the subscription', async () => {
    const { told, state, active, last } = setUp();
    state.away = true;
    last.sent('t', ['desk'], 1);
    await last.flush();
    state.away = false;
    active.clear();
    await last.flush();
    expect(told).toEqual([]);
  });
});
