import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../../src/config/settings';
import { freePorts } from '../support/free-port';
import { ProgramOutput } from '../support/program-output';
import { execForm, parseDockerfile, type Stage, textsOf } from '../support/dockerfile';

const root = join(__dirname, '../..');
const stages = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const final = stages.at(-1) as Stage;

/** What a container starts with: nothing of npm's own or of the test runner's, and no programs of this folder. */
const cleanEnvironment: Record<string, string | undefined> = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_(cache|registry|userconfig)$)|NODE_ENV$|NODE_OPTIONS$|JEST_)/.test(name),
    ),
  ),
  PATH: process.env['PATH']
    ?.split(':')
    .filter((entry) => !entry.includes('node_modules'))
    .join(':'),
};

/** Runs the COPY and RUN steps of every stage, each stage in a folder of its own; gives the last stage's folder. */
function build(folder: string): string {
  const folders = new Map<string, string>();
  let directory = '';
  for (const [index, stage] of stages.entries()) {
    const name = stage.name ?? String(index);
    const files = join(folder, name);
    folders.set(name, files);
    const [workdir] = textsOf(stage, 'WORKDIR');
    directory = join(files, workdir ?? '/');
    mkdirSync(directory, { recursive: true });
    for (const { name: instruction, text } of stage.instructions) {
      if (instruction === 'COPY') copy(text, directory, folders);
      if (instruction === 'RUN') run(text, directory);
    }
  }
  return directory;
}

function run(command: string, directory: string): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: directory,
    env: cleanEnvironment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`RUN ${command} failed:\n${stdout}${stderr}`);
}

/** From the project, or with `--from=` from an earlier stage. Several sources go into a folder, a single folder becomes it. */
function copy(text: string, directory: string, folders: ReadonlyMap<string, string>): void {
  const all = text.split(/\s+/);
  const words = all.filter((word) => !word.startsWith('--'));
  const from = all.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const source = from === undefined ? root : (folders.get(from) as string);
  const target = join(directory, words.pop() as string);
  for (const word of words) {
    const isFolder = statSync(join(source, word)).isDirectory();
    cpSync(join(source, word), isFolder ? target : join(target, word.split('/').pop() as string), { recursive: true });
  }
}

describe('the Dockerfile', () => {
  it('builds and runs on the same long-term Node', () => {
    expect(new Set(stages.map((stage) => stage.image))).toEqual(new Set(['node:26-slim']));
  });

  it('gives that user the directory of the embedded database', () => {
    const { dataDir } = new Settings();
    expect(textsOf(final, 'COPY')).toContain(`--from=build --chown=node:node /app/${dataDir.slice(2)} ${dataDir}`);
  });

  it('ends as a user other than root, in production mode, stopped by SIGTERM', () => {
    expect(textsOf(final, 'USER')).toEqual(['node']);
    expect(textsOf(final, 'ENV')).toContain('NODE_ENV=production');
    expect(textsOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('uses no step that the test below does not understand', () => {
    const understood = ['WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'CMD'];
    const used = stages.flatMap((stage) => stage.instructions.map((instruction) => instruction.name));
    expect(used.filter((name) => !understood.includes(name))).toEqual([]);
  });

  it('copies nothing from the project that .dockerignore keeps out', () => {
    const kept = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    const sources = stages.flatMap((stage) => textsOf(stage, 'COPY')).filter((text) => !text.startsWith('--from'));
    const names = sources.flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(names.filter((name) => !kept.includes(`!${name}`))).toEqual([]);
  });
});

describe('an image built by the steps of the Dockerfile', () => {
  let folder = '';
  let app = '';
  let gateway: ChildProcessWithoutNullStreams | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tapecast-image-'));
    app = build(folder);
  }, 300_000);

  afterAll(() => {
    gateway?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds the programs and their production dependencies only', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const has = (name: string) => existsSync(join(app, 'node_modules', name));
    expect(readdirSync(app).sort()).toEqual(['data', 'dist', 'docs', 'node_modules', 'package.json']);
    expect(Object.keys(dependencies).filter((name) => !has(name))).toEqual([]);
    expect(Object.keys(devDependencies).filter(has)).toEqual([]);
  });

  it('starts, is healthy by its own HEALTHCHECK, and stops on SIGTERM with exit code 0', async () => {
    const [port, metricsPort] = await freePorts(2);
    const env = {
      ...cleanEnvironment,
      NODE_ENV: 'production',
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      // Nobody listens there: a gateway must live without its exchange.
      BYBIT_WS_URL: 'ws://127.0.0.1:1',
      BYBIT_REST_URL: 'http://127.0.0.1:1',
    };
    const [program, ...args] = execForm(textsOf(final, 'CMD')[0] ?? '');
    gateway = spawn(program ?? '', args, { cwd: app, env });
    await new ProgramOutput(gateway).matching(/takes clients/);

    const [check, ...checkArgs] = execForm((textsOf(final, 'HEALTHCHECK')[0] ?? '').replace(/^.*?CMD\s+/, ''));
    execFileSync(check ?? '', checkArgs, { env });
    const live = await fetch(`http://127.0.0.1:${port}/live`);
    expect([live.status, await live.json()]).toEqual([200, { ok: true }]);

    const exit = once(gateway, 'exit');
    gateway.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  }, 60_000);

  it('is not healthy by its own HEALTHCHECK when nobody answers', async () => {
    const [port] = await freePorts(1);
    const [check, ...checkArgs] = execForm((textsOf(final, 'HEALTHCHECK')[0] ?? '').replace(/^.*?CMD\s+/, ''));
    expect(() =>
      execFileSync(check ?? '', checkArgs, { env: { ...cleanEnvironment, PORT: String(port) }, stdio: 'pipe' }),
    ).toThrow();
  });
});
