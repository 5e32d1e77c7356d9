import { parseArgs } from 'node:util';
import { oneOf, wholeNumber } from '../fanout/option-values';

export const PARTS = ['hop', 'limit', 'replicas', 'exchange'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly only: readonly Part[];
  readonly hopRounds: number;
  readonly replicaRounds: number;
  /** Length of one measurement with clients. */
  readonly seconds: number;
  /** Length of one measurement of the hop. */
  readonly hopSeconds: number;
  readonly json: string | undefined;
}

export const USAGE = `What a fleet on Redis costs, on this machine.

  npm run bench:fleet -- [options]

  --quick        one short round of everything, under a minute; figures are rough
  --only PART    ${PARTS.join(' | ')}; may be repeated
  --rounds N     default 5 of hop and 1 of replicas, which together take under 2 minutes
  --json FILE    also write everything to FILE (default bench/results/fleet.json)`;

/** Throws an error whose message is for the user. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick, rounds, json } = values;
  return {
    only: (values.only ?? []).map((text) => oneOf('only', PARTS, text)),
    hopRounds: wholeNumber('rounds', rounds, quick ? 1 : 5),
    replicaRounds: wholeNumber('rounds', rounds, 1),
    seconds: quick ? 1 : 3,
    hopSeconds: quick ? 0.5 : 1,
    json,
  };
}
