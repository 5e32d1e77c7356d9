import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import type { DialectName } from '../load/dialects';
import { ServerProcess } from './server-process';

/** The repository, seen from dist/tools/bench/fanout. */
export const ROOT = join(__dirname, '../../../..');

/** A server under test. */
export interface RunningTarget {
  readonly port: number;
  /** The process whose CPU and memory count. */
  readonly server: ServerProcess;
  /** Further ones that count, when clients are spread over several. */
  readonly others?: readonly ServerProcess[];
  readonly dialect: DialectName;
  argOf(symbol: string): string;
  /** Clients that it says it closed because they were too slow. */
  slowClosed(): number;
  stop(): void;
}

export interface Target {
  readonly name: string;
  /** Why it cannot run here, and how to get it. */
  missing(): string | undefined;
  /** @param feedPort where the publisher listens */
  start(feedPort: number): Promise<RunningTarget>;
}

/** More than any case needs. */
const MAX_CLIENTS = 30_000;

/** The built product as users run it. */
export const gatewayWith = (workers: number): Target => ({
  name: 'tapecast',
  missing: () => (existsSync(join(ROOT, 'dist/main.js')) ? undefined : 'dist/main.js is missing: npm run build'),
  start: (feedPort) => startGateway(feedPort, { WORKERS: String(workers) }),
});

