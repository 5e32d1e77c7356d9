import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import type { Publication } from '../../src/pubsub/publication';
import { clusterAddress, serverAddress } from '../../src/pubsub/redis/address';
import { slotOf } from '../../src/pubsub/redis/slot';
import { Tailing } from '../../src/pubsub/tailing';
import { freePorts } from '../support/free-port';
import { publication, snapshotAt } from '../support/publications';
import { RedisSide, type RedisSideSettings, WireLog } from '../support/redis-side';
import { RedisCluster } from '../support/servers/redis-cluster';
import { RedisServer } from '../support/servers/redis';
import { TcpProxy } from '../support/tcp-proxy';

/** A machine without Redis installs it first. */
const INSTALLATION_MS = 240_000;
const A = 'futures.ticker.AUSDT';

describe('a way to Redis', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function started(options?: readonly string[]): Promise<RedisServer> {
    const server = await RedisServer.start(options);
    ends.push(() => server.stop());
    return server;
  }

  async function proxyTo(server: RedisServer): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(server.process.port);
    ends.push(() => proxy.stop());
    return proxy;
  }

  function side(url: string, settings: Partial<RedisSideSettings> = {}): RedisSide {
    const made = new RedisSide({ address: serverAddress(url), prefix: 'test:', ...settings });
    ends.push(() => {
      made.stop();
      return Promise.resolve();
    });
    return made;
  }

  function client(port: number): Redis {
    const redis = new Redis(port, '127.0.0.1');
    ends.push(() => {
      redis.disconnect();
      return Promise.resolve();
    });
    return redis;
  }

  function publish(to: RedisSide, from: number, count: number, body = ''): void {
    for (let seq = from; seq < from + count; seq++) {
      const step = { ...publication(A, 'e1', seq), body: Buffer.from(`${seq}${body}`) };
      to.publishing.publish(step, snapshotAt(step));
    }
  }

  /** Listens to A by the tailing of a replica. */
  async function listener(
    url: string,
  ): Promise<{ replica: RedisSide; tailing: Tailing; heard: Publication[]; until(seq: number): Promise<void> }> {
    const replica = side(url, { historySize: 1000 });
    const tailing = new Tailing(replica.wire, 'mudrex');
    tailing.start();
    await replica.start();
    const heard: Publication[] = [];
    let wake: () => void = () => undefined;
    tailing.subscribe(A, {
      publication: (one) => {
        heard.push(one);
        wake();
      },
      status: () => undefined,
    });
    await tailing.recover(A);
    return {
      replica,
      tailing,
      heard,
      until: async (seq) => {
        while (heard.at(-1)?.seq !== seq) await new Promise<void>((resolve) => (wake = resolve));
      },
    };
  }

  it(
    'that is half open is noticed and made anew, and what was published meanwhile is had from history',
    async () => {
      const server = await started();
      const proxy = await proxyTo(server);
      const publisher = await side(server.url, { historySize: 1000 }).start();
      publisher.publishing.open(A, 'e1');
      publish(publisher, 1, 3);
      const { replica, heard, until } = await listener(`redis://127.0.0.1:${proxy.port}`);
      publish(publisher, 4, 1);
      await until(4);
      proxy.forget(['toClient']);
      publish(publisher, 5, 5);
      await replica.until(() => replica.breaks.length > 0);
      expect(replica.breaks).toEqual([`Redis at 127.0.0.1:${proxy.port}: nothing heard for 2 s`]);
      await replica.until(() => replica.link.whole);
      await until(9);
      publish(publisher, 10, 1);
      await until(10);
      expect(heard.map(({ seq }) => seq).slice(-7)).toEqual([4, 5, 6, 7, 8, 9, 10]);
    },
    INSTALLATION_MS,
  );

  it('that Redis closes because its output is not read is made anew, and nothing of it is lost or comes twice', async () => {
    const server = await started(['--client-output-buffer-limit', 'pubsub 64kb 0 0']);
    const proxy = await proxyTo(server);
    const admin = client(server.process.port);
    const publisher = await side(server.url, { historySize: 1000 }).start();
    publisher.publishing.open(A, 'e1');
    const { replica, tailing, heard, until } = await listener(`redis://127.0.0.1:${proxy.port}`);
    publish(publisher, 1, 1);
    await until(1);
    const subscribers = async () =>
      String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))
        .trim()
        .split('\n').length;
    const before = await subscribers();
    proxy.treat({ held: true }, ['toClient']);
    publish(publisher, 2, 600, 'x'.repeat(20_000));
    while ((await subscribers()) === before) await admin.ping();
    proxy.heal();
    await until(601);
    expect(heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 601 }, (_, i) => i + 1));
    expect(heard.map(({ body }) => Number.parseInt(body.toString(), 10))).toEqual(heard.map(({ seq }) => seq));
    expect(new Set(replica.breaks)).toEqual(new Set([`Redis at 127.0.0.1:${proxy.port}: connection closed`]));
    expect(tailing.counters.repairs).toBeGreaterThan(0);
  });

  it('to a frozen server breaks, and is whole again when it thaws', async () => {
    const server = await started();
    const replica = await side(server.url).start();
    replica.publishing.open(A, 'e1');
    publish(replica, 1, 3);
    await server.process.pause();
    publish(replica, 4, 2);
    await replica.until(() => replica.breaks.length > 0);
    expect(replica.breaks[0]).toContain('nothing heard for 2 s');
    expect(replica.refused).toEqual([`hole ${A}`]);
    await server.process.resume();
    await replica.until(() => replica.link.whole);
    // What was sent before is done or not; from the claim on it cannot be done any more.
    const inherited = await replica.publishing.claim(A, 1);
    expect(inherited).toMatchObject({ epoch: 'e1' });
    const seq = inherited && inherited !== 'fenced' ? inherited.seq : 0;
    publish(replica, seq + 1, 1);
    expect(await replica.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: seq + 1 });
  });

  it('to a server that was killed and comes back empty begins anew', async () => {
    const server = await started();
    const replica = await side(server.url).start();
    await replica.publishing.claim(A, 3);
    replica.publishing.open(A, 'e1');
    publish(replica, 1, 3);
    await replica.wire.fetch(A);
    await server.process.kill();
    await replica.until(() => replica.breaks.length > 0);
    publish(replica, 4, 1);
    expect(replica.refused).toEqual([`hole ${A}`]);
    await expect(replica.wire.fetch(A)).rejects.toThrow();
    await expect(replica.publishing.claim(A, 3)).rejects.toThrow();
    await server.process.restart();
    await replica.until(() => replica.link.whole);
    expect(await replica.publishing.claim(A, 3)).toBeUndefined();
    replica.publishing.open(A, 'e2');
    expect(await replica.wire.fetch(A)).toMatchObject({ epoch: 'e2', seq: 0 });
  });

  it('to a server that was killed and comes back with what it had written begins anew all the same: that may be less than was heard', async () => {
    const server = await started(['--appendonly', 'yes', '--appendfsync', 'always']);
    const replica = await side(server.url).start();
    replica.publishing.open(A, 'e1');
    publish(replica, 1, 3);
    await replica.wire.fetch(A);
    await server.process.kill();
    await server.process.restart();
    await replica.until(() => replica.link.whole && replica.breaks.length > 0);
    expect(await replica.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 3 });
    expect(await replica.publishing.claim(A, 3)).toBeUndefined();
  });

  it('to a server that is emptied breaks, and every stream that was open there is refused, quiet or not', async () => {
    const server = await started();
    const replica = await side(server.url).start();
    replica.publishing.open(A, 'e1');
    publish(replica, 1, 3);
    await replica.wire.fetch(A);
    await client(server.process.port).flushall();
    await replica.until(() => replica.refused.length > 0);
    expect(replica.breaks).toEqual([`Redis at 127.0.0.1:${server.process.port}: it has lost its data`]);
    expect(replica.refused).toEqual([`hole ${A}`]);
    expect(await replica.publishing.claim(A, 1)).toBeUndefined();
  });

  it('is broken while the server takes no writes', async () => {
    const server = await started();
    const admin = client(server.process.port);
    const replica = await side(server.url).start();
    await admin.config('SET', 'maxmemory', '1');
    await replica.until(() => replica.breaks.length > 0);
    expect(replica.breaks[0]).toContain('OOM command not allowed');
    await admin.config('SET', 'maxmemory', '0');
    await replica.until(() => replica.link.whole);
  });

  it('loads its scripts again when the server has forgotten them', async () => {
    const server = await started();
    const replica = await side(server.url).start();
    await client(server.process.port).script('FLUSH');
    await replica.until(() => replica.breaks.length > 0);
    await replica.until(() => replica.link.whole);
    expect(replica.breaks[0]).toContain('NOSCRIPT');
  });

  it('is looked for again and again while there is no server', async () => {
    const [port] = await freePorts(1);
    const replica = await side(`redis://127.0.0.1:${port}`).start();
    expect(replica.link.whole).toBe(false);
    expect(replica.link.reason).toContain('ECONNREFUSED');
    const server = await started(['--port', String(port)]);
    await replica.until(() => replica.link.whole);
    expect(await replica.wire.fetchMarkets()).toEqual([]);
    expect(server.process.port).toBeDefined();
  });

  it('is refused with a wrong password, without telling it, and opened with the right one', async () => {
    const server = await started(['--requirepass', 'right']);
    const at = `127.0.0.1:${server.process.port}`;
    const wrong = await side(`redis://:wrong-secret@${at}`).start();
    expect(wrong.link.reason).toContain('WRONGPASS');
    expect(wrong.link.reason).not.toContain('secret');
    const right = await side(`redis://:right@${at}`).start();
    expect(right.link.reason).toBe('');
  });

  it('breaks with the reason when the user may not subscribe a channel, and is whole when it may', async () => {
    const server = await started();
    const admin = client(server.process.port);
    const rights = ['on', '>pw', '~*', '+@all', 'resetchannels', '&*beat*', '&*told', '&*released'];
    await admin.call('ACL', 'SETUSER', 'limited', ...rights);
    const at = `127.0.0.1:${server.process.port}`;
    const replica = await side(`redis://limited:pw@${at}`).start();
    expect(replica.link.reason).toBe('');
    await expect(replica.wire.listen(A)).rejects.toThrow('NOPERM');
    expect(replica.breaks).toEqual([expect.stringMatching(`^Redis at ${at}: a channel cannot be subscribed: NOPERM`)]);
    await admin.call('ACL', 'SETUSER', 'limited', 'allchannels');
    await replica.until(() => replica.link.whole);
    await expect(replica.wire.listen(A)).resolves.toBeUndefined();
  });

  it('shows where a stream stands whose publications another version wrote, and counts them', async () => {
    const server = await started();
    const admin = client(server.process.port);
    const replica = await side(server.url).start();
    replica.publishing.open(A, 'e1');
    publish(replica, 1, 3);
    await replica.wire.fetch(A);
    const { log, snap } = replica.keys.of(A);
    await admin.lset(log, 1, Buffer.from([99, 1]));
    // The log is not readable any more, the snapshot is.
    const found = await replica.wire.fetch(A, { epoch: 'e1', seq: 0 });
    expect(found).toMatchObject({ epoch: 'e1', seq: 3, recovered: false, publications: [{ seq: 3, type: 'snapshot' }] });
    expect(replica.wire.unreadable).toBe(1);
    await admin.set(snap, Buffer.from([99, 0]));
    expect(await replica.wire.fetch(A, { epoch: 'e1', seq: 0 })).toEqual({
      epoch: 'e1',
      seq: 3,
      recovered: false,
      publications: [],
      status: undefined,
    });
    expect(replica.wire.unreadable).toBe(3);
    expect(await replica.publishing.claim(A, 2)).toEqual({ epoch: 'e1', seq: 3, snapshot: undefined });
    publish(replica, 4, 1);
    expect(await replica.wire.fetch(A)).toMatchObject({ seq: 4, publications: [{ seq: 4, type: 'snapshot' }] });
  });

  it('takes rediss:// for TLS', async () => {
    const TLS_HANDSHAKE = 22;
    const listening = createServer().listen(0, '127.0.0.1');
    ends.push(() => once(listening.close(), 'close'));
    await once(listening, 'listening');
    const first = new Promise<number | undefined>((resolve) => {
      listening.on('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (bytes: Buffer) => {
          resolve(bytes[0]);
          socket.destroy();
        });
      });
    });
    const replica = await side(`rediss://127.0.0.1:${(listening.address() as AddressInfo).port}`).start();
    expect(await first).toBe(TLS_HANDSHAKE);
    expect(replica.link.whole).toBe(false);
    replica.stop();
  });

  it('keeps so much of a stream and no more, and nothing for ever but the fences', async () => {
    const server = await started();
    const admin = client(server.process.port);
    const replica = await side(server.url, { historySize: 256 }).start();
    const fence = Number(await replica.leases.tryAcquire('futures', 'a', 60_000));
    replica.publishing.hold('futures', fence);
    replica.publishing.setMarketStatus({ market: 'futures', state: 'live', reason: '', since: 1 });
    replica.publishing.open(A, 'e1');
    replica.publishing.setStreamStatus(A, { state: 'live', reason: '', since: 1 });
    const body = 'x'.repeat(500);
    publish(replica, 1, 1000, body);
    await replica.wire.fetch(A);
    const { state, log, snap } = replica.keys.of(A);
    const bytes = async (key: string) => Number(await admin.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'));
    expect(await admin.llen(log)).toBe(256);
    // A third more than the bodies: names, numbers and what Redis adds.
    expect(await bytes(log)).toBeLessThan(256 * body.length * 1.34);
    expect(await bytes(state)).toBeLessThan(1024);
    expect(await bytes(snap)).toBeLessThan(1024);
    const lasting: string[] = [];
    for (const key of await admin.keys('test:*')) if ((await admin.ttl(key)) === -1) lasting.push(key);
    expect(lasting).toEqual([replica.keys.ofMarket('futures').fence]);
  });

  it('is two connections, and one script for each message', async () => {
    const server = await started();
    const admin = client(server.process.port);
    const replica = await side(server.url).start();
    const connections = String(await admin.call('CLIENT', 'LIST')).split('\n');
    expect(connections.filter((line) => line.includes('name=tapecast'))).toHaveLength(2);
    replica.publishing.open(A, 'e1');
    await replica.wire.fetch(A);
    await admin.config('RESETSTAT');
    publish(replica, 1, 1000);
    expect(await replica.wire.fetch(A)).toMatchObject({ seq: 1000 });
    const stats = await admin.info('commandstats');
    const calls = (command: string) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    // The fetch, and a message to ourselves each half second.
    expect(calls('evalsha')).toBeGreaterThanOrEqual(1001);
    expect(calls('evalsha')).toBeLessThan(1020);
    expect(calls('eval') + calls('script')).toBe(0);
  });
});

