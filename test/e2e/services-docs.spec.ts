/** What docs/services.md tells a back-end service to do, done to the letter against real servers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from 'amqplib';
import ts from 'typescript';
import { gapBody } from '../../src/services/event-body';
import { ProgramOutput } from '../support/program-output';
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
  rig = await ServicesRig.start({ rabbit: true, postgres: true, account: true });
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

interface Running {
  readonly output: ProgramOutput;
  /** Resolves with the exit code. */
  readonly ended: Promise<unknown>;
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  programs.push(child);
  return { output: new ProgramOutput(child), ended: once(child, 'close').then(([code]: unknown[]) => code) };
}

/** By curl, as the page says; the queue is there when events wait in it. */
async function subscribed(): Promise<void> {
  const { gateway } = rig;
  const env = { TAPECAST: `http://127.0.0.1:${gateway.port}`, KEY: SERVICE_KEY };
  const curl = run('sh', ['-c', block('subscribe')], env);
  expect(await curl.ended).toBe(0);
  const answer = JSON.parse(curl.output.text) as Record<string, unknown>;
  expect([answer['topic'] ?? 'futures.ticker.BTCUSDT', answer['code'] ?? 'SUBSCRIPTION_EXISTS']).toEqual([
    'futures.ticker.BTCUSDT',
    'SUBSCRIPTION_EXISTS',
  ]);
  const consumer = await rig.consumer('ws-gateway.ticker');
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await consumer.until((events) => events.length > 0);
  await consumer.close();
}

const PRICE = /^futures\.ticker\.BTCUSDT (snapshot|update) [\d.]+$/m;

/** Prints prices, stands a gap, and ends as a failure when the broker closes its connection. */
async function consumes(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { rabbit } = rig;
  if (!rabbit) throw new Error('no broker');
  const consumer = run(program, args, { ...env, AMQP_URL: rabbit.url });
  rig.exchange.stir('linear', 'tickers.BTCUSDT');
  await consumer.output.matching(PRICE);
  await sendGap(rabbit.url);
  await consumer.output.matching(/^futures\.trade\.BTCUSDT gap upstream_reconnect$/m);
  await rabbit.control('close_all_connections', 'maintenance');
  expect(await consumer.ended).toBe(1);
  expect(consumer.output.text).toMatch(/^The broker.* is gone: .*maintenance/m);
}

async function sendGap(url: string): Promise<void> {
  const head = { messageId: randomUUID(), eventType: 'trade', topic: 'futures.trade.BTCUSDT', traceId: '0'.repeat(32) } as const;
  const body = gapBody({ ...head, timestamp: 0, received: 0 }, '1', { from: 4, to: 6, reason: 'upstream_reconnect' });
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  channel.sendToQueue('ws-gateway.desk.ticker', body);
  await channel.waitForConfirms();
  await connection.close();
}

it('has consumers of fifteen lines at most', () => {
  for (const mark of ['typescript', 'python']) expect(block(mark).trim().split('\n').length).toBeLessThanOrEqual(15);
});

it('shows a TypeScript consumer that prints what curl has subscribed to, and does not end in silence', async () => {
  await subscribed();
  const { outputText } = ts.transpileModule(block('typescript'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const file = join(directory, 'consumer.mjs');
  writeFileSync(file, outputText);
  await consumes(process.execPath, [file], {});
});

it('shows a Python consumer that does the same', async () => {
  const python = await pythonWithPika();
  await subscribed();
  const file = join(directory, 'consumer.py');
  writeFileSync(file, block('python'));
  await consumes(python.program, [file], python.env);
});

/** The names in the first column of the tables under a heading; of the one that begins with `column`. */
function documented(heading: string, column: string): string[] {
  const [, part = ''] = new RegExp(`### ${heading}\\n(.*?)\\n##`, 's').exec(PAGE) ?? [];
  const [, table = ''] = new RegExp(`^\\| ${column} \\|.*\\n.*\\n((\\|.*\\n?)+)`, 'm').exec(part) ?? [];
  return table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/\w+/g)].map(([name]) => name));
}

it('has a table of every field of the account', async () => {
  const events = ['order', 'execution', 'position', 'balance'].map(async (channel) => {
    await rig.subscribe('fields', { channel_type: channel });
    const consumer = await rig.consumer(`ws-gateway.fields.${channel}`);
    rig.exchange.account.create({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.01' });
    await consumer.until((told) => told.some(({ payload }) => payload.data));
    await consumer.close();
    return consumer.events.find(({ payload }) => payload.data)?.payload.data ?? {};
  });
  const [order = {}, execution = {}, position = {}, balance = {}] = await Promise.all(events);
  expect(documented('order', 'field').sort()).toEqual(Object.keys(order).sort());
  expect(documented('execution', 'field').sort()).toEqual(Object.keys(execution).sort());
  expect(documented('position', 'field').sort()).toEqual(Object.keys(position).sort());
  expect(documented('balance', 'field').sort()).toEqual(Object.keys(balance).sort());
  const { margin, coins } = balance as { margin: object; coins: readonly object[] };
  expect(documented('balance', 'of `margin`').sort()).toEqual(Object.keys(margin).sort());
  expect(documented('balance', 'of a coin').sort()).toEqual(Object.keys(coins[0] ?? {}).sort());
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
