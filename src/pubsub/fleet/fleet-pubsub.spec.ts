import { ManualClock } from '../../../test/support/manual-clock';
import { ModelLeaseStore } from '../../../test/support/model-lease-store';
import { publication, snapshotAt } from '../../../test/support/publications';
import { settled } from '../../../test/support/settled';
import type { Market } from '../../streams/stream';
import { InProcessPubSub } from '../in-process';
import { LocalWire } from '../local-wire';
import type { Publication } from '../publication';
import type { Inherited, SnapshotSource } from '../pubsub';
import type { MarketStatus, StreamStatus } from '../status';
import { Tailing } from '../tailing';
import type { FencedPublishing, Refusal } from './claiming';
import { FleetPubSub } from './fleet-pubsub';

const BTC = 'futures.ticker.BTCUSDT';
const ETH = 'futures.ticker.ETHUSDT';

/** What all replicas share: who may write a stream, and where it stands. */
class ModelRedis {
  readonly hub = new InProcessPubSub(64);
  readonly streams = new Map<string, { fence: number; writer: ModelPublishing; place: Inherited | undefined }>();
  readonly leases: ModelLeaseStore;

  constructor(clock: ManualClock) {
    this.leases = new ModelLeaseStore(clock);
  }
}

/** One replica's way to write there. */
class ModelPublishing implements FencedPublishing {
  reachable = true;
  readonly let: string[] = [];
  private refuse: (stream: string, why: Refusal, detail: string) => void = () => undefined;

  constructor(private readonly redis: ModelRedis) {}

  hold(): void {
    // The model has no use for a market's fence.
  }

  claim(stream: string, fence: number): Promise<Inherited | 'fenced' | undefined> {
    if (!this.reachable) return Promise.reject(new Error('out of reach'));
    const known = this.redis.streams.get(stream);
    if (known && known.fence > fence) return Promise.resolve('fenced');
    this.redis.streams.set(stream, { fence, writer: this, place: known?.place });
    return Promise.resolve(known?.place);
  }

  letGo(stream: string): void {
    this.let.push(stream);
  }

  letGoMarket(): void {
    // The model keeps no market alive.
  }

  onRefused(listener: (stream: string, why: Refusal, detail: string) => void): void {
    this.refuse = listener;
  }

  onMarketFenced(): void {
    // Streams tell it first in the model.
  }

  inherited(stream: string): Inherited | undefined {
    return this.redis.streams.get(stream)?.place;
  }

  publish(publication: Publication, snapshot: SnapshotSource | undefined): void {
    const known = this.redis.streams.get(publication.stream);
    if (known?.writer !== this) this.refuse(publication.stream, 'fenced', '');
    else if (!this.reachable) this.refuse(publication.stream, 'hole', 'out of reach');
    else {
      known.place = { epoch: publication.epoch, seq: publication.seq, snapshot: snapshot?.() };
      this.redis.hub.publish(publication, snapshot);
    }
  }

  open(stream: string, epoch: string): void {
    const known = this.redis.streams.get(stream);
    if (known) known.place = { epoch, seq: 0, snapshot: undefined };
    this.redis.hub.open(stream, epoch);
  }

  close(stream: string): void {
    this.redis.streams.delete(stream);
    this.redis.hub.close(stream);
  }

  setStreamStatus(stream: string, status: StreamStatus): void {
    this.redis.hub.setStreamStatus(stream, status);
  }

  setMarketStatus(status: MarketStatus): void {
    this.redis.hub.setMarketStatus(status);
  }
}

class ModelLink {
  whole = true;
  reason = 'cut';
  heardAt = 0;
  private readonly wholeListeners: (() => void)[] = [];
  private readonly brokenListeners: ((reason: string) => void)[] = [];

  constructor(private readonly clock: ManualClock) {}

  onWhole(listener: () => void): void {
    this.wholeListeners.push(listener);
  }

  onBroken(listener: (reason: string) => void): void {
    this.brokenListeners.push(listener);
  }

