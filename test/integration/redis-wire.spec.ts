import { clusterAddress, serverAddress } from '../../src/pubsub/redis/address';
import { RedisSide, WireLog, type RedisSideSettings } from '../support/redis-side';
import type { Publication } from '../../src/pubsub/publication';
import { publication, snapshotAt } from '../support/publications';
import { RedisCluster } from '../support/servers/redis-cluster';
import { sharedRedis } from '../support/servers/redis';
import { eventually } from '../support/eventually';

const INSTALLATION_MS = 240_000;
const A = 'futures.ticker.AUSDT';
const B = 'futures.trade.BUSDT';

const servers = [
  [
    'one server',
    async () => {
      const { url, prefix, stop } = await sharedRedis();
      return { address: serverAddress(url), prefix, stop };
    },
  ],
  [
    'a cluster',
    async () => {
      const cluster = await RedisCluster.start();
      return { address: clusterAddress(cluster.addresses), prefix: 'test:', stop: () => cluster.stop() };
    },
  ],
] as const;

describe.each(servers)('Redis as %s', (_, begin) => {
  let server: Awaited<ReturnType<typeof begin>>;
  const sides: RedisSide[] = [];
  let test = 0;

  beforeAll(async () => (server = await begin()), INSTALLATION_MS);
  beforeEach(() => test++);
  afterEach(() => {
    for (const side of sides.splice(0)) side.stop();
  });
  afterAll(() => server.stop());

  /** One more replica of this test's fleet. */
  async function replica(log?: WireLog, settings: Partial<RedisSideSettings> = {}): Promise<RedisSide> {
    const side = new RedisSide({ address: server.address, prefix: `${server.prefix}${test}:`, ...settings });
    sides.push(side);
    await side.start(log);
    expect(side.link.reason).toBe('');
    return side;
  }

  function publish(side: RedisSide, stream: string, epoch: string, from: number, to = from): void {
    for (let seq = from; seq <= to; seq++) {
      const step = publication(stream, epoch, seq);
      side.publishing.publish(step, snapshotAt(step));
    }
  }

  it('carries what one replica publishes to another, in order, with its statuses', async () => {
    const log = new WireLog();
    const [publisher, listener] = [await replica(), await replica(log)];
    await listener.wire.listen(A);
    publisher.publishing.open(A, 'e1');
    publisher.publishing.setStreamStatus(A, { state: 'live', reason: '', since: 1 });
    publish(publisher, A, 'e1', 1, 3);
    publisher.publishing.close(A);
    await log.until(`${A} closed`);
    expect(log.lines.slice(1)).toEqual([`${A} opened e1`, `${A} live`, `${A} e1:1`, `${A} e1:2`, `${A} e1:3`, `${A} closed`]);
    expect(publisher.refused).toEqual([]);
  });

  it('knows where a stream stands, and brings exactly what was missed, or the newest snapshot', async () => {
    const side = await replica(new WireLog());
    expect(await side.wire.fetch(A)).toMatchObject({ epoch: '', seq: 0, publications: [], status: undefined });
    side.publishing.open(A, 'e1');
    side.publishing.setStreamStatus(A, { state: 'live', reason: 'r', since: 1 });
    publish(side, A, 'e1', 1, 9);
    const seqs = async (since?: number) => {
      const { publications, ...found } = await side.wire.fetch(A, since === undefined ? undefined : { epoch: 'e1', seq: since });
      return { ...found, publications: publications.map(({ seq, type }) => `${type} ${seq}`) };
    };
    const at = { epoch: 'e1', seq: 9, status: { state: 'live', reason: 'r', since: 1 } };
    expect(await seqs()).toEqual({ ...at, recovered: false, publications: ['snapshot 9'] });
    expect(await seqs(7)).toEqual({ ...at, recovered: true, publications: ['update 8', 'update 9'] });
    expect(await seqs(9)).toEqual({ ...at, recovered: true, publications: [] });
    expect(await seqs(4)).toEqual({ ...at, recovered: false, publications: ['snapshot 9'] });
    expect(await seqs(10)).toEqual({ ...at, recovered: false, publications: ['snapshot 9'] });
  });

  it('stores the snapshot of an order book once in so many publications and leads on from it', async () => {
    const side = await replica(undefined, { historySize: 100 });
    const stream = 'futures.orderbook.50.AUSDT';
    side.publishing.open(stream, 'e1');
    let encoded = 0;
    for (let seq = 1; seq <= 70; seq++) {
      const step = { ...publication(stream, 'e1', seq, seq === 1 ? 'snapshot' : 'delta'), kind: 'orderbook' as const };
      side.publishing.publish(step, () => {
        encoded++;
        return snapshotAt(step)();
      });
    }
    const { publications } = await side.wire.fetch(stream);
    expect(publications.map(({ seq }) => seq)).toEqual([65, 66, 67, 68, 69, 70]);
    expect(publications[0]?.type).toBe('snapshot');
    expect(encoded).toBe(2);
  });

  it('gives no snapshot of a book that is being fetched anew, and stores one with what comes next', async () => {
    const side = await replica(undefined, { historySize: 100 });
    const stream = 'futures.orderbook.50.AUSDT';
    side.publishing.open(stream, 'e1');
    let whole: (() => Publication | undefined) | undefined;
    const publishBook = (seq: number, type: Publication['type']) => {
      const step = { ...publication(stream, 'e1', seq, type), kind: 'orderbook' as const };
      whole = snapshotAt(step);
      side.publishing.publish(step, () => whole?.());
    };
    const given = async () => (await side.wire.fetch(stream)).publications.map(({ seq, type }) => `${type} ${seq}`);
    for (let seq = 1; seq <= 3; seq++) publishBook(seq, seq === 1 ? 'snapshot' : 'delta');
    expect(await given()).toEqual(['snapshot 1', 'delta 2', 'delta 3']);
    whole = undefined;
    side.publishing.setStreamStatus(stream, { state: 'resyncing', reason: 'crossed_book', since: 1 });
    expect(await given()).toEqual([]);
    expect(await side.publishing.claim(stream, 2)).toEqual({ epoch: 'e1', seq: 3, snapshot: undefined });
    publishBook(4, 'delta');
    publishBook(5, 'delta');
    expect(await given()).toEqual(['snapshot 4', 'delta 5']);
    expect(side.refused).toEqual([]);
  });

  it.each([3, 0])('keeps %d publications from the next one on, when more were kept before', async (historySize) => {
    const [before, after] = [await replica(undefined, { historySize: 10 }), await replica(undefined, { historySize })];
    before.publishing.open(A, 'e1');
    publish(before, A, 'e1', 1, 10);
    await before.wire.fetch(A);
    await after.publishing.claim(A, 2);
    publish(after, A, 'e1', 11);
    expect((await after.wire.fetch(A, { epoch: 'e1', seq: 11 - historySize })).recovered).toBe(true);
    expect((await after.wire.fetch(A, { epoch: 'e1', seq: 10 - historySize })).recovered).toBe(false);
  });

  it('goes on with the newest claim of a stream, whatever an older one brings late', async () => {
    const side = await replica();
    side.publishing.open(A, 'e1');
    publish(side, A, 'e1', 1);
    const refused = [side.publishing.claim(A, 5), side.publishing.claim(A, 4)];
    expect(await Promise.all(refused)).toMatchObject([{ epoch: 'e1', seq: 1 }, 'fenced']);
    expect(side.publishing.inherited(A)).toBeUndefined();
    await Promise.all([side.publishing.claim(A, 5), side.publishing.claim(A, 6)]);
    expect(side.publishing.inherited(A)).toMatchObject({ epoch: 'e1', seq: 1 });
    publish(side, A, 'e1', 2);
    expect(await side.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 2 });
    expect(side.refused).toEqual([]);
  });

  it('brings nothing back of a stream that was let go of while it was being claimed', async () => {
    const side = await replica();
    side.publishing.open(A, 'e1');
    publish(side, A, 'e1', 1);
    const claimed = side.publishing.claim(A, 5);
    side.publishing.letGo(A);
    await claimed;
    expect(side.publishing.inherited(A)).toBeUndefined();
    publish(side, A, 'e1', 2);
    expect(await side.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 1 });
  });

  it('does not open under the fence of a claim that was refused', async () => {
    const [newer, older] = [await replica(), await replica()];
    await newer.publishing.claim(A, 6);
    expect(await older.publishing.claim(A, 5)).toBe('fenced');
    older.publishing.hold('futures', 7);
    older.publishing.open(A, 'e7');
    expect(await older.wire.fetch(A)).toMatchObject({ epoch: 'e7', seq: 0 });
    expect(older.refused).toEqual([]);
  });

  it('does not take a mistake of who hears the demand for a broken link', async () => {
    const [holder, listener] = [await replica(), await replica()];
    holder.demand.stop();
    await holder.demand.look();
    holder.demand.onDemand(() => {
      throw new Error('a mistake');
    });
    await listener.link.listen(listener.keys.of(A).channel);
    await expect(holder.demand.look()).rejects.toThrow('a mistake');
  });

  it('reaches back to the snapshot of an order book whatever the size of the history', async () => {
    for (const historySize of [0, 1, 5]) {
      const side = await replica(undefined, { historySize });
      const stream = `futures.orderbook.50.X${historySize}`;
      side.publishing.open(stream, 'e1');
      for (let seq = 1; seq <= 20; seq++) {
        const step = { ...publication(stream, 'e1', seq, 'delta'), kind: 'orderbook' as const };
        side.publishing.publish(step, snapshotAt(step));
        const { publications } = await side.wire.fetch(stream);
        expect(publications[0]?.type).toBe('snapshot');
        expect(publications.at(-1)?.seq).toBe(seq);
        expect(publications.slice(1).map((one) => one.seq - (publications[0]?.seq ?? 0))).toEqual(
          publications.slice(1).map((__, i) => i + 1),
        );
      }
    }
  });

  it('continues a claimed stream with the next number and locks its former publisher out', async () => {
    const log = new WireLog();
    const [first, second] = [await replica(log), await replica()];
    await first.wire.listen(A);
    expect(await first.publishing.claim(A, 5)).toBeUndefined();
    first.publishing.open(A, 'e1');
    publish(first, A, 'e1', 1, 3);
    await log.until(`${A} e1:3`);
    expect(await second.publishing.claim(A, 6)).toMatchObject({ epoch: 'e1', seq: 3, snapshot: { seq: 3, type: 'snapshot' } });
    expect(second.publishing.inherited(A)).toMatchObject({ epoch: 'e1', seq: 3 });
    publish(first, A, 'e1', 4, 6);
    await first.until(() => first.refused.length > 0);
    publish(second, A, 'e1', 4);
    await log.until(`${A} e1:4`);
    expect(first.refused).toEqual([`fenced ${A}`]);
    expect(first.publishing.unpublished).toBe(3);
    expect(await first.publishing.claim(A, 5)).toBe('fenced');
    first.publishing.open(A, 'e9');
    await first.until(() => first.refused.length > 1);
    first.publishing.close(A);
    expect(await second.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 4 });
    expect(second.refused).toEqual([]);
  });

  it('takes nothing of an earlier claim, even under the same fence: it may have been on its way for long', async () => {
    const [early, late] = [await replica(), await replica()];
    await early.publishing.claim(A, 5);
    early.publishing.open(A, 'e1');
    publish(early, A, 'e1', 1);
    await early.wire.fetch(A);
    expect(await late.publishing.claim(A, 5)).toMatchObject({ epoch: 'e1', seq: 1 });
    publish(early, A, 'e1', 2);
    early.publishing.setStreamStatus(A, { state: 'unavailable', reason: '', since: 1 });
    early.publishing.close(A);
    publish(late, A, 'e1', 2);
    expect(await late.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 2, status: undefined });
    expect(late.refused).toEqual([]);
  });

  it('takes no number but the next one, and goes on after another claim', async () => {
    const side = await replica();
    side.publishing.open(A, 'e1');
    publish(side, A, 'e1', 1, 2);
    publish(side, A, 'e1', 4, 6);
    await side.until(() => side.refused.length > 0);
    expect(side.refused).toEqual([`hole ${A}`]);
    expect(await side.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 2 });
    expect(await side.publishing.claim(A, 1)).toMatchObject({ epoch: 'e1', seq: 2 });
    publish(side, A, 'e1', 3);
    expect(await side.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 3 });
  });

  it('lets an older holder neither open nor claim a stream that was closed', async () => {
    const [older, newer] = [await replica(), await replica()];
    await newer.publishing.claim(A, 8);
    newer.publishing.open(A, 'e1');
    newer.publishing.close(A);
    await eventually(async () => (await newer.wire.fetch(A)).epoch === '');
    expect(await older.publishing.claim(A, 7)).toBe('fenced');
  });

  it('forgets a stream that nobody keeps alive, and keeps one that is quiet, with its snapshot', async () => {
    const [leaving, keeping] = [
      await replica(undefined, { historyTtlMs: 1000 }),
      await replica(undefined, { historyTtlMs: 1000 }),
    ];
    leaving.publishing.open(A, 'e1');
    publish(leaving, A, 'e1', 1, 3);
    const book = 'futures.orderbook.50.AUSDT';
    keeping.publishing.open(book, 'e2');
    for (let seq = 1; seq <= 2; seq++) {
      const step = { ...publication(book, 'e2', seq, 'delta'), kind: 'orderbook' as const };
      keeping.publishing.publish(step, snapshotAt(step));
    }
    expect(await leaving.wire.fetch(A)).toMatchObject({ epoch: 'e1', seq: 3 });
    leaving.publishing.letGo(A);
    await eventually(async () => (await leaving.wire.fetch(A)).epoch === '');
    // The log has expired as well by now: what is left has to stand on its snapshot.
    await eventually(async () => !(await keeping.wire.fetch(book, { epoch: 'e2', seq: 0 })).recovered);
    const { publications, ...found } = await keeping.wire.fetch(book);
    expect(found).toMatchObject({ epoch: 'e2', seq: 2 });
    expect(publications.map(({ seq, type }) => `${type} ${seq}`)).toEqual(['snapshot 2']);
    expect(keeping.refused).toEqual([]);
  });

  it('tells a market status to all, keeps it for those to come, and takes none from an older holder', async () => {
    const log = new WireLog();
    const [first, second] = [await replica(), await replica(log)];
    const fence = Number(await first.leases.tryAcquire('spot', 'a', 60_000));
    first.publishing.hold('spot', fence);
    first.publishing.setMarketStatus({ market: 'spot', state: 'stale', reason: 'why', since: 3 });
    await log.until('spot stale');
    expect(await second.wire.fetchMarkets()).toEqual([{ market: 'spot', state: 'stale', reason: 'why', since: 3 }]);
    const fenced = new Promise((resolve) => second.publishing.onMarketFenced(resolve));
    second.publishing.hold('spot', fence - 1);
    second.publishing.setMarketStatus({ market: 'spot', state: 'live', reason: '', since: 4 });
    expect(await fenced).toBe('spot');
    expect(await second.wire.fetchMarkets()).toMatchObject([{ state: 'stale' }]);
  });

  it('leases a market to one replica at a time, under growing fences', async () => {
    const [first, second] = [await replica(), await replica()];
    // What is heard from the start has to be asked for before it.
    const third = new RedisSide({ address: server.address, prefix: `${server.prefix}${test}:` });
    sides.push(third);
    const told = new Promise((resolve) => third.leases.onReleased(resolve));
    await third.start();
    const fence = Number(await first.leases.tryAcquire('futures', 'a', 60_000));
    expect(fence).toBeGreaterThan(1_700_000_000_000);
    expect(await second.leases.tryAcquire('futures', 'b', 60_000)).toHaveProperty('remainingMs');
    expect(await second.leases.tryAcquire('spot', 'b', 60_000)).toEqual(expect.any(Number));
    expect(await first.leases.renew('futures', 'a', fence, 60_000)).toBe(true);
    expect(await second.leases.renew('futures', 'b', fence, 60_000)).toBe(false);
    await second.leases.release('futures', 'b', fence);
    expect(await second.leases.tryAcquire('futures', 'b', 60_000)).toHaveProperty('remainingMs');
    const again = Number(await first.leases.tryAcquire('futures', 'a', 60_000));
    expect(again).toBeGreaterThan(fence);
    expect(await first.leases.renew('futures', 'a', fence, 60_000)).toBe(false);
    await first.leases.release('futures', 'a', again);
    expect(await told).toBe('futures');
    expect(await second.leases.tryAcquire('futures', 'b', 50)).toBeGreaterThan(again);
    await eventually(async () => typeof (await first.leases.tryAcquire('futures', 'a', 60_000)) === 'number');
  });

  it('shows what the fleet listens to: at once by announcement, and no more when the listener is gone', async () => {
    const changes: string[] = [];
    const [holder, listener] = [await replica(), await replica(new WireLog())];
    let wake: () => void = () => undefined;
    holder.demand.onDemand((stream, wanted) => {
      changes.push(`${wanted ? 'wanted' : 'unwanted'} ${stream}`);
      wake();
    });
    const changed = async (count: number) => {
      while (changes.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    await Promise.all([listener.wire.listen(A), listener.wire.listen(B)]);
    await changed(2);
    expect([...holder.demand.wanted()].sort()).toEqual([A, B]);
    listener.wire.unlisten(A);
    await changed(3);
    listener.stop();
    await changed(4);
    expect(changes.slice(2)).toEqual([`unwanted ${A}`, `unwanted ${B}`]);
    expect([...(await replica()).demand.wanted()]).toEqual([]);
  });
});
