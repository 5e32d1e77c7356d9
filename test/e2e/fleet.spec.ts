/**
 * Two replicas as processes, a real Redis and the simulated exchange: what clients of either see when a part of the fleet leaves, dies
 * or comes back. Each client's {@link Ledger} throws at any number missing or repeated within an epoch and at any wrong checksum.
 */
import { Redis } from 'ioredis';
import { SimulatedExchange } from '../../src/simulator/simulated-exchange';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { Ledger } from '../support/ledger';
import { RedisServer } from '../support/servers/redis';
import { TestClient, type Frame } from '../support/test-client';

const TICKER = 'mudrex.futures.ticker.BTCUSDT';
const BOOK = 'mudrex.futures.orderbook.50.BTCUSDT';
const TRADE = 'mudrex.futures.trade.BTCUSDT';
const STREAMS = [TICKER, BOOK, TRADE];

/** A client that follows the streams and enters all it hears. */
class Follower {
  readonly ledger = new Ledger();
  readonly heard: Frame[] = [];
  private readonly waiting: (() => void)[] = [];
  private failure: Error | undefined;

  private constructor(private readonly client: TestClient) {}

  static async at(gateway: GatewayProcess): Promise<Follower> {
    const follower = new Follower(await TestClient.connect(gateway.url));
    await follower.client.request({ op: 'subscribe', args: ['ticker:BTCUSDT', 'orderbook:50:BTCUSDT', 'trade:BTCUSDT'] });
    void follower.follow();
    for (const stream of STREAMS) await follower.next(stream);
    return follower;
  }

  /** Resolves with what has been heard at or after place `from` and matches. */
  async until(matches: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    for (let i = from; ; i++) {
      while (i >= this.heard.length) {
        if (this.failure) throw this.failure;
        await new Promise<void>((resolve) => this.waiting.push(resolve));
      }
      const frame = this.heard[i] as Frame;
      if (matches(frame)) return frame;
    }
  }

  /** The next data of a stream from now on. */
  next(stream: string): Promise<Frame> {
    return this.until((frame) => frame.stream === stream && frame.seq !== undefined, this.heard.length);
  }

  /** Every stream goes on from now on. */
  async allGoOn(): Promise<void> {
    await Promise.all(STREAMS.map((stream) => this.next(stream)));
  }

  /** Epochs of a stream, in the order of their first frame. */
  epochs(stream: string): string[] {
    const found = this.heard.flatMap((frame) =>
      frame.stream === stream && typeof frame['epoch'] === 'string' ? [frame['epoch']] : [],
    );
    return [...new Set(found)];
  }

  get failed(): Error | undefined {
    return this.failure;
  }

  leave(): void {
    this.client.ws.terminate();
  }

  private async follow(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.client.next();
        this.ledger.enter(frame);
        this.heard.push(frame);
        for (const wake of this.waiting.splice(0)) wake();
      }
    } catch (error) {
      this.failure = error as Error;
      for (const wake of this.waiting.splice(0)) wake();
    }
  }
}

const isHolder = ({ msg }: { msg: string }) => msg === 'this replica runs the upstream of the market';
const isStale = (frame: Frame) => frame['op'] === 'status' && frame['market'] === 'futures' && frame['state'] === 'stale';
const isLive = (frame: Frame) => frame['op'] === 'status' && frame['market'] === 'futures' && frame['state'] === 'live';

let redis: RedisServer;
let exchange: SimulatedExchange;
let replicas: GatewayProcess[];
let followers: Follower[];

beforeEach(async () => {
  [redis, exchange] = await Promise.all([RedisServer.start(), SimulatedExchange.start()]);
  replicas = [];
  followers = [];
});

afterEach(async () => {
  for (const follower of followers) follower.leave();
  await Promise.all(replicas.filter(({ child }) => child.signalCode === null).map((replica) => replica.stop()));
  await Promise.all([exchange.stop(), redis.stop()]);
});

async function replica(): Promise<GatewayProcess> {
  const started = await GatewayProcess.start({
    BYBIT_WS_URL: exchange.wsUrl,
    BYBIT_REST_URL: exchange.restUrl,
    BYBIT_MARKETS: 'linear',
    REDIS_URL: redis.url,
  });
  replicas.push(started);
  return started;
}

async function follow(gateway: GatewayProcess): Promise<Follower> {
  const follower = await Follower.at(gateway);
  followers.push(follower);
  return follower;
}

/** The first replica holds the lease; each has a follower. */
async function fleet(): Promise<{ holder: GatewayProcess; other: GatewayProcess; atHolder: Follower; atOther: Follower }> {
  const holder = await replica();
  await holder.logged(isHolder);
  const other = await replica();
  const [atHolder, atOther] = await Promise.all([follow(holder), follow(other)]);
  return { holder, other, atHolder, atOther };
}