  break(): void {
    this.heardAt = this.clock.monotonic();
    this.whole = false;
    for (const hear of this.brokenListeners) hear(this.reason);
  }

  mend(): void {
    this.whole = true;
    for (const hear of this.wholeListeners) hear();
  }
}

/** A replica, what its upstream is told, and what its client hears. */
class ModelReplica {
  readonly told: string[] = [];
  readonly heard: string[] = [];
  readonly publishing: ModelPublishing;
  readonly link: ModelLink;
  readonly pubsub: FleetPubSub;
  private readonly listener = {
    publication: ({ epoch, seq }: Publication) => this.heard.push(`${epoch}:${seq}`),
    status: () => undefined,
  };

  constructor(
    readonly id: string,
    redis: ModelRedis,
    clock: ManualClock,
    markets: readonly Market[] = ['futures', 'spot'],
  ) {
    this.publishing = new ModelPublishing(redis);
    this.link = new ModelLink(clock);
    const wire = new LocalWire(redis.hub);
    const listening = new Tailing(wire, 'mudrex');
    const reach = <T>(work: () => Promise<T>) => (this.link.whole ? work() : Promise.reject(new Error('out of reach')));
    this.pubsub = new FleetPubSub(id, markets, {
      link: this.link,
      publishing: this.publishing,
      wire,
      demand: redis.hub,
      store: {
        tryAcquire: (...about) => reach(() => redis.leases.tryAcquire(...about)),
        renew: (...about) => reach(() => redis.leases.renew(...about)),
        release: (...about) => reach(() => redis.leases.release(...about)),
        onReleased: (listener) => redis.leases.onReleased(listener),
      },
      local: () => {
        const pubsub = new InProcessPubSub(64);
        return { pubsub, wire: new LocalWire(pubsub) };
      },
      listening,
      clock,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
    });
    listening.start();
    this.pubsub.onDemand((stream, wanted) => this.told.push(`${wanted ? 'want' : 'unwant'} ${stream}`));
    this.pubsub.onRelease((market) => this.told.push(`release ${market}`));
    this.pubsub.onTakeover((market, reason) => this.told.push(`take over ${market}: ${reason}`));
    this.pubsub.connect();
    this.pubsub.start();
  }

  listen(stream = BTC): void {
    this.pubsub.subscribe(stream, this.listener);
  }

  leave(stream = BTC): void {
    this.pubsub.unsubscribe(stream, this.listener);
  }

  publish(epoch: string, seq: number, stream = BTC): void {
    const step = publication(stream, epoch, seq, seq === 1 ? 'snapshot' : 'update');
    this.pubsub.publish(step, snapshotAt(step));
  }

  /** What it was told since the last look. */
  take(): string[] {
    return this.told.splice(0);
  }

  held(market: Market = 'futures'): boolean {
    return this.pubsub.report().markets.find((one) => one.market === market)?.held ?? false;
  }
}

async function fleet(markets?: readonly Market[]) {
  const clock = new ManualClock();
  const redis = new ModelRedis(clock);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      clock.advance(10);
      await settled();
    }
  };
  const a = new ModelReplica('a', redis, clock, markets);
  await settled();
  const b = new ModelReplica('b', redis, clock, markets);
  await settled();
  return { clock, redis, pass, a, b };
}

