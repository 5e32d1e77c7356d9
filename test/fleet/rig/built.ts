import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of the build, wherever this one runs from: its sources or its own build. */
export function built(file: string): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'dist', file);
}
