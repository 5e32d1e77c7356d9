import { ManualClock } from '../../test/support/manual-clock';
import { AskingAgain } from './asking-again';

test('topics that were refused together are asked for one by one, and a newer one need not wait for those of long waits', () => {
  const clock = new ManualClock();
  const asked: [topic: string, afterMs: number][] = [];
  const begun = clock.now();
  const again = new AskingAgain(clock, (topic) => asked.push([topic, clock.now() - begun]));
  for (const topic of ['a', 'b', 'c']) again.refused(topic);
  again.forget('b');
  clock.advance(30_200);
  expect(asked).toEqual([
    ['a', 30_000],
    ['c', 30_200],
  ]);
  again.refused('a');
  again.refused('d');
  asked.length = 0;
  clock.advance(60_000);
  expect(asked).toEqual([
    ['d', 60_200],
    ['a', 90_200],
  ]);
  again.refused('a');
  again.stop();
  expect(clock.timers).toBe(0);
});