describe('a fleet of two', () => {
  it('has the upstream of a market where its lease is, for clients of both', async () => {
    const { a, b } = await fleet();
    b.listen();
    await settled();
    expect(a.take()).toEqual([`want ${BTC}`]);
    expect(b.take()).toEqual([]);
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    a.publish('e', 2);
    expect(b.heard).toEqual(['e:1', 'e:2']);
    expect([...a.pubsub.wanted()]).toEqual([BTC]);
    expect([...b.pubsub.wanted()]).toEqual([]);
  });

  it('tells the upstream nothing of what is no stream of an exchange, or is derived', async () => {
    const { a, b } = await fleet();
    for (const name of ['platform.news', `${BTC}@1s`, 'futures.nonsense']) b.listen(name);
    await settled();
    expect(a.take()).toEqual([]);
  });

  it('claims a stream before it is wanted, also when nobody has published it yet', async () => {
    const { redis, a, b } = await fleet();
    b.listen();
    expect(a.take()).toEqual([]);
    await settled();
    expect(redis.streams.get(BTC)?.fence).toBe(1);
  });

  it('claims a stream that is wanted again only after it was closed', async () => {
    const { redis, a, b } = await fleet();
    b.listen();
    await settled();
    b.leave();
    b.listen();
    expect(a.take()).toEqual([`want ${BTC}`, `unwant ${BTC}`, `want ${BTC}`]);
    b.leave();
    a.pubsub.close(BTC);
    expect(redis.streams.has(BTC)).toBe(false);
    a.take();
    b.listen();
    expect(a.take()).toEqual([]);
    await settled();
    expect(a.take()).toEqual([`want ${BTC}`]);
  });

  it('does not want a stream whose listener left while it was claimed', async () => {
    const { a, b } = await fleet();
    b.listen();
    b.leave();
    await settled();
    expect(a.take()).toEqual([]);
    expect(a.publishing.let).toContain(BTC);
  });

  it('goes on elsewhere when a holder is cut off: that one releases first, and the other takes over where it stood', async () => {
    const { pass, a, b } = await fleet();
    b.listen();
    await settled();
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    a.link.whole = false;
    await pass(1_500);
    expect(a.take()).toEqual([`want ${BTC}`, 'release futures', 'release spot']);
    a.publish('e', 2);
    expect(a.pubsub.unheld).toBe(1);
    await pass(500);
    expect(b.take()).toEqual(['take over futures: upstream taken over', `want ${BTC}`]);
    expect(b.pubsub.inherited(BTC)).toMatchObject({ epoch: 'e', seq: 1 });
    b.publish('e', 2);
    expect(b.heard).toEqual(['e:1', 'e:2']);
    expect(b.pubsub.report().markets[0]).toEqual({ market: 'futures', held: true, failovers: 1 });
  });

  it('hands over at a leave: the leaver publishes until the other has claimed, and closes nothing', async () => {
    const { redis, pass, a, b } = await fleet();
    b.listen();
    await settled();
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    a.take();
    let left = false;
    const leaving = a.pubsub.leave(2_000).then(() => (left = true));
    a.publish('e', 2);
    await settled();
    expect(b.take()).toEqual(['take over futures: upstream taken over', `want ${BTC}`]);
    expect(left).toBe(false);
    a.publish('e', 3);
    await pass(10);
    await leaving;
    expect(a.take()).toContain('release futures');
    b.publish('e', 3);
    expect(b.heard).toEqual(['e:1', 'e:2', 'e:3']);
    expect(redis.streams.get(BTC)?.place).toMatchObject({ epoch: 'e', seq: 3 });
    await pass(5_000);
    expect([a.held(), b.held()]).toEqual([false, true]);
  });

  it('lets the last replica leave after a second although its streams are wanted, and at once when they are not', async () => {
    const { pass, a, b } = await fleet();
    await b.pubsub.leave(2_000);
    a.listen();
    await settled();
    let left = 0;
    void a.pubsub.leave(2_000).then(() => left++);
    await pass(990);
    expect(left).toBe(0);
    await pass(20);
    expect(left).toBe(1);
    const { a: idle } = await fleet();
    await idle.pubsub.leave(2_000);
    expect(idle.held()).toBe(false);
  });

  it('releases a stream that Redis does not take, and claims all of its market again under the same lease', async () => {
    const { pass, a, b } = await fleet();
    b.listen();
    b.listen(ETH);
    await settled();
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    a.take();
    a.publishing.reachable = false;
    a.publish('e', 2);
    await settled();
    expect(a.take()).toEqual(['release futures']);
    await pass(150);
    a.publishing.reachable = true;
    await pass(300);
    expect(a.take()).toEqual(['take over futures: upstream interrupted', `want ${BTC}`, `want ${ETH}`]);
    expect(a.held()).toBe(true);
  });

  it('says that a market is live when nobody wants anything of it as it is taken over', async () => {
    const { clock, pass, redis, a, b } = await fleet();
    redis.hub.setMarketStatus({ market: 'futures', state: 'stale', reason: 'upstream disconnected', since: 1 });
    a.link.whole = false;
    await pass(2_000);
    expect(b.pubsub.marketStatus('futures')).toMatchObject({ state: 'live', since: expect.any(Number) as number });
    expect(clock.timers).toBeGreaterThan(0);
  });
});

