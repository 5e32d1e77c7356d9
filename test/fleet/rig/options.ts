import { parseArgs } from 'node:util';

interface OptionTypes {
  readonly [name: string]: 'string' | 'boolean';
}

type Values<T extends OptionTypes> = { readonly [K in keyof T]?: T[K] extends 'string' ? string : true };

/** What a command was called with is wrong, or was a call for help: in words, with the usage, and what to end with. */
export class UsageError extends Error {
  constructor(
    what: string,
    usage: string,
    /** 2 for wrong usage, as command-line programs report it. */
    readonly exitCode: 0 | 2 = 2,
  ) {
    super(what === '' ? usage : `${what}\n\n${usage}`);
  }
}

/** The options of a command line. Throws a {@link UsageError} at what is none of them, and at --help. */
export function optionsOf<T extends OptionTypes>(args: readonly string[], usage: string, types: T): Values<T> {
  if (args.includes('--help')) throw new UsageError('', usage, 0);
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options }).values as Values<T>;
  } catch (error) {
    throw new UsageError((error as Error).message, usage);
  }
}

/** A number that is not negative, `usual` when it is not given. Throws a {@link UsageError} otherwise. */
export function numberOf(name: string, text: string | undefined, usual: number, usage: string): number {
  const number = text === undefined ? usual : Number(text);
  if (text?.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new UsageError(`--${name} must be a number that is not negative, not ${String(text)}.`, usage);
  return number;
}
