/** A crowd whose connections break at random and that resumes elsewhere, under the checker. See docs/reliability.md. */
import { numberOf, optionsOf } from './rig/options';
import { recoveryStorm } from './rig/storm';
import { runTool } from './rig/tool';

const USAGE = 'Usage: npm run storm -- [--seed N] [--clients 300] [--rate 500] [--seconds 30] [--kicks 50]';
const SHOWN = 10;

async function main(): Promise<number> {
  const option = 'string';
  const values = optionsOf(process.argv.slice(2), USAGE, {
    seed: option,
    clients: option,
    rate: option,
    seconds: option,
    kicks: option,
  });
  const number = (name: keyof typeof values, usual: number): number => numberOf(name, values[name], usual, USAGE);
  const options = {
    seed: number('seed', 1),
    clients: number('clients', 300),
    rate: number('rate', 500),
    lastsMs: 1000 * number('seconds', 30),
    kicksPerSecond: number('kicks', 50),
  };
  const { kicks, numbered, recovered, notRecovered, verdict } = await recoveryStorm(options);
  console.log(`connections broken        ${kicks}
numbered messages heard   ${numbered}
streams resumed exactly   ${recovered}
streams begun anew        ${notRecovered}
gap notices               ${verdict.gapsDeclared}
duplicates                ${verdict.duplicates}
gaps undeclared           ${verdict.gapsUndeclared}
all violations            ${verdict.violations.length}
compared with others      ${verdict.looked.compared}
books rebuilt             ${verdict.looked.books}
trades                    ${verdict.looked.entries}
unknown to the reference  ${verdict.unreferenced}`);
  for (const { fault, client, stream, what } of verdict.violations.slice(0, SHOWN))
    console.log(`${fault}: ${client}, ${stream}: ${what}`);
  return verdict.violations.length === 0 ? 0 : 1;
}

runTool(main);