describe('a replica that loses Redis', () => {
  it('goes on alone after two seconds, with an upstream for its own clients, and tells why', async () => {
    const { pass, a, b } = await fleet();
    a.listen();
    b.listen();
    await settled();
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    for (const replica of [a, b]) replica.link.break();
    await pass(1_980);
    expect(b.take()).toEqual([]);
    await pass(20);
    for (const replica of [a, b]) {
      expect(replica.take().slice(-4)).toEqual([
        'release futures',
        'release spot',
        'take over futures: upstream replaced',
        `want ${BTC}`,
      ]);
      expect(replica.pubsub.inherited(BTC)).toBeUndefined();
      replica.pubsub.open(BTC, `own ${replica.id}`);
      replica.publish(`own ${replica.id}`, 1);
    }
    expect([a.heard, b.heard]).toEqual([
      ['e:1', 'own a:1'],
      ['e:1', 'own b:1'],
    ]);
    expect(a.pubsub.healthy()).toBe(false);
    expect(a.pubsub.report()).toMatchObject({ mode: 'alone', reason: expect.stringContaining('Redis') as string });
    b.listen(ETH);
    expect(b.take()).toEqual([`want ${ETH}`]);
    expect([...b.pubsub.wanted()]).toEqual([BTC, ETH]);
  });

  it('changes nothing when Redis is back within that time', async () => {
    const { pass, a } = await fleet();
    a.listen();
    await settled();
    a.take();
    a.link.break();
    await pass(900);
    a.link.mend();
    await pass(5_000);
    expect(a.take()).toEqual([]);
    expect(a.pubsub.report().mode).toBe('shared');
  });

  it('shares one upstream again when Redis has been whole for a second', async () => {
    const { pass, a, b } = await fleet();
    a.listen();
    b.listen();
    await settled();
    for (const replica of [a, b]) replica.link.break();
    await pass(2_100);
    for (const replica of [a, b]) replica.take();
    a.link.mend();
    b.link.mend();
    await pass(500);
    a.link.break();
    a.link.mend();
    await pass(990);
    expect(a.pubsub.report().mode).toBe('alone');
    await pass(300);
    expect([a, b].map((replica) => replica.pubsub.report().mode)).toEqual(['shared', 'shared']);
    const holders = [a, b].filter((replica) => replica.held());
    expect(holders).toHaveLength(1);
    const others = [a, b].filter((replica) => !replica.held());
    expect(others[0]?.take()).toEqual(['release futures', 'release spot']);
    expect(holders[0]?.take().slice(0, 2)).toEqual(['release futures', 'release spot']);
    expect([...(holders[0]?.pubsub.wanted() ?? [])]).toEqual([BTC]);
  });

  /** `b` has shown its clients what its own upstream brought, and `a`, who goes on with epoch `e`, nothing new since. */
  async function aWhileAlone() {
    const { pass, a, b, redis, clock } = await fleet();
    b.listen();
    await settled();
    a.pubsub.open(BTC, 'e');
    a.publish('e', 1);
    b.link.break();
    await pass(2_100);
    b.pubsub.open(BTC, 'own b');
    b.publish('own b', 1);
    a.publish('e', 2);
    b.link.mend();
    b.heard.length = 0;
    return { pass, a, b, redis, clock };
  }

  it('shows what the fleet stands at when it is back and the holder is alive, however quiet the stream is', async () => {
    const { pass, b } = await aWhileAlone();
    await pass(2_000);
    expect(b.heard).toEqual(['e:2']);
  });

  it('shows nothing of a holder that has died, but what its successor publishes', async () => {
    const { pass, a, b } = await aWhileAlone();
    await pass(900);
    a.link.whole = false;
    await pass(2_000);
    expect(b.held()).toBe(true);
    expect(b.heard).toEqual([]);
    b.publish('e', 3);
    await settled();
    expect(b.heard).toEqual(['e:3']);
  });

  it('shows what the fleet stands at only when a successor that is alive says that the market is live', async () => {
    const { pass, a, b, redis, clock } = await aWhileAlone();
    const c = new ModelReplica('c', redis, clock);
    await pass(900);
    a.link.whole = false;
    for (let waited = 0; !c.held() && waited < 3_000; waited += 10) {
      b.link.whole = false;
      await pass(10);
      b.link.whole = true;
    }
    const status = { market: 'futures', reason: 'upstream taken over', since: 7 } as const;
    c.pubsub.setMarketStatus({ ...status, state: 'stale' });
    await pass(1_500);
    expect([b.held(), b.heard]).toEqual([false, []]);
    c.pubsub.setMarketStatus({ ...status, state: 'live', since: 8 });
    await settled();
    expect(b.heard).toEqual(['e:2']);
  });

  it('leaves without waiting for anybody', async () => {
    const { pass, a } = await fleet();
    a.listen();
    await settled();
    a.link.break();
    await pass(2_100);
    a.take();
    await a.pubsub.leave(2_000);
    expect(a.take()).toEqual(['release futures', 'release spot']);
    a.link.mend();
    await pass(3_000);
    expect(a.pubsub.report().mode).toBe('alone');
  });
});

