import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { dialWebSocket } from './socket';
import type { Socket } from './socket';

let server: WebSocketServer;
let events: string[];
let arrived: () => void;

beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  await once(server, 'listening');
  events = [];
  arrived = () => undefined;
});

afterEach(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function dial(port = (server.address() as AddressInfo).port): Socket {
  const note = (event: string): void => {
    events.push(event);
    arrived();
  };
  return dialWebSocket(`ws://127.0.0.1:${port}/v5/public/linear`, {
    opened: () => note('opened'),
    text: (text) => note(`text ${text}`),
    binary: (bytes) => note(`binary ${bytes}`),
    closed: (detail) => note(`closed ${detail}`),
  });
}

/** Waits for that many events. */
async function heard(count: number): Promise<string[]> {
  while (events.length < count) await new Promise<void>((resolve) => (arrived = resolve));
  return events;
}

async function accept(): Promise<WebSocket> {
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  return socket;
}

test('text and binary frames arrive, what is sent arrives too, and compression is offered', async () => {
  const accepted = accept();
  const socket = dial();
  const exchange = await accepted;
  expect(exchange.extensions).toBe('permessage-deflate');
  await heard(1);
  socket.send('{"op":"ping"}');
  const [data] = (await once(exchange, 'message')) as [Buffer];
  expect(data.toString()).toBe('{"op":"ping"}');
  exchange.send('é');
  exchange.send(Buffer.alloc(3));
  expect(await heard(3)).toEqual(['opened', 'text é', 'binary 3']);
  socket.close();
  expect(await heard(4)).toContain('closed closed with 1000');
  socket.send('too late');
});

test('a broken connection is told once', async () => {
  const accepted = accept();
  dial();
  (await accepted).terminate();
  expect(await heard(2)).toEqual(['opened', 'closed closed with 1006']);
});

test('a frame over the bound ends the connection', async () => {
  const accepted = accept();
  dial();
  (await accepted).send('x'.repeat(4 * 1024 * 1024 + 1));
  expect(await heard(2)).toEqual(['opened', 'closed Max payload size exceeded']);
});

test('a refused upgrade is told with its status', async () => {
  const http = createServer();
  http.on('upgrade', (_request, socket: TcpSocket) => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  dial((http.address() as AddressInfo).port);
  expect(await heard(1)).toEqual(['closed Unexpected server response: 502']);
  await new Promise((resolve) => http.close(resolve));
});

test('a socket that is ended before it opened is told as closed', async () => {
  const socket = dial();
  socket.terminate();
  expect(await heard(1)).toEqual([expect.stringContaining('closed')]);
});

test('a burst is read in parts: the loop turns in between, and nothing is lost', async () => {
  // The kernel holds more for a connection that has brought much: then many frames are there at once.
  const quick = Array.from({ length: 400 }, () => 'q'.repeat(30_000));
  const slow = Array.from({ length: 40 }, () => 's'.repeat(30_000));
  /** More than a turn may spend on reading. */
  const handle = (): void => {
    const until = performance.now() + 9;
    while (performance.now() < until);
  };
  let inThisTurn = 0;
  let most = 0;
  let read = 0;
  let next: () => void = () => undefined;
  const accepted = accept();
  dialWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    opened: () => undefined,
    text: (text) => {
      read++;
      if (text.startsWith('s')) {
        if (inThisTurn++ === 0) setImmediate(() => (inThisTurn = 0));
        most = Math.max(most, inThisTurn);
        handle();
      }
      if (read === quick.length || read === quick.length + slow.length) next();
    },
    binary: () => undefined,
    closed: () => undefined,
  });
  const exchange = await accepted;
  for (const frames of [quick, slow]) {
    for (const frame of frames) exchange.send(frame, { compress: false });
    await new Promise<void>((resolve) => (next = resolve));
  }
  expect(read).toBe(quick.length + slow.length);
  // What one or two reads of 64 kB bring, and not all that is there.
  expect(most).toBeLessThan(slow.length / 4);
});
