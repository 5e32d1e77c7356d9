import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../../test/support/eventually';
import { ManualClock } from '../../test/support/manual-clock';
import { settled } from '../../test/support/settled';
import { Balancer } from './balancer';

interface Backend {
  readonly server: Server;
  readonly sockets: Socket[];
}

const backends: Backend[] = [];
const clients: Socket[] = [];
let balancer: Balancer;
let healthy: Set<number>;
let clock: ManualClock;

/** Says its number to whoever comes, then echoes. */
async function backend(name: string): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(name);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  backends.push({ server, sockets });
  return portOf(server);
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function close({ server, sockets }: Backend): Promise<void> {
  for (const socket of sockets) socket.destroy();
  const closed = once(server, 'close');
  server.close();
  await closed;
}

/** Connects, and tells where to. */
async function visit(): Promise<string> {
  const client = connect(balancer.port, '127.0.0.1');
  client.on('error', () => undefined);
  clients.push(client);
  const [greeting] = (await once(client, 'data')) as [Buffer];
  return greeting.toString();
}

beforeEach(async () => {
  const ports = [await backend('a'), await backend('b'), await backend('c')];
  healthy = new Set(ports);
  clock = new ManualClock();
  balancer = await Balancer.start({ port: 0, backends: ports, clock, probe: (port) => Promise.resolve(healthy.has(port)) });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await balancer.stop();
  for (const one of backends.splice(0)) if (one.server.listening) await close(one);
  expect(clock.timers).toBe(0);
});

describe('Balancer', () => {
  it('gives each connection to the backend that has fewest, also when many come at once', async () => {
    const places = await Promise.all(Array.from({ length: 9 }, visit));
    expect(places.sort().join('')).toBe('aaabbbccc');
    expect(balancer.loads).toEqual([3, 3, 3]);
    clients[0]?.destroy();
    await eventually(() => balancer.loads.join() !== '3,3,3');
    await visit();
    expect(balancer.loads).toEqual([3, 3, 3]);
  });

  it('passes bytes both ways and the end of each', async () => {
    await visit();
    const client = clients[0] as Socket;
    client.end('echo me');
    const [echo] = (await once(client, 'data')) as [Buffer];
    expect(echo.toString()).toBe('echo me');
    await once(client, 'end');
    await eventually(() => balancer.loads.join() === '0,0,0');
    expect(client.errored).toBeNull();
  });

  it('goes to the next when one does not accept, and no client notices', async () => {
    await close(backends[0] as Backend);
    const places = await Promise.all(Array.from({ length: 6 }, visit));
    expect(places.sort().join('')).toBe('bbbccc');
  });

  it('sends nobody new to a backend that takes no clients, and leaves it those that it has', async () => {
    await Promise.all(Array.from({ length: 3 }, visit));
    healthy.delete(portOf((backends[1] as Backend).server));
    clock.advance(500);
    await settled();
    const places = await Promise.all(Array.from({ length: 4 }, visit));
    expect(places.sort().join('')).toBe('aacc');
    expect(balancer.loads).toEqual([3, 1, 3]);
  });

  it('tries those that say no when all do', async () => {
    healthy.clear();
    await balancer.probe();
    expect(await visit()).toMatch(/[abc]/);
  });

  it('resets a client whose backend breaks, and one for whom there is no backend', async () => {
    await visit();
    const errors: unknown[] = [];
    const note = (error: NodeJS.ErrnoException): unknown => errors.push(error.code);
    clients[0]?.on('error', note);
    backends[0]?.sockets[0]?.resetAndDestroy();
    await eventually(() => errors.length === 1);
    for (const one of backends) await close(one);
    const late = connect(balancer.port, '127.0.0.1').on('error', note);
    clients.push(late);
    await eventually(() => errors.length === 2);
    expect(errors).toEqual(['ECONNRESET', 'ECONNRESET']);
  });
});
