import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { settings, turn } from '../../k6/options';

const folder = join(__dirname, '../../k6');
const LOAD_TESTS = ['connect', 'market-data', 'mixed', 'reconnect', 'soak'];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs Node with nothing in its environment but `env`. */
async function node(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env }, (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }));
  });
}

describe('the load tests', () => {
  let home: string;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'load-tests-'));
  });

  afterAll(() => rmSync(home, { recursive: true }));

  describe('loaded with stand-ins for the modules that only k6 has', () => {
    beforeAll(() => {
      cpSync(folder, join(home, 'k6'), { recursive: true });
      writeFileSync(join(home, 'k6/package.json'), '{"type":"module"}');
      const k6 = join(home, 'k6/node_modules/k6');
      mkdirSync(k6, { recursive: true });
      writeFileSync(
        join(k6, 'package.json'),
        '{"type":"module","exports":{".":"./k6.js","./execution":"./execution.js","./metrics":"./metrics.js","./websockets":"./websockets.js"}}',
      );
      writeFileSync(join(k6, 'k6.js'), 'export const check = () => true;');
      writeFileSync(join(k6, 'execution.js'), 'export default {};');
      writeFileSync(
        join(k6, 'metrics.js'),
        `const names = (globalThis.metrics = []);
        class Metric { constructor(name) { names.push(name); } }
        export { Metric as Counter, Metric as Rate, Metric as Trend };`,
      );
      writeFileSync(join(k6, 'websockets.js'), 'export class WebSocket {}');
    });

    it.each(LOAD_TESTS)('%s.js demands success, latency, no drops and right messages', async (name) => {
      const program = `globalThis.__ENV = {};
        const test = await import(${JSON.stringify(join(home, 'k6', `${name}.js`))});
        const missing = Object.values(test.options.scenarios).filter(({ exec = 'default' }) => typeof test[exec] !== 'function');
        console.log(JSON.stringify({ ...test.options, missing, metrics: globalThis.metrics }));`;
      const { out, err } = await node(['--input-type=module', '-e', program], {});
      expect(err).toBe('');
      const options = JSON.parse(out) as { thresholds: Record<string, string[]>; missing: unknown[]; metrics: string[] };
      expect(options.missing).toEqual([]);
      expect(options.thresholds).toMatchObject({
        tapecast_connection_success: ['rate>0.95'],
        tapecast_connection_drops: ['rate<0.01'],
        tapecast_latency: ['p(95)<100'],
        tapecast_message_drops: ['rate<0.01'],
        checks: ['rate==1'],
      });
      // A threshold on a metric that nobody writes would pass for ever.
      const ours = Object.keys(options.thresholds).map((metric) => metric.replace(/\{.*/, ''));
      expect([...options.metrics, 'checks', 'dropped_iterations']).toEqual(expect.arrayContaining(ours));
    });

    it('are all there are', () => {
      const shared = ['checks', 'client', 'options', 'server-clock'];
      const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
      expect(files.sort()).toEqual([...LOAD_TESTS, ...shared].map((name) => `${name}.js`).sort());
    });
  });

  describe('started with npm run k6', () => {
    const run = join(folder, 'run.mjs');
    let bin: string;

    beforeAll(() => {
      bin = join(home, 'go/bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, 'k6'), '#!/bin/sh\necho "$@"\necho GOGC $GOGC\nexit 99\n');
      chmodSync(join(bin, 'k6'), 0o755);
    });

    it.each([
      ['PATH', () => ({ PATH: [home, bin].join(delimiter) })],
      ['GOBIN', () => ({ PATH: home, GOBIN: bin })],
      ['GOPATH/bin', () => ({ PATH: home, GOPATH: [home, join(home, 'go')].join(delimiter) })],
      ['~/go/bin', () => ({ PATH: home, HOME: home })],
    ])('k6 is found in %s, gets the other arguments, and its exit code is passed on', async (_, env) => {
      const { code, out } = await node([run, 'market-data', '--vus', '3'], { HOME: '/nonexistent', ...env() });
      expect(out).toBe(`run --vus 3 ${join(folder, 'market-data.js')}\nGOGC 400\n`);
      expect(code).toBe(99);
    });

    it('say how to get k6 when it is nowhere', async () => {
      const { code, err } = await node([run, 'market-data'], { PATH: home, HOME: '/nonexistent' });
      expect(code).toBe(1);
      expect(err).toMatch(/k6 was not found in PATH, GOBIN or GOPATH\/bin[^]*go install go\.k6\.io\/k6@latest/);
    });

    it.each([[[]], [['nonsense']], [['client']]])('are listed when %j names none', async (args) => {
      const { code, err } = await node([run, ...args], { PATH: bin, HOME: home });
      expect(code).toBe(1);
      expect(err).toContain(`They are: ${LOAD_TESTS.join(', ')}.`);
    });
  });
});

describe('the settings of a load test', () => {
  const defaults = { connections: 150, duration: '1m' };

  it('are the defaults where nothing is set', () => {
    expect(settings({}, defaults)).toMatchObject({
      url: 'ws://127.0.0.1:8000/ws',
      connections: 150,
      duration: 60_000,
      ramp: 10_000,
      symbols: expect.arrayContaining(['BTCUSDT']) as unknown,
    });
  });

  it('are read from the environment', () => {
    const env = {
      TAPECAST_URL: 'wss://example.com/ws',
      TAPECAST_CONNECTIONS: '200',
      TAPECAST_DURATION: '1.5h',
      TAPECAST_RAMP: '250ms',
      TAPECAST_SYMBOLS: ' btcusdt, SOLUSDT,',
    };
    expect(settings(env, defaults)).toMatchObject({
      url: 'wss://example.com/ws',
      connections: 200,
      duration: 5_400_000,
      ramp: 250,
      symbols: ['BTCUSDT', 'SOLUSDT'],
    });
  });

  it.each([
    ['TAPECAST_URL', 'http://x/ws'],
    ['TAPECAST_CONNECTIONS', '0'],
    ['TAPECAST_CONNECTIONS', '1e3'],
    ['TAPECAST_DURATION', 'long'],
    ['TAPECAST_SYMBOLS', ' , '],
    ['TAPECAST_RATE', '-1'],
    ['TAPECAST_LATENCY_EVERY', '0'],
  ])('%s is refused when it is %j', (name, text) => {
    expect(() => settings({ [name]: text }, defaults)).toThrow(name);
  });

  it('give every client its turn within the ramp', () => {
    const set = { ramp: 1000, connections: 4 };
    expect([1, 2, 3, 4].map((number) => turn(set, number))).toEqual([0, 250, 500, 750]);
  });
});
