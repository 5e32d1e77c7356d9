import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import type { Settings } from '../../src/config/settings';
import { OutFrame } from '../../src/gateway/out-frame';
import type { Session } from '../../src/gateway/session';
import { zeroes } from '../../src/meters/zeroes';
import { KINDS } from '../../src/streams/stream';
import { eventually } from '../support/eventually';
import { BTC, GatewayApp, NOW, TRADES } from '../support/gateway-app';
import { readFrames } from '../support/read-frames';
import { TestClient, type Frame } from '../support/test-client';

let gateway: GatewayApp;
const raw: Socket[] = [];

async function start(settings: Partial<Settings> = {}): Promise<GatewayApp> {
  gateway = await GatewayApp.start(settings);
  return gateway;
}

afterEach(async () => {
  for (const socket of raw.splice(0)) socket.destroy();
  await gateway.stop();
});

/** A client that speaks bytes. Resolves when the gateway has upgraded it, or answered otherwise. */
async function rawClient(request: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(gateway.port, '127.0.0.1');
  raw.push(socket);
  socket.on('error', () => undefined);
  socket.write(request);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return { socket, answer: answer.toString() };
}

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A client's text frame, masked with zeros. */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

function onlySession(): Session {
  const [session] = gateway.sessions.all();
  if (!session) throw new Error('nobody is connected');
  return session;
}

describe('an upgrade that is refused', () => {
  it('at another path is answered with 404 and the path that there is', async () => {
    await start();
    for (const path of ['/', '/ws/', '/wss', '/ws2?x=/ws']) {
      expect(await gateway.upgrade(path)).toEqual({
        status: 404,
        body: { error: 'There is no WebSocket at this path; connect to /ws.', code: 'NOT_FOUND', details: null },
      });
    }
    const client = await TestClient.connect(`ws://127.0.0.1:${gateway.port}/ws?token=1`);
    await client.close();
  });

  it('from a foreign origin is answered with 403; an allowed one and none at all come in', async () => {
    await start({ allowedOrigins: ['https://app.example'] });
    expect(await gateway.upgrade('/ws', { Origin: 'https://evil.example' })).toEqual({
      status: 403,
      body: {
        error: 'This origin may not connect; ask the operator to allow it.',
        code: 'ORIGIN_NOT_ALLOWED',
        details: null,
      },
    });
    await gateway.client({ origin: 'https://app.example' });
    await gateway.client();
    expect(gateway.sessions.active).toBe(2);
  });

  it('because all places are taken is answered with 503 and a time to come back, until one is free', async () => {
    await start({ maxClientsTotal: 1 });
    const client = await gateway.client();
    expect(await gateway.upgrade('/ws')).toEqual({
      status: 503,
      retryAfter: '5',
      body: {
        error: 'The limit of 1 clients is reached; connect again later.',
        code: 'CONNECTION_LIMIT',
        details: null,
      },
    });
    await client.close();
    await eventually(() => gateway.sessions.active === 0);
    await gateway.client();
  });

  it('because it is no WebSocket upgrade is answered with 400 in the same shape', async () => {
    await start();
    expect(await gateway.upgrade('/ws', { 'Sec-WebSocket-Key': 'short' })).toEqual({
      status: 400,
      body: {
        error: 'This is no WebSocket upgrade: Missing or invalid Sec-WebSocket-Key header.',
        code: 'BAD_UPGRADE',
        details: null,
      },
    });
  });

  it('ends the connection, even of a client that keeps its side open', async () => {
    await start();
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    raw.push(socket);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(UPGRADE.replace('/ws', '/nowhere'));
    await once(socket, 'end');
    const connections = () =>
      new Promise<number>((resolve) => (gateway.app.getHttpServer() as Server).getConnections((_, count) => resolve(count)));
    await eventually(async () => (await connections()) === 0);
  });
});

