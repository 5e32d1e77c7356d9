import { parseArgs } from 'node:util';
import { oneOf, wholeNumber } from '../fanout/option-values';

export const PARTS = ['phases', 'coming-back'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly only: readonly Part[];
  readonly rounds: number;
  /** Least length of one measurement. */
  readonly seconds: number;
  /** Frames of market data a second. */
  readonly rate: number;
  /** Whether the gateway has a core for itself. */
  readonly apart: boolean;
  readonly json: string | undefined;
}

export const USAGE = `What serving back-end services costs and takes, on this machine, with a PostgreSQL and a RabbitMQ of its own.

  npm run bench:services -- [options]

  --quick        one short round of everything, about 2 minutes; figures are rough
  --only PART    ${PARTS.join(' | ')}; may be repeated
  --rounds N     default 3 (quick: 1)
  --seconds N    least length of one measurement, default 4 (quick: 2)
  --rate N       frames of market data a second, default 1000
  --apart        the gateway on a core of its own and everything else on the others: what else is busy takes none from it (Linux)
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
      rate: { type: 'string' },
      apart: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick, apart, json } = values;
  return {
    only: (values.only ?? []).map((text) => oneOf('only', PARTS, text)),
    rounds: wholeNumber('rounds', values.rounds, quick ? 1 : 3),
    seconds: wholeNumber('seconds', values.seconds, quick ? 2 : 4),
    rate: wholeNumber('rate', values.rate, 1000),
    apart,
    json,
  };
}
