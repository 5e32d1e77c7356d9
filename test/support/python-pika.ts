import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Not among this machine's own packages: what a test needs is no business of theirs. */
const DIRECTORY = join(tmpdir(), 'tapecast-python');

/** A Python that has pika. */
export interface Python {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The machine's own, else with pika fetched into a directory of the tests. Rejects with what a person has to install. */
export async function pythonWithPika(): Promise<Python> {
  const candidates = ['python3', '/usr/bin/python3'];
  for (const env of [{}, { PYTHONPATH: DIRECTORY }]) {
    for (const program of candidates) if (await works(program, env)) return { program, env };
  }
  const failure = await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', DIRECTORY, 'pika'], {
    timeout: 60_000,
  }).then(
    () => '',
    (error: unknown) => String((error as { stderr?: string }).stderr ?? error).trim(),
  );
  const env = { PYTHONPATH: DIRECTORY };
  if (await works('python3', env)) return { program: 'python3', env };
  throw new Error(
    'This test needs Python 3 with pika: install it, for example with "pip install pika" or, as root on Debian, ' +
      `"apt-get install python3-pika" (fetching it by itself did not work: ${failure}).`,
  );
}

function works(program: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  return run(program, ['-c', 'import pika'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );
}
