import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { machine } from './machine';
import { ROOT } from './targets';

const EXIT_FAILED = 1;
/** Wrong usage, as command-line programs report it. */
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** What every benchmark can be asked for. */
interface FileOption {
  /** Where the file of results goes, if not to its own place. */
  readonly json: string | undefined;
}

/** What a benchmark has found. */
export interface Findings {
  /** For the file of results. */
  readonly figures: object;
  /** Promises that were not kept, if it looks at any. */
  readonly problems?: readonly string[];
}

/** A benchmark that is a command of its own. */
export interface Benchmark<Options extends FileOption> {
  readonly usage: string;
  /** Of its file of results, when none is asked for. */
  readonly fileName: string;
  /** Throws an error whose message is for the user. */
  readOptions(argv: readonly string[]): Options | 'help';
  /** Shows what it measures. */
  measure(options: Options): Promise<Findings>;
}

/** Runs it as this process, which ends with 0, with 1 when it failed or found problems, with 2 when the options are wrong. */
export function runBenchmark<Options extends FileOption>(benchmark: Benchmark<Options>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(EXIT_INTERRUPTED));
  exitCodeOf(benchmark).then(
    (exitCode) => process.exit(exitCode),
    (error: unknown) => {
      console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exit(EXIT_FAILED);
    },
  );
}

async function exitCodeOf<Options extends FileOption>(benchmark: Benchmark<Options>): Promise<number> {
  const { usage, fileName } = benchmark;
  let options: Options | 'help';
  try {
    options = benchmark.readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return EXIT_USAGE;
  }
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const here = machine();
  console.log(here.text);
  const { figures, problems } = await benchmark.measure(options);
  const file = resolve(options.json ?? join(ROOT, 'bench/results', fileName));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ machine: here, options, ...figures, problems }, null, 1));
  console.log(`\neverything: ${file}`);
  for (const problem of problems ?? []) console.error(`! ${problem}`);
  return problems?.length ? EXIT_FAILED : 0;
}
