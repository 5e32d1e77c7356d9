import { parseArgs } from 'node:util';
import { type Category, CATEGORIES, isCategory } from './categories';

export const USAGE = `A simulated exchange: public and private WebSocket and REST on one local port.

  npm run exchange -- [--port P] [--symbols N] [--rate N] [--seed S] [--replay FILE [--speed N] [--category C]]

  --port P       port to listen on (default 9000; 0: any free one)
  --symbols N    how many symbols linear and spot have (default: the 16 and 15 named ones)
  --rate N       frames per second in total over what is subscribed (default 0: every topic at its natural pace)
  --seed S       another seed, another market (default 1)
  --replay FILE  plays recorded frames (JSON lines) instead of the market; only recorded topics exist then
  --speed N      how much faster than recorded (default 1)
  --category C   where recorded topics belong: ${CATEGORIES.join(', ')} (default: guessed from name and symbol)
  --account-activity N
                 events of the account per second that happen by themselves (default 0: it does what it is told)
  --idle-cut S   seconds without requests and data after which a socket is cut (default 600)
  --help         this text

Faults on command: docs/simulator.md.`;

export interface ExchangeArguments {
  readonly port: number;
  readonly symbols: number | undefined;
  readonly rate: number;
  readonly seed: number;
  readonly replay: string | undefined;
  readonly speed: number;
  readonly category: Category | undefined;
  readonly idleCutMs: number;
  readonly accountActivity: number;
}

/** What is wrong with the command line, in a sentence. */
export class ArgumentsError extends Error {}

/** Reads the command line; `help` when help was asked for. Throws an {@link ArgumentsError}. */
export function readExchangeArguments(argv: readonly string[]): ExchangeArguments | 'help' {
  const values = parse(argv);
  if (values['help'] === true) return 'help';
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string, least: number, most: number, whole = true): number | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = given.trim() === '' ? NaN : Number(given);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      throw new ArgumentsError(`--${name} must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not "${given}"`);
    }
    return value;
  };
  for (const name of ['speed', 'category']) {
    if (values[name] !== undefined && values['replay'] === undefined) throw new ArgumentsError(`--${name} is for --replay`);
  }
  const category = text('category');
  if (category !== undefined && !isCategory(category))
    throw new ArgumentsError(`--category must be one of ${CATEGORIES.join(', ')}, not "${category}"`);
  return {
    port: number('port', 0, 65_535) ?? 9_000,
    symbols: number('symbols', 1, 100_000),
    rate: number('rate', 0, 1_000_000) ?? 0,
    seed: number('seed', 0, 4_294_967_295) ?? 1,
    replay: text('replay'),
    speed: number('speed', 0.001, 1_000_000, false) ?? 1,
    category,
    accountActivity: number('account-activity', 0, 10_000) ?? 0,
    idleCutMs: (number('idle-cut', 1, 86_400) ?? 600) * 1000,
  };
}

/** `--symbols -1` as `--symbols=-1`: a number that is wrong, and not a flag that is missing its value. */
function attachNegatives(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (const arg of argv) {
    const flag = args.at(-1);
    if (/^-[\d.]/.test(arg) && flag !== undefined && /^--[^=]+$/.test(flag)) args[args.length - 1] = `${flag}=${arg}`;
    else args.push(arg);
  }
  return args;
}

function parse(argv: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({
      args: attachNegatives(argv),
      options: {
        port: option,
        symbols: option,
        rate: option,
        seed: option,
        replay: option,
        speed: option,
        category: option,
        'account-activity': option,
        'idle-cut': option,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ArgumentsError((error as Error).message);
  }
}
