import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { ManualClock } from '../../test/support/manual-clock';
import { Watcher, type WatchOptions } from './watcher';

const stream = 'mudrex.futures.ticker.BTCUSDT';

/** Each line the watcher prints can be awaited, also when it was printed before. */
class Lines {
  readonly all: string[] = [];
  private waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];

  print = (line: string): void => {
    this.all.push(line);
    for (const waiter of this.waiting.filter(({ pattern }) => pattern.test(line))) waiter.resolve(line);
  };

  async matching(pattern: RegExp): Promise<string> {
    const line = this.all.find((each) => pattern.test(each));
    return line ?? new Promise((resolve) => this.waiting.push({ pattern, resolve }));
  }
}

describe('Watcher', () => {
  let server: WebSocketServer;
  let clock: ManualClock;
  let lines: Lines;
  let watcher: Watcher | undefined;
  let exitCode: Promise<number>;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    clock = new ManualClock();
    lines = new Lines();
  });

  afterEach(async () => {
    watcher?.stop();
    for (const client of server.clients) client.terminate();
    await new Promise((closed) => server.close(closed));
    expect(clock.timers).toBe(0);
  });

  function watch(options: Partial<WatchOptions> = {}): void {
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
    exitCode = new Promise((finished) => {
      watcher = new Watcher(
        { url, args: ['ticker:BTCUSDT'], count: undefined, json: false, ...options },
        { clock, random: () => 1, print: lines.print, finished },
      );
    });
    watcher?.start();
  }

  async function client(): Promise<{ socket: WebSocket; request: Record<string, unknown> }> {
    const [socket] = (await once(server, 'connection')) as [WebSocket];
    const [bytes] = (await once(socket, 'message')) as [Buffer];
    return { socket, request: JSON.parse(bytes.toString()) as Record<string, unknown> };
  }

  function accept(socket: WebSocket): void {
    const streams = [{ arg: 'ticker:BTCUSDT', stream, epoch: '7', seq: 10 }];
    socket.send(JSON.stringify({ op: 'subscribe', success: true, args: ['ticker:BTCUSDT'], rejected: null, streams }));
  }

  function ticker(socket: WebSocket, seq: number): void {
    socket.send(JSON.stringify({ stream, type: 'update', seq, data: { symbol: 'BTCUSDT', price: String(seq) }, timestamp: 0 }));
  }

  it('subscribes and ends with 0 after the wanted number of messages', async () => {
    watch({ count: 2 });
    const { socket, request } = await client();
    expect(request).toEqual({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    accept(socket);
    ticker(socket, 11);
    ticker(socket, 12);
    ticker(socket, 13);
    expect(await exitCode).toBe(0);
    expect(lines.all).toEqual(['* subscribed to ticker:BTCUSDT', `00:00:00.000  ${stream}  11`, `00:00:00.000  ${stream}  12`]);
    expect((await once(socket, 'close'))[0]).toBe(1000);
  });

  it('prints messages as they came when asked', async () => {
    watch({ json: true, count: 1 });
    const { socket } = await client();
    ticker(socket, 11);
    await exitCode;
    expect(lines.all).toEqual([
      JSON.stringify({ stream, type: 'update', seq: 11, data: { symbol: 'BTCUSDT', price: '11' }, timestamp: 0 }),
    ]);
  });

  it('ends with 1 when nothing was accepted', async () => {
    watch();
    const { socket } = await client();
    socket.send(JSON.stringify({ op: 'subscribe', success: false, args: [], rejected: [{ arg: 'x', reason: 'Bad.' }] }));
    expect(await exitCode).toBe(1);
    expect(lines.all).toEqual(['! x was rejected: Bad.', '! Nothing was accepted, so there is nothing to watch.']);
  });

  it('comes back after the time that the server asked for, where it left off', async () => {
    watch();
    const first = await client();
    accept(first.socket);
    first.socket.send(
      JSON.stringify({ stream, type: 'snapshot', epoch: '7', seq: 10, data: { symbol: 'BTCUSDT', price: '10' }, timestamp: 0 }),
    );
    ticker(first.socket, 11);
    await lines.matching(/ {2}11$/);
    first.socket.close(1001, 'Server going away; reconnect_after_ms=1234');
    await lines.matching(/Closed by the server with 1001.*Trying again in 1.2 s/);
    clock.advance(1233);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    const second = await client();
    expect(second.request).toMatchObject({ resume: { [stream]: { epoch: '7', seq: 11 } } });
  });

  it('resumes a log stream from the reply, and a state stream only when its snapshot had come', async () => {
    watch();
    const log = 'mudrex.futures.trade.BTCUSDT';
    const first = await client();
    const streams = [stream, log].map((name) => ({ arg: name, stream: name, epoch: '7', seq: 10 }));
    first.socket.send(JSON.stringify({ op: 'subscribe', success: true, args: [stream, log], rejected: null, streams }));
    first.socket.close(1001, 'reconnect_after_ms=1');
    await lines.matching(/Trying again/);
    clock.advance(1);
    expect((await client()).request['resume']).toEqual({ [log]: { epoch: '7', seq: 10 } });
  });

  it('waits longer after each failure in a row', async () => {
    watch({ url: 'ws://127.0.0.1:1/ws' });
    await lines.matching(/No connection to .*ECONNREFUSED.*in 0.5 s/);
    clock.advance(500);
    await lines.matching(/No connection to .*in 1.0 s/);
    clock.advance(1000);
    await lines.matching(/No connection to .*in 2.0 s/);
  });

  it.each([1009, 4001])('does not come back after close code %i', async (code) => {
    watch();
    const { socket } = await client();
    socket.close(code, 'no');
    expect(await exitCode).toBe(1);
    expect(lines.all).toEqual([`! Closed by the server with ${code} (no).`]);
  });

  it('says so when a message is not of this protocol', async () => {
    watch();
    const { socket } = await client();
    socket.send('hello');
    expect(await lines.matching(/hello/)).toBe('! Not a message of this protocol: hello');
  });
});
