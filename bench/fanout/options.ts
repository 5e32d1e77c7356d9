import { parseArgs } from 'node:util';
import type { TickerSize } from '../load/ticker-texts';
import { numberAbove0, oneOf } from './option-values';

export const CASE_NAMES = ['hot', 'mixed', 'realistic', 'fair', 'slow', 'storm', 'idle', 'deflate'] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export interface Options {
  readonly quick: boolean;
  readonly only: readonly CaseName[];
  /** Substring of the names of the targets to run; the gateway always runs. */
  readonly peers: readonly string[] | undefined;
  readonly json: string | undefined;
  /** Gateway processes; with several, one more feeds them. */
  readonly workers: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly size: TickerSize;
  /** Share of the clients and connections of the table, for a try. */
  readonly scale: number;
}

export const USAGE = `Fan-out benchmarks: the gateway and its peers, in turn, on this machine.

  npm run bench -- [options]

  --quick          one short round of everything, under 3 minutes; figures are rough
  --only CASE      ${CASE_NAMES.join(' | ')}; may be repeated
  --peers TEXT     only peers whose name contains it; "none" for none; may be repeated
  --rounds N       default 5 (quick: 1)
  --seconds N      length of one measurement, default 5 (quick: 1)
  --whole-ticker   messages with every field of a futures ticker, about 620 bytes instead of 365
  --workers N      the gateway with WORKERS=N (default 1), in the cases hot, mixed, slow, storm and idle
  --scale X        clients as a share of the table's, for a try (default 1)
  --json FILE      also write everything to FILE (default bench/results/latest.json)`;

/** Throws an error whose message is for the user. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      peers: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      scale: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'string' },
      'whole-ticker': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const number = (name: 'rounds' | 'seconds' | 'scale' | 'workers', fallback: number) =>
    numberAbove0(name, values[name], fallback);
  const { quick } = values;
  return {
    quick,
    only: (values.only ?? []).map((text) => oneOf('only', CASE_NAMES, text)),
    peers: values.peers,
    json: values.json,
    rounds: Math.ceil(number('rounds', quick ? 1 : 5)),
    seconds: number('seconds', quick ? 1 : 5),
    size: values['whole-ticker'] ? 'whole' : 'small',
    scale: number('scale', 1),
    workers: Math.ceil(number('workers', 1)),
  };
}
