import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { ConnectBudget } from './connect-budget';

const WINDOW_MS = 5 * 60_000;

test('500 connections may be made at once, the next when the first is five minutes old', () => {
  const clock = new ManualClock();
  const budget = new ConnectBudget(clock);
  for (let i = 0; i < 500; i++) expect(budget.take(true)).toBe(true);
  expect(budget.take(true)).toBe(false);
  expect(budget.waitMs(true)).toBe(WINDOW_MS);
  clock.advance(WINDOW_MS - 1);
  expect(budget.waitMs(true)).toBe(1);
  clock.advance(1);
  expect(budget.take(true)).toBe(true);
});

test('new links leave the last hundred connections to those that have worked before', () => {
  const clock = new ManualClock();
  const budget = new ConnectBudget(clock);
  for (let i = 0; i < 400; i++) expect(budget.take(false)).toBe(true);
  expect(budget.take(false)).toBe(false);
  clock.advance(1000);
  for (let i = 0; i < 100; i++) expect(budget.take(true)).toBe(true);
  expect(budget.take(true)).toBe(false);
  // 400 of the first second go together; 100 are left then.
  expect(budget.waitMs(false)).toBe(WINDOW_MS - 1000);
  clock.advance(WINDOW_MS - 1000);
  expect(budget.take(false)).toBe(true);
});

test('no window of five minutes ever holds more connections than allowed, and none is refused without need', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: WINDOW_MS / 4 }), { maxLength: 200, size: 'max' }), (pauses) => {
      const clock = new ManualClock();
      const budget = new ConnectBudget(clock, 5);
      const made: number[] = [];
      for (const pause of pauses) {
        clock.advance(pause);
        const recent = made.filter((at) => at > clock.now() - WINDOW_MS).length;
        const took = budget.take(true);
        expect(took).toBe(recent < 5);
        if (took) made.push(clock.now());
      }
    }),
  );
});
