import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from './port';
import { Program } from './program';

const DEFAULT_PORT = 8000;

/** Longer than a slow machine needs to start two Node processes. */
const START_LIMIT_MS = 60_000;

/** A simulated exchange and a gateway beside it, until Ctrl-C. Resolves with the exit code. */
async function demo(stopped: Promise<'stopped'>): Promise<number> {
  const wanted = Number(process.env['PORT'] ?? DEFAULT_PORT);
  const wantedForMetrics = Number(process.env['METRICS_PORT'] ?? (wanted === 0 ? 0 : wanted + 1));
  if (![wanted, wantedForMetrics].every(isPort)) return report('PORT and METRICS_PORT must be whole numbers from 0 to 65535.');
  const [port, metricsPort] = await Promise.all([freePort(wanted), freePort(wantedForMetrics)]);
  if (port === undefined || metricsPort === undefined) {
    const taken = port === undefined ? wanted : wantedForMetrics;
    return report(`Port ${taken} is taken. Choose others, such as: PORT=8100 METRICS_PORT=8101 npm run demo`);
  }

  console.log('Starting a simulated exchange and the gateway ...');
  const exchange = Program.start('simulator/exchange.js', ['--port', '0'], {});
  const programs = [exchange];
  try {
    const address = await Promise.race([exchange.line(/ws:\/\/127\.0\.0\.1:(\d+)/), stopped]);
    if (address === 'stopped') return 0;
    const exchangePort = address?.[1];
    if (exchangePort === undefined) return report(`The simulated exchange ended ${await exchange.ended}.`);

    const gateway = Program.start('main.js', [], {
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ENVIRONMENT: process.env['ENVIRONMENT'] ?? 'demo',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
      BYBIT_WS_URL: `ws://127.0.0.1:${exchangePort}`,
      BYBIT_REST_URL: `http://127.0.0.1:${exchangePort}`,
    });
    programs.push(gateway);
    gateway.pipe((line) => console.log(line));
    const end = Promise.race([
      stopped,
      gateway.ended.then((how) => `The gateway ended ${how}.`),
      exchange.ended.then((how) => `The simulated exchange ended ${how}.`),
    ]);

    const outcome = await Promise.race([ready(port), end]);
    if (outcome === 'ready') printBanner(port, metricsPort, exchangePort);
    const reason = outcome === 'ready' ? await end : outcome;
    return reason === 'stopped' ? 0 : report(reason);
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}

function isPort(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= 65_535;
}

function report(reason: string): number {
  console.error(reason);
  return 1;
}

async function ready(port: number): Promise<string> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit) {
    const status = await fetch(`http://127.0.0.1:${port}/ready`).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return 'ready';
    await wait(50);
  }
  return `The gateway was not ready after ${START_LIMIT_MS / 1000} s.`;
}

function printBanner(port: number, metricsPort: number, exchangePort: string): void {
  const url = port === DEFAULT_PORT ? '' : `--url ws://127.0.0.1:${port}/ws `;
  console.log(`
  Tapecast is ready, with a simulated exchange behind it.

    WebSocket   ws://127.0.0.1:${port}/ws
    health      http://127.0.0.1:${port}/health
    metrics     http://127.0.0.1:${metricsPort}/metrics
    exchange    http://127.0.0.1:${exchangePort}/control

  Live prices: paste this into another terminal, in this folder

    npm run watch -- ${url}ticker:BTCUSDT ticker:ETHUSDT

  Break the exchange, and see there how it is told and mended: paste this into a third one (more faults: docs/simulator.md)

    curl -X POST http://127.0.0.1:${exchangePort}/control/faults -d '{"fault":"drop"}'

  Ctrl-C stops everything.
`);
}

const stopped = new Promise<'stopped'>((resolve) => {
  process.on('SIGINT', () => resolve('stopped'));
  process.on('SIGTERM', () => resolve('stopped'));
});
demo(stopped).then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
