import { UsageError } from './options';

/** Runs a command-line program to its end: exits with what `main` resolves to, and answers wrong usage in words. */
export function runTool(main: () => Promise<number>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  main().then(
    (exitCode) => process.exit(exitCode),
    (error: unknown) => {
      const usage = error instanceof UsageError;
      process.stderr.write(`${usage ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
      process.exit(usage ? error.exitCode : 1);
    },
  );
}
