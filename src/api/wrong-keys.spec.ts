import { ManualClock } from '../../test/support/manual-clock';
import { WrongKeys } from './wrong-keys';

function tries(wrong: WrongKeys, address: string, times: number): number {
  return Array.from({ length: times }, () => wrong.count(address)).filter(Boolean).length;
}

describe('WrongKeys', () => {
  it('lets 20 at once through for each address, then one in 5 s', () => {
    const clock = new ManualClock(0);
    const wrong = new WrongKeys(clock);
    expect([tries(wrong, 'a', 30), tries(wrong, 'b', 30)]).toEqual([20, 20]);
    clock.advance(4999);
    expect(tries(wrong, 'a', 1)).toBe(0);
    clock.advance(1);
    expect(tries(wrong, 'a', 2)).toBe(1);
  });

  it('remembers a bounded number of addresses, and forgets the oldest', () => {
    const wrong = new WrongKeys(new ManualClock(0));
    expect(tries(wrong, 'first', 21)).toBe(20);
    for (let other = 0; other < 10_000; other++) wrong.count(`other ${other}`);
    expect([wrong.count('other 9999'), wrong.count('first')]).toEqual([true, true]);
  });
});
