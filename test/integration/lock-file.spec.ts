import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly optionalDependencies?: Record<string, string>;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
}

const publicRegistry = 'https://registry.npmjs.org/';
const root = join(__dirname, '../..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

describe('the lock file', () => {
  // npm writes a lock without the platform packages that the registry lacks, and `npm ci` then refuses that lock.
  it('has an entry for every optional dependency that a package in it names', () => {
    const names = new Set(
      Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
    );
    const missing = Object.entries(packages).flatMap(([path, locked]) =>
      Object.keys(locked.optionalDependencies ?? {})
        .filter((name) => !names.has(name))
        .map((name) => `${path} -> ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('has a checksum for every package, and the address of none that only one machine knows', () => {
    const loose = Object.entries(packages).filter(
      ([path, locked]) =>
        path !== '' &&
        locked.inBundle !== true &&
        (locked.integrity === undefined || !(locked.resolved ?? publicRegistry).startsWith(publicRegistry)),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });
});
