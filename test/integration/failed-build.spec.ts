import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

describe('a build that fails', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tapecast-build-'));
    mkdirSync(join(folder, 'src'));
    for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src/leash.ts'])
      copyFileSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program of two files; a `part` that is no number does not compile. */
  function write(version: string, part: string): void {
    writeFileSync(
      join(folder, 'src/main.ts'),
      `import { part } from './part';\nconsole.log('version ${version} with part', part);\n`,
    );
    writeFileSync(join(folder, 'src/part.ts'), `export const part: number = ${part};\n`);
  }

  function npm(...args: string[]): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  function programs(): string[] {
    return readdirSync(join(folder, 'dist')).filter((file) => file.endsWith('.js'));
  }

  it('leaves no program, and npm start does not start one, until it is repaired', () => {
    write('1', "'one'");
    expect(npm('run', 'build')).toMatchObject({ status: 1, output: expect.stringContaining('src/part.ts') as string });
    expect(programs()).toEqual([]);
    const refused = npm('start');
    expect(refused.status).toBe(1);
    expect(refused.output).not.toMatch(/version 1|Error: Command failed/);
    write('1', '1');
    expect(npm('start')).toMatchObject({ status: 0, output: expect.stringContaining('version 1 with part 1') as string });
  }, 60_000);

  it('leaves the whole program of the build before, and the next good build replaces all of it', () => {
    write('1', '1');
    expect(npm('run', 'build').status).toBe(0);
    write('2', "'two'");
    expect(npm('run', 'build').status).toBe(1);
    expect(npm('start').output).toContain('version 1 with part 1');
    write('2', '2');
    expect(npm('run', 'build').status).toBe(0);
    expect(npm('start').output).toContain('version 2 with part 2');
  }, 60_000);
});
