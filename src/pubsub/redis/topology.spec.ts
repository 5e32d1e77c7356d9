import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ManualClock } from '../../../test/support/manual-clock';
import type { HostPort } from './address';
import { Keys } from './keys';
import { RedisLink } from './redis-link';
import { scriptsFor } from './scripts';
import { discover, topologyIn } from './topology';

const ASKED = { host: '10.0.0.9', port: 7000 };

describe('the topology of a cluster', () => {
  it('names each master once, and the owner of every slot', () => {
    const { masters, ownerOf } = topologyIn(
      [
        [0, 99, ['10.0.0.1', 7001, 'id1', []], ['10.0.0.5', 7005, 'id5', []]],
        [100, 8191, ['10.0.0.2', 7002, 'id2', []]],
        [8192, 16_383, ['10.0.0.1', 7001, 'id1', []]],
      ],
      ASKED,
    );
    expect(masters).toEqual([
      { host: '10.0.0.1', port: 7001 },
      { host: '10.0.0.2', port: 7002 },
    ]);
    expect([0, 99, 100, 8191, 8192, 16_383].map(ownerOf)).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it.each([[''], [null], ['?']])('takes a node without an address (%j) for the one that was asked', (host) => {
    expect(topologyIn([[0, 16_383, [host, 7001]]], ASKED).masters).toEqual([{ host: '10.0.0.9', port: 7001 }]);
  });

  it('is none while a slot has no owner', () => {
    expect(() => topologyIn([[0, 16_382, ['10.0.0.1', 7001]]], ASKED)).toThrow('does not serve all slots');
  });
});

describe('the search for the masters of a cluster', () => {
  const clock = new ManualClock();
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** A node that takes connections and never says a word. */
  async function silentNode(): Promise<{ at: HostPort; opened: Promise<void>; closed: Promise<void>; open: Set<Socket> }> {
    const open = new Set<Socket>();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => once(server.close(), 'close'));
    const opened = once(server, 'connection').then(() => undefined);
    const closed = new Promise<void>((resolve) => {
      server.on('connection', (socket) => {
        open.add(socket);
        socket.on('error', () => undefined).resume();
        socket.on('close', () => {
          open.delete(socket);
          resolve();
        });
      });
    });
    return { at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, opened, closed, open };
  }

  it('asks the next node when one has not answered for 1 s, and keeps no connection to it', async () => {
    const [first, second] = [await silentNode(), await silentNode()];
    const found = discover([first.at, second.at], {}, clock, new AbortController().signal);
    const failed = expect(found).rejects.toThrow(
      `no node of the cluster could be asked (127.0.0.1:${first.at.port}: no answer within 1 s; ` +
        `127.0.0.1:${second.at.port}: no answer within 1 s)`,
    );
    await first.opened;
    clock.advance(1000);
    await Promise.all([first.closed, second.opened]);
    clock.advance(1000);
    await Promise.all([second.closed, failed]);
    expect([first.open.size, second.open.size, clock.timers]).toEqual([0, 0, 0]);
  });

  it('ends at once with the link that needed it', async () => {
    const node = await silentNode();
    const link = new RedisLink(
      { address: { seeds: [node.at], cluster: true, access: {} }, maxConnections: 2, replica: 'r' },
      new Keys('p:'),
      scriptsFor({ historySize: 4, historyTtlMs: 1000, cluster: true }),
      clock,
      () => 0,
    );
    const started = link.start();
    await node.opened;
    link.stop();
    await Promise.all([node.closed, started]);
    expect([node.open.size, clock.timers]).toEqual([0, 0]);
  });
});
