import { settled } from '../../test/support/settled';
import { Pump } from './pump';

function setUp() {
  const steps: { resolve: (more: boolean) => void; reject: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const state = { steps, failures, rests: 0 };
  const pump = new Pump(
    () => new Promise((resolve, reject) => steps.push({ resolve, reject })),
    (error) => failures.push(error),
    () => state.rests++,
  );
  return { pump, state };
}

describe('a pump', () => {
  it('does one step after the other until there is nothing to do', async () => {
    const { pump, state } = setUp();
    pump.run();
    state.steps[0]?.resolve(true);
    await settled();
    state.steps[1]?.resolve(false);
    await settled();
    expect([state.steps.length, state.rests, pump.resting]).toEqual([2, 1, true]);
  });

  it('looks once more when it was asked during its last step', async () => {
    const { pump, state } = setUp();
    pump.run();
    pump.run();
    state.steps[0]?.resolve(false);
    pump.run();
    await settled();
    expect([state.steps.length, state.rests]).toEqual([2, 0]);
    state.steps[1]?.resolve(false);
    await settled();
    expect([state.steps.length, state.rests]).toEqual([2, 1]);
  });

  it('does nothing after a failure until it is resumed', async () => {
    const { pump, state } = setUp();
    pump.run();
    const error = new Error('away');
    state.steps[0]?.reject(error);
    await settled();
    pump.run();
    expect([state.steps.length, state.failures, pump.isPaused, state.rests]).toEqual([1, [error], true, 1]);
    pump.resume();
    expect([state.steps.length, pump.isPaused]).toEqual([2, false]);
  });
});
