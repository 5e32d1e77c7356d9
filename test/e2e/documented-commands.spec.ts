import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePorts } from '../support/free-port';
import { ProgramOutput } from '../support/program-output';

const root = join(__dirname, '../..');

interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  readonly output: ProgramOutput;
  readonly exit: Promise<unknown[]>;
}

describe('the documented commands', () => {
  const running: Running[] = [];
  let port = 0;
  let demo: Running;

  /** In a process group of its own, so that nothing it started can be left behind. */
  function run(command: string, args: readonly string[], env: Record<string, string> = {}): Running {
    const process_ = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, detached: true });
    const started = { process: process_, output: new ProgramOutput(process_), exit: once(process_, 'exit') };
    running.push(started);
    return started;
  }

  beforeAll(async () => {
    const [free, metrics] = await freePorts(2);
    port = free as number;
    demo = run('node', ['dist/demo/demo.js'], { PORT: String(port), METRICS_PORT: String(metrics) });
    await demo.output.matching(/Ctrl-C/);
  }, 60_000);

  afterAll(async () => {
    for (const { process: process_, exit } of running) {
      process_.kill('SIGTERM');
      await exit;
    }
  });

  it('npm run demo prints a command that shows live prices', async () => {
    const [, command] = await demo.output.matching(/^ *(npm run watch -- .*)$/m);
    const watch = run('sh', ['-c', `${command} --count 5`]);
    expect(await watch.exit).toEqual([0, null]);
    expect(watch.output.text).toMatch(/subscribed to ticker:BTCUSDT, ticker:ETHUSDT/);
    expect(watch.output.text.match(/^[\d:.]{12} {2}mudrex\.futures\.ticker\.(BTC|ETH)USDT {2}\d+\.\d+ {2}bid/gm)).toHaveLength(5);
  }, 60_000);

  it('npm run demo prints a command that breaks the exchange, and who watches is told when it is out of reach and back', async () => {
    const [, watching] = await demo.output.matching(/^ *(npm run watch -- .*)$/m);
    const [, url, body] = await demo.output.matching(/^ *curl -X POST (http:\S+) -d '(.*)'$/m);
    const watch = run('sh', ['-c', `exec ${watching?.replace('npm run watch --', 'node dist/demo/watch.js')}`]);
    await watch.output.matching(/mudrex\.futures\.ticker\.BTCUSDT/);
    const answer = await fetch(url as string, { method: 'POST', body: body as string });
    expect(await answer.json()).toEqual({ fault: { name: 'drop', hit: 1 } });
    await watch.output.matching(/^.*futures.* stale.*upstream disconnected[^]*^.*futures.* live\b/m);
  }, 60_000);

  it('npm run watch says why a stream is rejected and ends with 1 when none is left', async () => {
    const watch = run('node', ['dist/demo/watch.js', '--url', `ws://127.0.0.1:${port}/ws`, 'tickers.*']);
    expect(await watch.exit).toEqual([1, null]);
    expect(watch.output.text).toMatch(/tickers\.\* was rejected: Wildcards .* are not supported/);
  });

  it.each([
    [[], /Name at least one stream/],
    [['--count', 'x', 'ticker:BTCUSDT'], /--count must be a whole number/],
    [['--url', 'http://x', 'ticker:BTCUSDT'], /--url must be a ws/],
    [['--nonsense'], /--nonsense/],
  ])('npm run watch refuses %j and explains itself', async (args, words) => {
    const watch = run('node', ['dist/demo/watch.js', ...args]);
    expect(await watch.exit).toEqual([1, null]);
    expect(watch.output.text).toMatch(words);
    expect(watch.output.text).toMatch(/Usage: npm run watch/);
  });

  it('the whole client of docs/protocol.md resumes a state stream only when its snapshot had come, a log stream in any case', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8');
    const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    run('node', ['-e', code], { TAPECAST_URL: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` });

    const ticker = 'mudrex.futures.ticker.BTCUSDT';
    const trade = 'mudrex.futures.trade.BTCUSDT';
    const serve = async (...frames: object[]): Promise<unknown> => {
      const [socket] = (await once(server, 'connection')) as [WebSocket];
      const [request] = (await once(socket, 'message')) as [Buffer];
      for (const frame of frames) socket.send(JSON.stringify(frame));
      socket.close(1001, 'reconnect_after_ms=1');
      return (JSON.parse(request.toString()) as { resume: unknown }).resume;
    };
    const reply = (recovered?: boolean): object => ({
      op: 'subscribe',
      streams: [ticker, trade].map((stream) => ({
        arg: stream,
        stream,
        epoch: 'a',
        seq: 7,
        ...(recovered !== undefined && { recovered }),
      })),
    });
    expect(await serve(reply())).toEqual({});
    expect(await serve(reply(), { stream: ticker, type: 'snapshot', epoch: 'a', seq: 7, data: {} })).toEqual({
      [trade]: { epoch: 'a', seq: 7 },
    });
    expect(await serve(reply(true), { stream: ticker, type: 'update', seq: 8, data: {} })).toEqual({
      [ticker]: { epoch: 'a', seq: 7 },
      [trade]: { epoch: 'a', seq: 7 },
    });
    expect(await serve(reply(false))).toEqual({ [ticker]: { epoch: 'a', seq: 8 }, [trade]: { epoch: 'a', seq: 7 } });
    expect(await serve()).toEqual({ [trade]: { epoch: 'a', seq: 7 } });
    const closed = once(server, 'close');
    server.close();
    for (const socket of server.clients) socket.terminate();
    await closed;
  });

  it('the whole client of docs/protocol.md gets a rejection, a snapshot and updates', async () => {
    const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8');
    const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    const client = run('node', ['-e', code], { TAPECAST_URL: `ws://127.0.0.1:${port}/ws` });
    await client.output.matching(/^rejected tickers\.\* Wildcards/m);
    await client.output.matching(/^snapshot mudrex\.futures\.ticker\.BTCUSDT \d+ \{"symbol":"BTCUSDT"/m);
    await client.output.matching(/^update mudrex\.futures\.ticker\.BTCUSDT \d+ \{"symbol":"BTCUSDT"/m);
    expect((await client.output.matching(/^update mudrex\.futures\.trade\.BTCUSDT \d+ \[\{"id"/m)).index).toBeGreaterThan(0);
  });

  it('npm run demo says so when its port is taken', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port: number } = taken.address() as { port: number };
    const second = run('node', ['dist/demo/demo.js'], { PORT: String(number), METRICS_PORT: '0' });
    expect(await second.exit).toEqual([1, null]);
    expect(second.output.text).toContain(`Port ${number} is taken. Choose others`);
    await once(taken.close(), 'close');
  });

  it.each([
    ['npm start', 'takes clients'],
    ['npm run demo', 'Ctrl-C'],
    ['npm run exchange -- --port 0', 'simulated exchange ready'],
  ])(
    '%s leaves nothing behind when npm is ended',
    async (command, ready) => {
      const [free, metrics] = await freePorts(2);
      const [program, ...args] = command.split(' ');
      const npm = run(program as string, args, {
        PORT: String(free),
        METRICS_PORT: String(metrics),
        BYBIT_REST_URL: 'http://127.0.0.1:1',
      });
      await npm.output.matching(new RegExp(ready));
      npm.process.kill('SIGTERM');
      // Its output closes when the last program that holds it has ended.
      await Promise.all([once(npm.process, 'close'), npm.exit]);
      await expect(fetch(`http://127.0.0.1:${free}/live`)).rejects.toThrow();
    },
    60_000,
  );

  it('npm run demo stops both of its programs on Ctrl-C and ends with 0', async () => {
    demo.process.kill('SIGINT');
    expect(await demo.exit).toEqual([0, null]);
    await expect(fetch(`http://127.0.0.1:${port}/live`)).rejects.toThrow();
  });
});
