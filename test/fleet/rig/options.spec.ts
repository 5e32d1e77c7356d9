import { numberOf, optionsOf, UsageError } from './options';

const TYPES = { seed: 'string', alone: 'boolean' } as const;
const read = (...args: string[]): unknown => optionsOf(args, 'Usage: it', TYPES);

describe('the options of the test commands', () => {
  it('are read', () => {
    expect(read('--seed', '5', '--alone')).toEqual({ seed: '5', alone: true });
    expect(numberOf('seed', '5', 1, 'Usage: it')).toBe(5);
    expect(numberOf('seed', undefined, 1, 'Usage: it')).toBe(1);
  });

  it.each([['--nonsense'], ['--seed'], ['word']])('answer %s with what is wrong and the usage', (arg) => {
    expect(() => read(arg)).toThrow(/.\n\nUsage: it$/);
  });

  it.each(['x', '-1', '', 'Infinity'])('take no %j for a number', (text) => {
    expect(() => numberOf('seed', text, 1, 'Usage: it')).toThrow(UsageError);
  });

  it('are no mistake when help is asked for', () => {
    expect(() => read('--help')).toThrow(expect.objectContaining({ message: 'Usage: it', exitCode: 0 }) as Error);
  });
});
