/** What docs/services.md tells a back-end service to do, done to the letter against real servers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { pythonWithPika } from '../support/python-pika';
import { SERVICE_KEY, ServicesRig } from '../support/services-rig';

// Three servers are started, and pika may have to be fetched.
jest.setTimeout(120_000);

const ROOT = resolve(__dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/services.md'), 'utf8');

let rig: ServicesRig;
let directory: string;
const programs: ChildProcess[] = [];

beforeAll(async () => {
  rig = await ServicesRig.start({ rabbit: true, postgres: true });
  directory = mkdtempSync(join(tmpdir(), 'tapecast-docs-'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
});

afterAll(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await rig.stop();
  rmSync(directory, { recursive: true });
});

/** The block of the page that follows this mark. */
function block(mark: string): string {
  const [, text] = new RegExp(`<!-- ${mark} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`docs/services.md has no block ${mark}`);
  return text;
}

/** Resolves with the first line that the program prints; rejects with its errors when it ends. */
async function firstLine(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  programs.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${String(code)}: ${errors}`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return line;
}

/** By curl, as the page says; the queue is there when events wait in it. */
async function subscribed(): Promise<void> {
  const { gateway } = rig;
  const env = { TAPECAST: `http://127.0.0.1:${gateway.port}`, API_KEY: SERVICE_KEY };
  const answer = JSON.parse(await firstLine('sh', ['-c', `${block('subscribe')}\necho`], env)) as Record<string, unknown>;
  expect([answer['topic'] ?? 'futures.ticker.BTCUSDT', answer['code'] ?? 'SUBSCRIPTION_EXISTS']).toEqual([
    'futures.ticker.BTCUSDT',
    'SUBSCRIPTION_EXISTS',
  ]);
  const consumer = await rig.consumer('ws-gateway.ticker');
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await consumer.until((events) => events.length > 0);
  await consumer.close();
}

it('has consumers of at most fifteen lines', () => {
  for (const mark of ['typescript', 'python']) expect(block(mark).trim().split('\n').length).toBeLessThanOrEqual(15);
});

it('shows a TypeScript consumer that prints the events which curl has subscribed to', async () => {
  await subscribed();
  const { outputText } = ts.transpileModule(block('typescript'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(directory, 'consumer.mjs');
  writeFileSync(file, outputText);
  const line = await firstLine(process.execPath, [file], { AMQP_URL: rig.rabbit?.url ?? '' });
  expect(line).toMatch(/^futures\.ticker\.BTCUSDT (snapshot|update) [\d.]+$/);
});

it('shows a Python consumer that prints them too', async () => {
  const python = await pythonWithPika();
  await subscribed();
  const file = join(directory, 'consumer.py');
  writeFileSync(file, block('python'));
  const told = firstLine(python.program, [file], { ...python.env, AMQP_URL: rig.rabbit?.url ?? '' });
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await expect(told).resolves.toMatch(/^futures\.ticker\.BTCUSDT (snapshot|update) [\d.]+$/);
});

it('names every channel type and every event field that there is', async () => {
  const consumer = await rig.consumer('ws-gateway.ticker');
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await consumer.until((events) => events.length > 0);
  await consumer.close();
  const [, example = ''] = /```json\n(.*?)```/s.exec(PAGE) ?? [];
  const shown = JSON.parse(example) as { payload: object };
  const [event] = consumer.events;
  expect(Object.keys(shown)).toEqual(Object.keys(event ?? {}));
  expect(Object.keys(shown.payload)).toEqual(Object.keys(event?.payload ?? {}));
});
