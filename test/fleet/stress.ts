/** About 20 s of random faults on a small fleet, under the checker; the same seed does the same things again. */
import { numberOf, optionsOf, UsageError } from './rig/options';
import { stress } from './rig/stress';
import { runTool } from './rig/tool';

const SHOWN = 20;

const USAGE = 'Usage: npm run stress -- [--seed N]';

async function main(): Promise<number> {
  const values = optionsOf(process.argv.slice(2), USAGE, { seed: 'string' });
  const seed = numberOf('seed', values.seed, Date.now() % 1_000_000, USAGE);
  if (!Number.isInteger(seed)) throw new UsageError('--seed must be a whole number.', USAGE);
  const { did, verdict, problems } = await stress(seed);
  const { looked, duplicates, gapsDeclared, gapsUndeclared, violations } = verdict;
  console.log(`seed ${seed}: ${did.join(', ')}`);
  console.log(`${looked.frames} messages, ${looked.compared} compared, ${looked.books} books, ${looked.entries} trades`);
  console.log(
    `${duplicates} duplicates, ${gapsUndeclared} gaps undeclared, ${gapsDeclared} declared, ${violations.length} violations`,
  );
  for (const problem of problems) console.log(problem);
  for (const { fault, client, stream, what } of violations.slice(0, SHOWN))
    console.log(`${fault}: ${client}, ${stream}: ${what}`);
  return violations.length === 0 && problems.length === 0 ? 0 : 1;
}

runTool(main);