describe('what Redis says of who is on duty', () => {
  const verdicts = (...replicas: ModelReplica[]) => replicas.map(({ pubsub }) => pubsub.arbiter().verdict);

  it('is that it is who has the lease of the account', async () => {
    const { pass, a, b } = await fleet(['account']);
    const told: string[] = [];
    const arbiter = b.pubsub.arbiter();
    arbiter.onVerdict(() => told.push(arbiter.verdict));
    expect(verdicts(a, b)).toEqual(['ours', 'others']);
    a.link.whole = false;
    await pass(2_000);
    expect(verdicts(a, b)).toEqual(['unknown', 'ours']);
    a.link.whole = true;
    await pass(500);
    expect(verdicts(a, b)).toEqual(['others', 'ours']);
    await b.pubsub.leave(2_000);
    expect(told).toEqual(['ours', 'others']);
  });

  it('is unknown while Redis is lost', async () => {
    const { pass, a, b } = await fleet(['account']);
    for (const replica of [a, b]) replica.link.break();
    await pass(2_000);
    expect(verdicts(a, b)).toEqual(['unknown', 'unknown']);
    for (const replica of [b, a]) replica.link.mend();
    await pass(1_300);
    expect(verdicts(a, b).sort()).toEqual(['others', 'ours']);
  });
});

describe('a replica that cannot reach Redis at its start', () => {
  it('is alone after two seconds', async () => {
    const clock = new ManualClock();
    const redis = new ModelRedis(clock);
    const link = jest.spyOn(ModelLink.prototype, 'onWhole').mockImplementationOnce(function (this: ModelLink) {
      this.whole = false;
      this.heardAt = clock.monotonic();
    });
    const a = new ModelReplica('a', redis, clock);
    link.mockRestore();
    a.listen();
    clock.advance(1_990);
    await settled();
    expect(a.pubsub.report().mode).toBe('shared');
    clock.advance(10);
    expect(a.pubsub.report().mode).toBe('alone');
    expect(a.take()).toContain(`want ${BTC}`);
  });
});