async function connected(gateway: GatewayProcess): Promise<boolean> {
  const { body } = await gateway.get('/stats');
  return (body as { upstream: { clients: { linear: { connected: boolean } } } }).upstream.clients.linear.connected;
}

describe('two replicas on one Redis', () => {
  it('have one connection to the exchange, and the same numbers and contents for clients of both', async () => {
    const { holder, other, atHolder, atOther } = await fleet();
    await Promise.all([atHolder.allGoOn(), atOther.allGoOn()]);
    expect([await connected(holder), await connected(other)]).toEqual([true, false]);
    const seen = new Map(
      atHolder.heard.map((frame) => [`${String(frame.stream)} ${String(frame.type)} ${String(frame.seq)}`, frame]),
    );
    let same = 0;
    for (const frame of atOther.heard) {
      const theirs = frame.seq === undefined ? undefined : seen.get(`${String(frame.stream)} ${String(frame.type)} ${frame.seq}`);
      if (!theirs) continue;
      expect(frame).toEqual(theirs);
      same++;
    }
    expect(same).toBeGreaterThan(0);
    for (const stream of [TICKER, BOOK]) expect(atOther.epochs(stream)).toEqual(atHolder.epochs(stream));
  });

  it('hand over at a graceful stop: numbers go on in the same epoch, and the break in trades is declared', async () => {
    const { holder, other, atOther } = await fleet();
    const from = atOther.heard.length;
    const stopped = holder.stop();
    await atOther.until(isStale, from);
    await atOther.until(isLive, from);
    await atOther.allGoOn();
    expect(await stopped).toBe(0);
    expect(await connected(other)).toBe(true);
    expect(atOther.failed).toBeUndefined();
    for (const stream of [TICKER, BOOK]) expect(atOther.epochs(stream)).toHaveLength(1);
    expect(atOther.ledger.gaps).toMatchObject([{ stream: TRADE, reason: 'upstream_reconnect' }]);
  });

  it('lose nothing for a client that is sent away and resumes on the other replica', async () => {
    const { holder, other } = await fleet();
    const args = ['ticker:BTCUSDT', 'trade:BTCUSDT'];
    const before = await TestClient.connect(holder.url);
    const reply = await before.request({ op: 'subscribe', args });
    const epochOf = new Map(
      (reply['streams'] as { stream: string; epoch: string }[]).map(({ stream, epoch }) => [stream, epoch]),
    );
    const ledger = new Ledger();
    while (ledger.seq(TRADE) === 0 || ledger.seq(TICKER) === 0) ledger.enter(await before.next());
    const stopped = holder.stop();
    expect((await before.closed).reason).toMatch(/^reconnect_after_ms=\d+$/);
    for (const frame of before.frames) ledger.enter(frame);
    const resume = Object.fromEntries(
      [TICKER, TRADE].map((stream) => [stream, { epoch: epochOf.get(stream), seq: ledger.seq(stream) }]),
    );

    const after = await TestClient.connect(other.url);
    const { streams } = await after.request({ op: 'subscribe', args, resume });
    expect(streams).toMatchObject([{ recovered: true }, { recovered: true }]);
    const reached = { [TICKER]: ledger.seq(TICKER) + 20, [TRADE]: ledger.seq(TRADE) + 20 };
    while (Object.entries(reached).some(([stream, seq]) => ledger.seq(stream) < seq)) ledger.enter(await after.next());
    expect(ledger.gaps).toMatchObject([{ stream: TRADE, reason: 'upstream_reconnect' }]);
    expect(await stopped).toBe(0);
    after.ws.terminate();
  });

  it('survive a holder that is killed: the other goes on with its numbers', async () => {
    const { holder, other, atOther } = await fleet();
    const from = atOther.heard.length;
    holder.child.kill('SIGKILL');
    await Promise.all(
      [TICKER, BOOK].map((stream) => atOther.until((frame) => frame.stream === stream && frame.type === 'snapshot', from)),
    );
    await atOther.until(isLive, from);
    await atOther.allGoOn();
    expect(await connected(other)).toBe(true);
    expect(atOther.failed).toBeUndefined();
    for (const stream of [TICKER, BOOK]) expect(atOther.epochs(stream)).toHaveLength(1);
    expect(atOther.ledger.gaps).toMatchObject([{ stream: TRADE, reason: 'upstream_reconnect' }]);
    expect(atOther.ledger.statuses.filter((status) => status.startsWith('futures '))[0]).toBe('futures stale');
  });

  it('call a market live when a stream that only clients of a killed holder had wanted joins others of it', async () => {
    const holder = await replica();
    await holder.logged(isHolder);
    const other = await replica();
    const first = await TestClient.connect(holder.url);
    const client = await TestClient.connect(other.url);
    const eth = (frame: Frame) => frame.stream === TICKER.replace('BTC', 'ETH') && frame.seq !== undefined;
    await first.request({ op: 'subscribe', args: ['ticker:ETHUSDT'] });
    // Long enough that the next holder finds nothing wanted.
    for (let i = 0; i < 20; i++) await first.nextWhere(eth);
    holder.child.kill('SIGKILL');
    await other.logged(isHolder);
    await client.request({ op: 'subscribe', args: ['ticker:BTCUSDT'] });
    await client.nextWhere(({ stream, seq }) => stream === TICKER && seq !== undefined);
    await client.request({ op: 'subscribe', args: ['ticker:ETHUSDT'] });
    await client.nextWhere(eth);
    expect(await other.get('/health')).toMatchObject({ status: 200 });
    for (const { ws } of [first, client]) ws.terminate();
  });

  it('ignore a holder that was frozen and wakes: it steps down, and its clients go on with the numbers of the new one', async () => {
    const { holder, other, atHolder, atOther } = await fleet();
    const from = atOther.heard.length;
    holder.child.kill('SIGSTOP');
    await other.logged(isHolder);
    await atOther.until(isLive, from);
    await atOther.allGoOn();
    const asleep = atHolder.heard.length;
    holder.child.kill('SIGCONT');
    await holder.logged(({ msg }) => msg === 'this replica no longer runs the upstream of the market');
    await Promise.all(
      [TICKER, BOOK].map((stream) => atHolder.until((frame) => frame.stream === stream && frame.seq !== undefined, asleep)),
    );
    await Promise.all([atHolder.allGoOn(), atOther.allGoOn()]);
    await eventually(async () => !(await connected(holder)));
    expect(await connected(other)).toBe(true);
    expect([atHolder.failed, atOther.failed]).toEqual([undefined, undefined]);
    expect(atHolder.epochs(TICKER).at(-1)).toBe(atOther.epochs(TICKER).at(-1));
  });

  it('go on when Redis is emptied under them, with new epochs and one upstream', async () => {
    const { holder, other, atHolder, atOther } = await fleet();
    const before = atOther.epochs(TICKER);
    const from = atOther.heard.length;
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    const anew = (frame: Frame) =>
      frame.stream === TICKER && frame.type === 'snapshot' && !before.includes(String(frame['epoch']));
    await Promise.all([atHolder.until(anew, from), atOther.until(anew, from)]);
    await Promise.all([atHolder.allGoOn(), atOther.allGoOn()]);
    await eventually(async () => [await connected(holder), await connected(other)].filter(Boolean).length === 1);
    expect([atHolder.failed, atOther.failed]).toEqual([undefined, undefined]);
  });

  it('go on alone when Redis is killed, say so, and share one upstream again when an empty one is back', async () => {
    const { holder, other, atHolder, atOther } = await fleet();
    const before = [atHolder.heard.length, atOther.heard.length];
    await redis.process.kill();
    const alone = ({ msg }: { msg: string }) => msg === 'Redis is lost: this replica goes on alone';
    await Promise.all([holder.logged(alone), other.logged(alone)]);
    await Promise.all([atHolder.until(isLive, before[0]), atOther.until(isLive, before[1])]);
    await Promise.all([atHolder.allGoOn(), atOther.allGoOn()]);
    expect([await connected(holder), await connected(other)]).toEqual([true, true]);
    expect((await other.get('/ready')).status).toBe(200);
    expect(await other.get('/health')).toMatchObject({
      status: 503,
      body: { redis: 'disconnected', error: { fleet: { mode: 'alone', reason: expect.stringContaining('Redis') as string } } },
    });

    const held = [holder, other].map(({ log }) => log.length);
    await redis.process.restart();
    const shared = ({ msg }: { msg: string }) => msg === 'Redis is back: this replica shares the upstream of the fleet';
    await Promise.all([holder.logged(shared), other.logged(shared)]);
    await Promise.any(
      [holder, other].map((gateway, i) =>
        gateway.logged((line) => isHolder(line) && gateway.log.indexOf(line) >= (held[i] ?? 0)),
      ),
    );
    await Promise.all([atHolder.allGoOn(), atOther.allGoOn()]);
    expect([await connected(holder), await connected(other)].sort()).toEqual([false, true]);
    expect(await other.get('/health')).toMatchObject({
      status: 200,
      body: { redis: 'connected', info: { fleet: { mode: 'shared' } } },
    });
    expect(atHolder.failed).toBeUndefined();
    expect(atOther.failed).toBeUndefined();
    expect(atHolder.epochs(TICKER).at(-1)).toBe(atOther.epochs(TICKER).at(-1));
  });
});
