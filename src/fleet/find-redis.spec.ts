import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis } from './find-redis';

describe('findRedis', () => {
  it('finds redis-server in the path, and only one that can be run', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapecast-find-'));
    const file = join(folder, 'redis-server');
    writeFileSync(file, '');
    expect(findRedis(folder)).not.toBe(file);
    chmodSync(file, 0o755);
    expect(findRedis(`/nowhere:${folder}`)).toBe(file);
    rmSync(folder, { recursive: true });
  });
});
