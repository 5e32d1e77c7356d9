import { ManualClock } from '../../test/support/manual-clock';
import { systemClock } from '../clock/clock';
import { deadline } from './deadline';

test('it runs once, to the millisecond, unless cancelled in either part', () => {
  const clock = new ManualClock();
  let runs = 0;
  deadline(clock, 1000, () => runs++);
  clock.advance(999);
  expect(runs).toBe(0);
  clock.advance(5000);
  expect(runs).toBe(1);
  const early = deadline(clock, 1000, () => runs++);
  clock.advance(500);
  early.cancel();
  const late = deadline(clock, 1000, () => runs++);
  clock.advance(950);
  late.cancel();
  clock.advance(5000);
  expect(runs).toBe(1);
  expect(clock.timers).toBe(0);
});

test('after the process was held up, what has arrived meanwhile is read first', async () => {
  const order: string[] = [];
  const over = new Promise<void>((resolve) => {
    deadline(systemClock, 20, () => {
      order.push('deadline');
      resolve();
    });
  });
  // Immediates run after the sockets have been read in a turn.
  setImmediate(() => order.push('read'));
  const until = performance.now() + 60;
  while (performance.now() < until);
  // The machine's clock does not keep the process alive by itself.
  const alive = setInterval(() => undefined, 1000);
  await over;
  clearInterval(alive);
  expect(order).toEqual(['read', 'deadline']);
});
