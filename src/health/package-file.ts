import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Two folders up, whether this runs from `src` or from `dist`. */
export const PACKAGE_FOLDER = resolve(__dirname, '..', '..');

/** What package.json calls this program. Throws when there is none: then the installation is broken. */
export function readPackageFile(): { readonly name: string; readonly version: string } {
  const { name, version } = JSON.parse(readFileSync(resolve(PACKAGE_FOLDER, 'package.json'), 'utf8')) as Record<string, unknown>;
  return { name: String(name), version: String(version) };
}
