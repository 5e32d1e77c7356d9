import { ManualClock } from '../../../../test/support/manual-clock';
import { RestError } from '../../rest';
import { ServerTime } from './server-time';

function told(time: number): object {
  return { retCode: 0, result: { timeSecond: '1', timeNano: `${time}000000` } };
}

test('the answer is taken to be half a round trip old', async () => {
  const clock = new ManualClock(10_000);
  const time = new ServerTime(
    'http://rest',
    (url) => {
      expect(url).toBe('http://rest/v5/market/time');
      clock.advance(200);
      return Promise.resolve(told(15_000));
    },
    clock,
  );
  expect(time.fresh).toBe(false);
  expect(await time.measure()).toBe(15_000);
  expect(clock.now()).toBe(10_200);
  expect(time.now()).toBe(15_100);
  expect(time.fresh).toBe(true);
});

test('is measured again after ten minutes, or when it is doubted', async () => {
  const clock = new ManualClock();
  const time = new ServerTime('http://rest', () => Promise.resolve(told(clock.now())), clock);
  await time.measure();
  clock.advance(10 * 60_000);
  expect(time.fresh).toBe(false);
  await time.measure();
  time.doubt();
  expect(time.fresh).toBe(false);
});

test('the time of the envelope will do', async () => {
  const time = new ServerTime('http://rest', () => Promise.resolve({ result: {}, time: 5_000 }), new ManualClock(1_000));
  await time.measure();
  expect(time.now()).toBe(5_000);
});

test.each([[null], [{}], [{ result: { timeNano: 'soon' } }]])('%j names no time', async (answer) => {
  const clock = new ManualClock(1_000);
  const time = new ServerTime('http://rest', () => Promise.resolve(answer), clock);
  await expect(time.measure()).rejects.toBeInstanceOf(RestError);
  expect(time.now()).toBe(1_000);
});
