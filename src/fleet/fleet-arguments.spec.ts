import { readFleetArguments } from './fleet-arguments';

describe('readFleetArguments', () => {
  it('has three replicas unless told otherwise', () => {
    expect(readFleetArguments([])).toBe(3);
    expect(readFleetArguments(['--replicas', '5'])).toBe(5);
    expect(readFleetArguments(['--help'])).toBe('help');
  });

  it.each([
    [['--replicas', '0'], '--replicas must be a whole number from 1 to 16, not 0.'],
    [['--replicas', 'x'], '--replicas must be a whole number from 1 to 16, not x.'],
    [['--replicas', '17'], '--replicas must be a whole number from 1 to 16, not 17.'],
    [['--nonsense'], '--nonsense'],
  ])('says what is wrong with %j', (argv, words) => {
    expect(readFleetArguments(argv)).toEqual({ error: expect.stringContaining(words) as string });
  });
});