describe('the limit per address', () => {
  it('closes one too many with 4003, after the upgrade, and lets another in when one has gone', async () => {
    await start({ maxConnectionsPerIp: 1 });
    const first = await gateway.client();
    const second = await gateway.client();
    expect(await second.closed).toEqual({
      code: 4003,
      reason: 'Connection limit reached: 1 from one address; close another one first',
    });
    await eventually(() => gateway.sessions.active === 1);
    expect(gateway.sessions.closed.get('4003')).toBe(1);
    await first.close();
    await eventually(() => gateway.sessions.active === 0);
    const third = await gateway.client();
    expect(await third.request({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });

  it('goes by what the trusted proxy says, not by what the client wrote in front of it', async () => {
    await start({ maxConnectionsPerIp: 1, trustProxy: 1 });
    await gateway.client({ headers: { 'x-forwarded-for': '1.1.1.1' } });
    const other = await gateway.client({ headers: { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' } });
    expect(await other.request({ op: 'ping' })).toMatchObject({ op: 'pong' });
    const pretender = await gateway.client({ headers: { 'x-forwarded-for': '3.3.3.3, 2.2.2.2' } });
    expect((await pretender.closed).code).toBe(4003);
  });

  it('does not believe the header when no proxy is trusted', async () => {
    await start({ maxConnectionsPerIp: 1 });
    await gateway.client({ headers: { 'x-forwarded-for': '1.1.1.1' } });
    const second = await gateway.client({ headers: { 'x-forwarded-for': '2.2.2.2' } });
    expect((await second.closed).code).toBe(4003);
  });
});

describe('a client that says nothing', () => {
  it('but answers pings stays, however long', async () => {
    const { clock } = await start({ clientIdleTimeout: 60, clientPingInterval: 20 });
    const client = await gateway.client();
    const heard = jest.spyOn(onlySession(), 'heard');
    for (let pings = 1; pings <= 12; pings++) {
      clock.advance(20_000);
      await eventually(() => heard.mock.calls.length === pings);
    }
    expect(await client.request({ op: 'ping' })).toEqual({ op: 'pong', timestamp: NOW + 240_000 });
  });

  it('and answers no ping is closed with 4000', async () => {
    const { clock } = await start({ clientIdleTimeout: 60, clientPingInterval: 20 });
    const client = await gateway.client({ autoPong: false });
    clock.advance(59_000);
    expect(onlySession().closing).toBe(false);
    clock.advance(1000);
    expect(await client.closed).toEqual({ code: 4000, reason: 'Idle timeout: nothing heard for 60 s, not even pongs' });
    await eventually(() => gateway.sessions.closed.get('4000') === 1);
  });

  it('but pings us itself stays', async () => {
    const { clock } = await start({ clientIdleTimeout: 60, clientPingInterval: 86_400 });
    const client = await gateway.client();
    const heard = jest.spyOn(onlySession(), 'heard');
    for (let pings = 1; pings <= 3; pings++) {
      clock.advance(59_000);
      client.ws.ping();
      await eventually(() => heard.mock.calls.length === pings);
    }
    expect(onlySession().closing).toBe(false);
  });
});

describe('a client that never reads', () => {
  const STRANGER = { op: 'subscribe', args: ['trade:BTCUSDT'] };

  async function stalled(): Promise<{ reader: TestClient; session: Session; socket: Socket }> {
    const { socket } = await rawClient(UPGRADE);
    const session = onlySession();
    socket.pause();
    socket.write(clientFrame(JSON.stringify(STRANGER)));
    await eventually(() => session.subscriptions.size === 1);
    const reader = await gateway.client();
    await reader.request(STRANGER);
    return { reader, session, socket };
  }

  /** Publishes until the kernel takes no more from the one, while the other reads all. Returns how many. */
  async function fill(reader: TestClient, full: () => boolean): Promise<number> {
    const id = 'x'.repeat(60_000);
    let published = 0;
    while (!full()) {
      gateway.exchange.trade(TRADES, id);
      expect((await reader.next()).seq).toBe(++published);
    }
    return published;
  }

  it('has little waiting for it, and when it reads again is told what it missed', async () => {
    const { sessions } = await start({ clientQueueBytes: 200_000, fanoutCallbackTimeout: 3600 });
    const { reader, session, socket } = await stalled();
    let most = 0;
    const published = await fill(reader, () => {
      most = Math.max(most, session.queued);
      return sessions.deliveries.dropped.get('slow') > 100;
    });
    expect(most).toBeLessThan(200_000 + 2 * 61_000);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    await eventually(() => session.queued === 0);
    gateway.exchange.trade(TRADES, 'after');
    await eventually(() => chunks.at(-1)?.includes('"id":"after"') === true);
    const { frames } = readFrames(Buffer.concat(chunks));
    const got = frames.map(({ payload }) => JSON.parse(payload.toString()) as Frame).filter(({ op }) => op !== 'subscribe');
    const [gap] = got.filter(({ op }) => op === 'gap');
    const first = Number(gap?.['from']);
    expect(got.map(({ op, seq }) => op ?? seq)).toEqual([
      ...Array.from({ length: first - 1 }, (_, i) => i + 1),
      'gap',
      published + 1,
    ]);
    const stream = 'mudrex.futures.trade.BTCUSDT';
    expect(gap).toEqual({ op: 'gap', stream, epoch: 'test.1', from: first, to: published, reason: 'slow_consumer' });
    expect(sessions.deliveries.slow).toEqual({ conflated: 0, gap: 1, resnapshot: 0, slow_closed: 0 });
    expect(session.closing).toBe(false);
  });

  it('is closed with 4008 when too much must be kept for it, its memory is let go, and nobody else notices', async () => {
    const { clock, sessions, slow } = await start({ clientQueueBytes: 200_000, fanoutCallbackTimeout: 3600 });
    const { reader, session } = await stalled();
    let most = 0;
    while (!session.closing) {
      session.send(OutFrame.control({ op: 'list', pad: 'x'.repeat(60_000) }));
      most = Math.max(most, session.queued);
      expect(await reader.request({ op: 'ping' })).toMatchObject({ op: 'pong' });
    }
    expect(slow).toEqual(['c1 slow']);
    expect(most).toBeLessThan(200_000 + 2 * 61_000);
    expect([...sessions.all()].map(({ closing }) => closing)).toEqual([true, false]);
    clock.advance(5000);
    await eventually(() => sessions.active === 1);
    expect([...sessions.closed.entries()]).toEqual([['4008', 1]]);
    expect(session.queued).toBe(0);
    gateway.exchange.trade(TRADES, 'after');
    expect((await reader.next())['data']).toMatchObject([{ id: 'after' }]);
    await reader.close();
    await eventually(() => gateway.pubsub.counts().listeners === 0);
  });

  it('is closed with 4008 when what waits makes no progress, however little it is', async () => {
    const { clock, sessions, slow } = await start({ clientQueueBytes: 50_000_000, fanoutCallbackTimeout: 5 });
    const { reader, session } = await stalled();
    await fill(reader, () => session.queued > 0);
    clock.advance(4000);
    expect(slow).toEqual([]);
    clock.advance(3000);
    expect(slow).toEqual(['c1 stalled']);
    clock.advance(5000);
    await eventually(() => sessions.active === 1);
    expect([...sessions.closed.entries()]).toEqual([['4008', 1]]);
    expect(await reader.request({ op: 'ping' })).toMatchObject({ op: 'pong' });
  });
});

describe('shutdown', () => {
  it('sends every client away with 1001 and a time of its own, and takes no new ones', async () => {
    const { sessions } = await start();
    const clients = [await gateway.client(), await gateway.client(), await gateway.client()];
    const [first] = clients;
    await first?.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    gateway.exchange.price(BTC, '1');
    const drained = sessions.drain(2000);
    expect(await gateway.upgrade('/ws')).toMatchObject({ status: 503, retryAfter: '1', body: { code: 'DRAINING' } });
    const closes = await Promise.all(clients.map(({ closed }) => closed));
    await drained;
    expect(closes).toEqual([
      { code: 1001, reason: 'reconnect_after_ms=110' },
      { code: 1001, reason: 'reconnect_after_ms=120' },
      { code: 1001, reason: 'reconnect_after_ms=130' },
    ]);
    // What was queued came before the close.
    expect(await first?.next()).toMatchObject({ seq: 1, data: { price: '1' } });
    expect([sessions.active, sessions.closed.get('1001')]).toEqual([0, 3]);
  });

  it('drops who does not answer the close frame in time', async () => {
    const { clock, sessions } = await start();
    await rawClient(UPGRADE);
    const drained = sessions.drain(2000);
    clock.advance(2000);
    await drained;
    await eventually(() => sessions.active === 0);
    expect([...sessions.closed.entries()]).toEqual([['1001', 1]]);
  });
});

it('what clients received is what was counted as sent', async () => {
  const { exchange, sessions } = await start();
  const clients = [await gateway.client(), await gateway.client()];
  for (const client of clients) await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'trade:BTCUSDT'] });
  for (let i = 1; i <= 20; i++) {
    exchange.price(BTC, String(i));
    if (i % 2 === 0) exchange.trade(TRADES, String(i));
  }
  const said = await Promise.all(clients.map((client) => client.said()));
  expect(said.map(({ length }) => length)).toEqual([30, 30]);
  expect(sessions.deliveries.sent).toEqual({ ...zeroes(KINDS), ticker: 40, trade: 20, control: 4 });
  expect(sessions.deliveries.latency.count).toBe(30);
  expect(sessions.deliveries.dropped.total).toBe(0);
});

it('frames of ours and of the WebSocket layer never mix, whatever is written between them', async () => {
  const { clock } = await start({ clientPingInterval: 1 });
  const client = await gateway.client();
  const session = onlySession();
  let pings = 0;
  client.ws.on('ping', () => pings++);
  for (let i = 0; i < 50; i++) {
    session.send(OutFrame.control({ op: 'status', i, pad: 'y'.repeat(i * 1500) }));
    if (i % 5 === 0) clock.advance(1000);
    client.ws.ping();
    if (i % 7 === 0) await client.request({ op: 'ping' });
  }
  const said = await client.said();
  expect(said.map((frame) => frame['i'])).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(pings).toBeGreaterThanOrEqual(10);
});
