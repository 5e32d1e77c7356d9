import { backoffMs } from './backoff';

const options = { initialMs: 1000, maxMs: 60_000, multiplier: 2 };

test('the bound doubles with every attempt up to the maximum', () => {
  expect([0, 1, 2, 5, 6, 7, 1000].map((attempt) => backoffMs(options, attempt, () => 1))).toEqual([
    1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
  ]);
});

test('jitter is full: anything from nothing to the bound', () => {
  expect(backoffMs(options, 3, () => 0)).toBe(0);
  expect(backoffMs(options, 3, () => 0.25)).toBe(2000);
});