describe('a way to a Redis Cluster', () => {
  let cluster: RedisCluster;
  const sides: RedisSide[] = [];
  let tests = 0;
  beforeAll(async () => (cluster = await RedisCluster.start()), INSTALLATION_MS);
  beforeEach(() => tests++);
  afterEach(() => {
    for (const side of sides.splice(0)) side.stop();
  });
  afterAll(() => cluster.stop());

  function side(settings: Partial<RedisSideSettings> = {}): RedisSide {
    const made = new RedisSide({ address: clusterAddress(cluster.addresses), prefix: `test${tests}:`, ...settings });
    sides.push(made);
    return made;
  }

  it('is refused when it would take more connections than are allowed, and says how many it takes', async () => {
    await expect(side({ maxConnections: 5 }).start()).rejects.toThrow(
      'REDIS_MAX_CONNECTIONS is 5, but a replica needs 6 connections to Redis: 2 to each of its 3 master(s). Raise it to 6 or more.',
    );
    const allowed = await side({ maxConnections: 6 }).start();
    expect(allowed.link.whole).toBe(true);
  });

  it('is found from any one of its nodes, also when others of the list are gone', async () => {
    const [gone] = await freePorts(1);
    const replica = await side({ address: clusterAddress([`127.0.0.1:${gone}`, ...cluster.addresses.slice(2)]) }).start();
    expect(replica.link.reason).toBe('');
  });

  it('follows a slot to another node', async () => {
    const log = new WireLog();
    const [publisher, listener] = [await side().start(), await side().start(log)];
    await listener.wire.listen(A);
    const { channel } = listener.keys.of(A);
    const slot = slotOf(channel);
    const nodes = cluster.nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
    try {
      const from = Math.floor(slot / Math.ceil(16_384 / 3));
      const to = (from + 1) % 3;
      const id = String(await nodes[to]?.call('CLUSTER', 'MYID'));
      await nodes[to]?.call('CLUSTER', 'SETSLOT', slot, 'NODE', id);
      await nodes[from]?.call('CLUSTER', 'SETSLOT', slot, 'NODE', id);
      await nodes[(from + 2) % 3]?.call('CLUSTER', 'SETSLOT', slot, 'NODE', id);
    } finally {
      for (const node of nodes) node.disconnect();
    }
    await listener.until(() => listener.breaks.length > 0);
    await listener.until(() => listener.link.whole);
    publisher.publishing.open(A, 'e1');
    await publisher.until(() => publisher.link.whole && publisher.refused.length > 0);
    await publisher.publishing.claim(A, 1);
    publisher.publishing.open(A, 'e2');
    await log.until(`${A} opened e2`);
    expect(publisher.breaks).toHaveLength(1);
    expect(listener.breaks.every((reason) => reason.includes('slots have moved'))).toBe(true);
  });

  it('is broken while a master is gone, and whole when it is back', async () => {
    const replica = await side().start();
    const [node] = cluster.nodes;
    await node?.kill();
    await replica.until(() => replica.breaks.length > 0);
    await node?.restart();
    await replica.until(() => replica.link.whole);
    replica.publishing.open(A, 'e1');
    expect(await replica.wire.fetch(A)).toMatchObject({ epoch: 'e1' });
  });
});