/** @param nodeOptions of the process */
export async function startGateway(
  exchangePort: number,
  extra: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<RunningTarget> {
  let slow = 0;
  const env = {
    BYBIT_WS_URL: `ws://127.0.0.1:${exchangePort}`,
    BYBIT_REST_URL: `http://127.0.0.1:${exchangePort}`,
    BYBIT_MARKETS: 'linear',
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    LOG_JSON: 'true',
    MAX_CLIENTS_TOTAL: String(MAX_CLIENTS),
    ...extra,
  };
  const started = await ServerProcess.start(
    process.execPath,
    [...nodeOptions, join(ROOT, 'dist/main.js')],
    env,
    (line) => line['msg'] === 'tapecast takes clients',
    (line) => {
      if (line['msg'] === 'client closed as too slow') slow++;
    },
  );
  return {
    port: Number(started.line['port']),
    server: started.process,
    dialect: 'native',
    argOf: (symbol) => `ticker:${symbol}`,
    slowClosed: () => slow,
    stop: () => started.process.stop(),
  };
}

/** The simulated exchange, the command that users start. */
export async function startExchange(
  symbols: number,
): Promise<{ port: number; server: ServerProcess; symbols(): Promise<string[]> }> {
  const port = await freePort();
  const args = [join(ROOT, 'dist/simulator/exchange.js'), '--port', String(port), '--symbols', String(symbols)];
  const server = await startOther(process.execPath, args, port);
  return { port, server, symbols: () => linearSymbols(port) };
}

async function linearSymbols(port: number): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v5/market/instruments-info?category=linear&limit=1000`);
  const { result } = (await response.json()) as { result: { list: { symbol: string; status: string }[] } };
  return result.list.filter(({ status }) => status === 'Trading').map(({ symbol }) => symbol);
}

function nodePeer(name: string, file: string, dialect: DialectName): Target {
  return {
    name,
    missing: () => undefined,
    start: async (feedPort) => {
      const { process: server, line } = await startPeer(file, { FEED_PORT: String(feedPort) });
      return running(server, Number(line['port']), dialect, []);
    },
  };
}

function startPeer(file: string, env: Readonly<Record<string, string>>) {
  return ServerProcess.start(process.execPath, [join(__dirname, '../peers', file)], env, hasPort);
}

function hasPort(line: Readonly<Record<string, unknown>>): boolean {
  return 'port' in line;
}

function running(
  server: ServerProcess,
  port: number,
  dialect: DialectName,
  besides: readonly ServerProcess[],
  argOf = (symbol: string) => `ticker:${symbol}`,
): RunningTarget {
  const stop = () => [server, ...besides].forEach((one) => one.stop());
  return { port, server, dialect, argOf, slowClosed: () => 0, stop };
}

/** FastAPI + uvicorn + Redis; only the Python process is measured, Redis is a present to it. */
const fastApi: Target = {
  name: 'FastAPI + Redis',
  missing: () => {
    if (!python())
      return 'python3 -m venv ~/bench-venv && ~/bench-venv/bin/pip install fastapi "uvicorn[standard]" redis; BENCH_PYTHON=~/bench-venv/bin/python';
    return inPath('redis-server', 'BENCH_REDIS') ? undefined : 'install redis-server, or name it in BENCH_REDIS';
  },
  start: async (feedPort) => {
    const { port, server: redis } = await startRedis(inPath('redis-server', 'BENCH_REDIS') ?? '');
    const env = { REDIS_PORT: String(port), FEED_PORT: String(feedPort) };
    const app = await ServerProcess.start(python() ?? '', [join(ROOT, 'bench/peers/fastapi_app.py')], env, hasPort);
    const bridge = await startPeer('redis-bridge.js', env);
    return running(app.process, Number(app.line['port']), 'plain', [bridge.process, redis]);
  },
};

const CENTRIFUGO_SETTINGS = {
  CENTRIFUGO_CLIENT_INSECURE: 'true',
  CENTRIFUGO_HTTP_API_INSECURE: 'true',
  CENTRIFUGO_CLIENT_CHANNEL_LIMIT: '1000',
  CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_ALLOW_SUBSCRIBE_FOR_CLIENT: 'true',
  CENTRIFUGO_CHANNEL_WITHOUT_NAMESPACE_ALLOW_SUBSCRIBE_FOR_ANONYMOUS: 'true',
  CENTRIFUGO_CLIENT_ALLOW_ANONYMOUS_CONNECT_WITHOUT_TOKEN: 'true',
};

/** Centrifugo uses all cores; its CPU is that of all its threads, its HTTP API included. */
const centrifugo: Target = {
  name: 'Centrifugo',
  missing: () =>
    inPath('centrifugo', 'BENCH_CENTRIFUGO')
      ? undefined
      : 'go install github.com/centrifugal/centrifugo/v6@latest, or name it in BENCH_CENTRIFUGO',
  start: async (feedPort) => {
    const port = await freePort();
    const env = { ...CENTRIFUGO_SETTINGS, CENTRIFUGO_HTTP_SERVER_PORT: String(port) };
    const server = await startOther(inPath('centrifugo', 'BENCH_CENTRIFUGO') ?? '', [], port, env);
    const bridge = await startPeer('centrifugo-bridge.js', { CENTRIFUGO_PORT: String(port), FEED_PORT: String(feedPort) });
    return running(server, port, 'centrifugo', [bridge.process], (symbol) => symbol);
  },
};

export const PEERS: readonly Target[] = [
  nodePeer('naive Nest', 'naive-nest.js', 'plain'),
  nodePeer('ws per client', 'ws-per-client.js', 'plain'),
  nodePeer('socket.io room', 'socket-io.js', 'socket.io'),
  fastApi,
  centrifugo,
];

/** A Redis of our own that keeps nothing on disk. @param file of redis-server */
export async function startRedis(file: string): Promise<{ port: number; server: ServerProcess }> {
  const port = await freePort();
  return { port, server: await startOther(file, ['--port', String(port), '--save', '', '--appendonly', 'no'], port) };
}

/** Starts a program of others, which prints no JSON: it is ready when its port answers. */
async function startOther(
  command: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  // A part of the shell waits for the port and prints the line; the shell itself becomes the program and keeps its process id.
  const waiting = `(until (: </dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.05; done; echo '{"port":${port}}') & exec "$0" "$@"`;
  const { process: server } = await ServerProcess.start('bash', ['-c', waiting, command, ...args], env, hasPort);
  return server;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function inPath(program: string, variable: string): string | undefined {
  const named = process.env[variable];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    process.env['GOBIN'],
    join(process.env['HOME'] ?? '', 'go/bin'),
  ];
  return folders.flatMap((folder) => (folder ? [join(folder, program)] : [])).find((file) => existsSync(file));
}

let checkedPython: string | undefined | null = null;

/** A Python that has what the peer imports. */
function python(): string | undefined {
  if (checkedPython !== null) return checkedPython;
  const command = process.env['BENCH_PYTHON'] ?? 'python3';
  try {
    execFileSync(command, ['-c', 'import fastapi, uvicorn, redis, websockets'], { stdio: 'ignore' });
    checkedPython = command;
  } catch {
    checkedPython = undefined;
  }
  return checkedPython;
}
