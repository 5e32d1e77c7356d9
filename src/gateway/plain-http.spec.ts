import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { hearUpgrades, wantsWebSocket } from './plain-http';

const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';

let server: Server;
let socket: Socket;
let received: string;
let upgrades: number;

beforeEach(async () => {
  upgrades = 0;
  received = '';
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.end(`[${JSON.stringify({ path: request.url, body, mine: request.headers['x-mine'] })}]`);
    });
  });
  hearUpgrades(server, wantsWebSocket, (_request, upgraded) => {
    upgrades++;
    upgraded.end('HTTP/1.1 101 Switching Protocols\r\n\r\n[{}]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (received += text));
});

afterEach(async () => {
  socket.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** What the server has seen, once there are so many. */
async function answers(count: number): Promise<unknown[]> {
  const found = () => [...received.matchAll(/\[(\{.*?\})\]/g)].map(([, text]) => JSON.parse(text as string) as unknown);
  while (found().length < count) await once(socket, 'data');
  return found();
}

describe('a request that offers another protocol than WebSocket', () => {
  it('is served as if it had not, one after the other on its connection', async () => {
    socket.write(`GET /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-Mine: \xe9\r\n${OFFER}\r\n`, 'latin1');
    expect(await answers(1)).toEqual([{ path: '/a?b=%20', body: '', mine: '\xe9' }]);
    socket.write(`GET /c HTTP/1.1\r\nHost: x\r\n${OFFER}\r\n`);
    expect(await answers(2)).toHaveLength(2);
    socket.write('GET /d HTTP/1.1\r\nHost: x\r\n\r\nGET /e HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await answers(4)).map((answer) => (answer as { path: string }).path)).toEqual(['/a?b=%20', '/c', '/d', '/e']);
  });

  it('keeps its body, whether it comes at once, in parts or in chunks', async () => {
    const post = (path: string, more: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\n${OFFER}${more}`;
    socket.write(post('/at-once', 'Content-Length: 5\r\n\r\nhello'));
    expect(await answers(1)).toMatchObject([{ body: 'hello' }]);
    socket.write(post('/parts', 'Content-Length: 10\r\n\r\nhel'));
    await once(server, 'request');
    socket.write('lo');
    socket.write('there');
    expect(await answers(2)).toMatchObject([{}, { body: 'hellothere' }]);
    socket.write(post('/chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'));
    expect(await answers(3)).toMatchObject([{}, {}, { body: 'hello' }]);
  });

  it('is the last one when it says so', async () => {
    const closed = once(socket, 'close');
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n');
    await closed;
    expect(await answers(1)).toEqual([{ path: '/a', body: '' }]);
  });
});

it('leaves a WebSocket to who hears of it, also among other offers', async () => {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c, WebSocket\r\n\r\n');
  expect(await answers(1)).toEqual([{}]);
  expect(upgrades).toBe(1);
});
