import { ArgumentsError, readExchangeArguments, USAGE } from './exchange-arguments';

describe('the command line of the exchange', () => {
  it('has defaults', () => {
    expect(readExchangeArguments([])).toEqual({
      port: 9_000,
      symbols: undefined,
      rate: 0,
      seed: 1,
      replay: undefined,
      speed: 1,
      category: undefined,
      idleCutMs: 600_000,
      accountActivity: 0,
    });
  });

  it('takes all flags', () => {
    const line =
      '--port 0 --symbols 300 --rate 5000 --seed 7 --replay a.jsonl --speed 0.5 --category spot --idle-cut 60 --account-activity 500';
    expect(readExchangeArguments(line.split(' '))).toEqual({
      port: 0,
      symbols: 300,
      rate: 5_000,
      seed: 7,
      replay: 'a.jsonl',
      speed: 0.5,
      category: 'spot',
      idleCutMs: 60_000,
      accountActivity: 500,
    });
  });

  it('explains itself', () => {
    expect(readExchangeArguments(['--help'])).toBe('help');
    for (const flag of ['port', 'symbols', 'rate', 'seed', 'replay', 'speed', 'category', 'idle-cut', 'account-activity', 'help'])
      expect(USAGE).toContain(`--${flag}`);
  });

  it.each([
    [['--port', '99999'], '--port must be a whole number from 0 to 65535, not "99999"'],
    [['--port', '-1'], '--port must be a whole number from 0 to 65535, not "-1"'],
    [['--symbols', '-1', '--seed', '2'], '--symbols must be a whole number from 1 to 100000, not "-1"'],
    [['--rate=-1'], '--rate must be a whole number from 0 to 1000000, not "-1"'],
    [['--replay', 'x', '--speed', '-.5'], '--speed must be a number from 0.001 to 1000000, not "-.5"'],
    [['-1'], "Unknown option '-1'"],
    [['--rate', 'fast'], '--rate must be a whole number'],
    [['--symbols', '1.5'], '--symbols must be a whole number'],
    [['--seed', ''], '--seed must be a whole number'],
    [['--replay', 'x', '--speed', '0'], '--speed must be a number from'],
    [['--speed', '2'], '--speed is for --replay'],
    [['--replay', 'x', '--category', 'futures'], '--category must be one of linear, spot'],
    [['--what'], "Unknown option '--what'"],
    [['extra'], "Unexpected argument 'extra'"],
    [['--port'], "Option '--port <value>' argument missing"],
  ])('says what is wrong with %j', (argv, message) => {
    expect(() => readExchangeArguments(argv)).toThrow(ArgumentsError);
    expect(() => readExchangeArguments(argv)).toThrow(message);
  });
});
