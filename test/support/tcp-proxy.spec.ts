import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from './eventually';
import { ManualClock } from './manual-clock';
import { TcpProxy } from './tcp-proxy';

let server: Server;
let proxy: TcpProxy;
let clock: ManualClock;
/** The server's ends, oldest first. */
let served: Socket[];
let clients: Socket[];

/** What has arrived at a socket. */
function arrivals(socket: Socket): { bytes: Buffer; reads: number } {
  const got = { bytes: Buffer.alloc(0), reads: 0 };
  socket.on('data', (chunk: Buffer) => {
    got.bytes = Buffer.concat([got.bytes, chunk]);
    got.reads++;
  });
  return got;
}

async function pair(): Promise<{ client: Socket; end: Socket }> {
  const known = served.length;
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  clients.push(client);
  await once(client, 'connect');
  await eventually(() => served.length > known);
  return { client, end: served.at(-1) as Socket };
}

/** When this has come back through another connection, whatever was sent before it had its chance. */
async function roundTrip(): Promise<void> {
  const { client, end } = await pair();
  end.on('data', (bytes: Buffer) => end.write(bytes));
  client.write('x');
  await once(client, 'data');
}

beforeEach(async () => {
  served = [];
  clients = [];
  clock = new ManualClock();
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    served.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start((server.address() as AddressInfo).port, { clock });
});

afterEach(async () => {
  await proxy.stop();
  for (const socket of [...clients, ...served]) socket.destroy();
  server.close();
  await once(server, 'close');
});

describe('TcpProxy', () => {
  it('hands over every byte both ways, in order, however slowly they are read', async () => {
    const { client, end } = await pair();
    const there = randomBytes(6_000_000);
    const back = randomBytes(6_000_000);
    const [atServer, atClient] = [arrivals(end), arrivals(client)];
    client.pause();
    client.write(there);
    end.write(back);
    await eventually(() => atServer.bytes.length === there.length);
    client.resume();
    await eventually(() => atClient.bytes.length === back.length);
    expect(atServer.bytes.equals(there)).toBe(true);
    expect(atClient.bytes.equals(back)).toBe(true);
  });

  it('delays one direction by the latency and leaves the other alone', async () => {
    const { client, end } = await pair();
    const [atServer, atClient] = [arrivals(end), arrivals(client)];
    proxy.treat({ latencyMs: 100 }, ['toServer']);
    client.write('late');
    end.write('prompt');
    await eventually(() => atClient.bytes.length === 6 && clock.timers === 1);
    clock.advance(99);
    expect(atServer.reads).toBe(0);
    expect(clock.timers).toBe(1);
    clock.advance(1);
    await eventually(() => atServer.bytes.length === 4);
    expect(atServer.bytes.toString()).toBe('late');
  });

  it('writes one byte at a time, all of them and in order, and can be told for how many of each read', async () => {
    const { client, end } = await pair();
    const atServer = arrivals(end);
    proxy.treat({ slicedBytes: Infinity }, ['toServer']);
    const sent = randomBytes(5_000);
    client.write(sent);
    await eventually(() => atServer.bytes.length === sent.length);
    expect(atServer.bytes.equals(sent)).toBe(true);
    // How many bytes one read brings is the kernel's choice; in one piece they do not come.
    expect(atServer.reads).toBeGreaterThan(5);

    proxy.treat({ slicedBytes: 3 }, ['toServer']);
    client.write(sent);
    await eventually(() => atServer.bytes.length === 2 * sent.length);
    expect(atServer.bytes.subarray(sent.length).equals(sent)).toBe(true);
  });

  it('resets what is open, and what comes later lives', async () => {
    const { client, end } = await pair();
    const errors: unknown[] = [];
    client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    client.resume();
    end.resume();
    expect(proxy.reset()).toBe(1);
    await eventually(() => client.closed && end.closed);
    expect(errors).toEqual(['ECONNRESET']);
    expect(proxy.connections).toBe(0);
    await roundTrip();
  });

  it('half-closes one direction: its reader sees the end, the other direction goes on', async () => {
    const { client, end } = await pair();
    const atServer = arrivals(end);
    client.resume();
    proxy.halfClose('toClient');
    await once(client, 'end');
    client.write('still here');
    await eventually(() => atServer.bytes.length === 10);
    expect(client.destroyed).toBe(false);
  });

  it('holds everything back, and delivers it when that is over', async () => {
    const { client, end } = await pair();
    const atServer = arrivals(end);
    proxy.treat({ held: true });
    client.write('patience');
    client.end();
    proxy.treat({ held: false }, ['toClient']);
    const atClient = arrivals(client);
    end.write('open');
    await eventually(() => atClient.bytes.length === 4);
    expect(atServer.reads).toBe(0);
    proxy.heal();
    await once(end, 'end');
    expect(atServer.bytes.toString()).toBe('patience');
  });

  it('holds back connections to come as well', async () => {
    proxy.treat({ held: true });
    const { client, end } = await pair();
    const atServer = arrivals(end);
    client.write('new');
    proxy.treat({ held: false }, ['toClient']);
    const atClient = arrivals(client);
    end.write('x');
    await eventually(() => atClient.reads === 1);
    expect(atServer.reads).toBe(0);
    proxy.heal();
    await eventually(() => atServer.bytes.toString() === 'new');
  });

  it('forgets connections: nothing arrives and nothing closes, while new ones are well', async () => {
    const { client, end } = await pair();
    const [atServer, atClient] = [arrivals(end), arrivals(client)];
    proxy.forget();
    client.write('hello?');
    end.write('anybody?');
    await roundTrip();
    proxy.heal();
    await roundTrip();
    expect([atServer.reads, atClient.reads, client.destroyed, end.destroyed]).toEqual([0, 0, false, false]);
    const before = proxy.connections;
    client.destroy();
    await eventually(() => proxy.connections === before - 1);
    await roundTrip();
    expect(end.destroyed).toBe(false);
    proxy.bury();
    await eventually(() => end.destroyed);
    await roundTrip();
  });

  it('refuses new connections until it is told otherwise', async () => {
    proxy.refuse(true);
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    proxy.heal();
    await roundTrip();
  });

  it('passes on an orderly end and forgets the connection', async () => {
    const { client, end } = await pair();
    end.resume();
    client.resume();
    client.end('bye');
    await once(end, 'end');
    end.end();
    await once(client, 'close');
    await eventually(() => proxy.connections === 0);
    expect(proxy.connections).toBe(0);
  });

  it('cuts the client off when the server cannot be reached', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    proxy.retarget((gone.address() as AddressInfo).port);
    await once(gone.close(), 'close');
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(proxy.connections).toBe(0);
  });
});
