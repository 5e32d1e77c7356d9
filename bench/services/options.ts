import { parseArgs } from 'node:util';

export const PARTS = ['phases', 'coming-back'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly only: readonly Part[];
  readonly rounds: number;
  /** Least length of one measurement. */
  readonly seconds: number;
  readonly json: string | undefined;
}

export const USAGE = `What serving back-end services costs and takes, on this machine, with a PostgreSQL and a RabbitMQ of its own.

  npm run bench:services -- [options]

  --quick        one short round of everything, about 2 minutes; figures are rough
  --only PART    ${PARTS.join(' | ')}; may be repeated
  --rounds N     default 3 (quick: 1)
  --seconds N    least length of one measurement, default 4 (quick: 2)
  --json FILE    also write everything to FILE (default bench/results/services.json)

Ends with 1 when something that is promised was not kept: an event of the account missing or out of order, a health page that
was not true, a wrong answer, a client that was closed. Latencies are for reading.`;

/** Throws an error whose message is for the user. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick, json } = values;
  const number = (name: 'rounds' | 'seconds', fallback: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!(Number.isInteger(value) && value > 0))
      throw new Error(`--${name} must be a whole number above 0, not "${String(values[name])}"`);
    return value;
  };
  return {
    only: (values.only ?? []).map(part),
    rounds: number('rounds', quick ? 1 : 3),
    seconds: number('seconds', quick ? 2 : 4),
    json,
  };
}

function part(text: string): Part {
  const found = PARTS.find((name) => name === text);
  if (!found) throw new Error(`--only must be one of ${PARTS.join(', ')}, not "${text}"`);
  return found;
}
