import { ManualClock } from '../../test/support/manual-clock';
import { ConnectBreaker } from './connect-breaker';

const fail = (): Promise<void> => Promise.reject(new Error('no'));
const succeed = (): Promise<void> => Promise.resolve();

let clock: ManualClock;
let breaker: ConnectBreaker;

beforeEach(() => {
  clock = new ManualClock();
  // The library reads the machine's clock.
  jest.spyOn(Date, 'now').mockImplementation(() => clock.now());
  breaker = new ConnectBreaker(clock);
});

afterEach(() => jest.restoreAllMocks());

test('five failures in a row open it for a minute', async () => {
  for (let i = 0; i < 4; i++) expect(await breaker.run(fail)).toBe(0);
  expect(breaker.state).toBe('closed');
  expect(await breaker.run(fail)).toBe(0);
  expect(breaker.state).toBe('open');
  clock.advance(20_000);
  const attempt = jest.fn(succeed);
  expect(await breaker.run(attempt)).toBe(40_000);
  expect(attempt).not.toHaveBeenCalled();
});

test('a success in between starts the count again', async () => {
  for (let i = 0; i < 4; i++) await breaker.run(fail);
  await breaker.run(succeed);
  for (let i = 0; i < 4; i++) await breaker.run(fail);
  expect(breaker.state).toBe('closed');
});

test('half-open it lets one try through, and others wait for its outcome', async () => {
  for (let i = 0; i < 5; i++) await breaker.run(fail);
  clock.advance(60_000);
  let finish: () => void = () => undefined;
  const first = breaker.run(() => new Promise((resolve) => (finish = resolve)));
  expect(breaker.state).toBe('half-open');
  const second = jest.fn(succeed);
  const waiting = breaker.run(second);
  await Promise.resolve();
  expect(second).not.toHaveBeenCalled();
  finish();
  expect(await Promise.all([first, waiting])).toEqual([0, 0]);
  expect(second).toHaveBeenCalledTimes(1);
  expect(breaker.state).toBe('closed');
});

test('the failure of that one try opens it for another minute', async () => {
  for (let i = 0; i < 5; i++) await breaker.run(fail);
  clock.advance(60_000);
  expect(await breaker.run(fail)).toBe(0);
  expect(breaker.state).toBe('open');
  expect(await breaker.run(succeed)).toBe(60_000);
});
