import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchJson } from './rest';

let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 200 ? '{"retCode":0}' : 'sorry');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  if (!server.listening) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('an answer is its JSON', async () => {
  expect(await fetchJson(`${url}/200`)).toEqual({ retCode: 0 });
});

test.each([
  [403, true],
  [429, true],
  [500, false],
])('status %i is an error, and says whether we are limited: %s', async (status, limited) => {
  await expect(fetchJson(`${url}/${status}`)).rejects.toMatchObject({
    name: 'RestError',
    message: `HTTP ${status} from /${status}`,
    limited,
  });
});

test('no answer is an error', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(fetchJson(`${url}/200`)).rejects.toMatchObject({ name: 'RestError', limited: false });
});
