/**
 * Breaks a fleet of real processes in every way of the matrix, one at a time, and prints what its clients saw. See docs/reliability.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { built } from './rig/built';
import { type CellName, type CellResult, runCell } from './rig/cell';
import { FAULTS, TARGETS } from './rig/faults';
import { LOADS } from './rig/load';
import { numberOf, optionsOf, UsageError } from './rig/options';
import { tableOf, withTable } from './rig/table';
import { runTool } from './rig/tool';

const USAGE = `Usage: npm run faults -- [--only TARGET/FAULT/LOAD] [--seed N] [--write FILE]

  --only   one cell, or several: redis/kill/load, redis/kill, holder, //load
           targets: ${TARGETS.join(', ')}
           faults:  ${FAULTS.join(', ')}
           loads:   ${LOADS.join(', ')}
  --seed   another market and other moments (default 1)
  --alone  without Redis: every replica has an upstream of its own
  --save   keeps logs of cells that went well, too
  --write  the markdown page whose table is to be replaced`;

/** Violations that are printed per cell; all of them are in the file. */
const SHOWN = 5;

function cellsOf(only: string): CellName[] {
  const parts = only.split('/');
  const wants = (i: number, name: string): boolean => (parts[i] ?? '') === '' || parts[i] === name;
  const all = TARGETS.flatMap((target) => FAULTS.flatMap((fault) => LOADS.map((load) => ({ target, fault, load }))));
  return all.filter(({ target, fault, load }) => wants(0, target) && wants(1, fault) && wants(2, load));
}

function isWell({ verdict, problems }: CellResult): boolean {
  return verdict.violations.length === 0 && problems.length === 0;
}

/** Everything that is needed to understand what went wrong. */
function save(result: CellResult, seed: number): string {
  const file = built(`faults/${result.target}-${result.fault}-${result.load}-${seed}.json`);
  mkdirSync(built('faults'), { recursive: true });
  const involved = new Set(result.verdict.violations.slice(0, 50).map(({ client }) => client));
  const logs = result.logs
    .filter(({ client }) => involved.size === 0 || involved.has(client))
    .slice(0, 4)
    .map(({ client, entries }) => ({ client, entries }));
  const { violations } = result.verdict;
  writeFileSync(file, JSON.stringify({ problems: result.problems, violations, output: result.output, logs }, null, 1));
  return file;
}

async function main(): Promise<number> {
  const values = optionsOf(process.argv.slice(2), USAGE, {
    only: 'string',
    seed: 'string',
    write: 'string',
    alone: 'boolean',
    save: 'boolean',
  });
  const cells = cellsOf(values.only ?? '');
  const seed = numberOf('seed', values.seed, 1, USAGE);
  if (cells.length === 0) throw new UsageError(`--only ${values.only ?? ''} names no cell.`, USAGE);
  if (!Number.isInteger(seed)) throw new UsageError('--seed must be a whole number.', USAGE);
  const results: CellResult[] = [];
  for (const cell of cells) {
    const result = await runCell(cell, seed, values.alone !== true);
    results.push(result);
    const name = `${cell.target}/${cell.fault}/${cell.load}`;
    console.error(`${isWell(result) ? 'ok  ' : 'BAD '} ${name} (${results.length} of ${cells.length})`);
    if (isWell(result)) {
      if (values.save === true) console.error(`     logs: ${save(result, seed)}`);
      continue;
    }
    for (const problem of result.problems) console.error(`     ${problem}`);
    for (const { fault, client, stream, what } of result.verdict.violations.slice(0, SHOWN)) {
      console.error(`     ${fault}: ${client}, ${stream}: ${what}`);
    }
    console.error(`     logs: ${save(result, seed)}; again: npm run faults -- --only ${name} --seed ${seed}`);
  }
  const table = tableOf(results);
  console.log(table);
  if (values.write !== undefined) writeFileSync(values.write, withTable(readFileSync(values.write, 'utf8'), table));
  return results.every(isWell) ? 0 : 1;
}

runTool(main);
