import fc from 'fast-check';
import { FakeExchange } from '../../../test/support/fake-exchange';
import { ManualClock } from '../../../test/support/manual-clock';
import { ModelAccount } from '../../../test/support/model-account';
import { settled } from '../../../test/support/settled';
import type {
  AccountBalance,
  AccountExecution,
  AccountFact,
  AccountItem,
  AccountOrder,
  AccountPosition,
} from '../../streams/account';
import { BybitCredentials } from '../bybit/account/credentials';
import type { StreamPublisher } from '../stream-publisher';
import { type AccountMemory, factsOf, type Progress, type Recollection } from './account-memory';
import { AccountUpstream } from './account-upstream';

const KINDS = ['account.order', 'account.execution', 'account.position', 'account.balance'];
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const COINS = ['USDT', 'BTC'];

/** What a listener of the account knows who believes every event. */
class Believer {
  readonly orders = new Map<string, AccountOrder>();
  readonly positions = new Map<string, AccountPosition>();
  readonly coins = new Map<string, string>();
  readonly executions: AccountExecution[] = [];
  readonly gaps: string[] = [];
  /** What went back in time. */
  readonly backwards: string[] = [];
  private readonly coinTimes = new Map<string, number>();

  hear(event: AccountItem, time: number): void {
    if (event.kind === 'order') this.order(event.item);
    else if (event.kind === 'position') this.position(event.item);
    else if (event.kind === 'balance') this.balance(event.item, time);
    else this.executions.push(event.item);
  }

  gap(name: string): void {
    this.gaps.push(name);
    if (this.orders.size + this.executions.length > 0) this.backwards.push(`gap ${name}`);
  }

  private order(order: AccountOrder): void {
    const before = this.orders.get(order.id);
    if (before && (before.updatedAt > order.updatedAt || Number(before.filledQuantity) > Number(order.filledQuantity)))
      this.backwards.push(`order ${order.id}`);
    if (before?.status === order.status && before.filledQuantity === order.filledQuantity && before.updatedAt === order.updatedAt)
      this.backwards.push(`order ${order.id} again`);
    this.orders.set(order.id, order);
  }

  private position(position: AccountPosition): void {
    const before = this.positions.get(position.symbol);
    if (before && (before.sequence ?? 0) > (position.sequence ?? 0)) this.backwards.push(`position ${position.symbol}`);
    this.positions.set(position.symbol, position);
  }

  private balance({ coins }: AccountBalance, time: number): void {
    for (const { coin, walletBalance } of coins) {
      if ((this.coinTimes.get(coin) ?? 0) > time) this.backwards.push(`coin ${coin}`);
      this.coinTimes.set(coin, time);
      this.coins.set(coin, walletBalance);
    }
  }
}

interface Told {
  readonly event: AccountItem;
  readonly time: number;
}

/** What a process has told reaches the listener, and is remembered, when it is kept; what is not kept is lost with the process. */
class Keeping implements AccountMemory {
  private readonly facts = new Map<string, AccountFact>();
  private toldUntil: number | null = null;
  private readonly unkept: (Told | string)[] = [];
  private progress: (Progress & { after: number }) | undefined;
  private asking: (() => void)[] = [];

  constructor(private readonly believer: Believer) {}

  readonly publisher: StreamPublisher = {
    open: () => undefined,
    publish: ({ kind }, { data, timestamp }) => {
      this.unkept.push({ event: { kind, item: data } as AccountItem, time: timestamp });
    },
    place: () => undefined,
    gap: ({ name }) => void this.unkept.push(name),
    status: () => undefined,
    marketStatus: () => undefined,
    close: () => undefined,
    forget: () => undefined,
  };

  recall(): Promise<Recollection> {
    return new Promise((resolve) => {
      this.asking.push(() => resolve({ facts: [...this.facts.values()], toldUntil: this.toldUntil }));
    });
  }

  progressed(progress: Progress): void {
    this.progress = { ...progress, after: this.unkept.length };
  }

  /** Keeps the oldest. */
  keep(count = Infinity): void {
    const kept = this.unkept.splice(0, count);
    for (const one of kept) {
      if (typeof one === 'string') this.believer.gap(one);
      else {
        this.believer.hear(one.event, one.time);
        for (const fact of factsOf(one.event, one.time)) this.facts.set(`${fact.kind} ${fact.name}`, fact);
      }
    }
    if (!this.progress) return;
    this.progress.after -= kept.length;
    if (this.progress.after > 0) return;
    const { toldUntil } = this.progress;
    this.toldUntil = toldUntil;
    for (const [name, { ended, at }] of this.facts) if (ended && at < toldUntil - 10 * 60_000) this.facts.delete(name);
    this.progress = undefined;
  }

  answer(): void {
    this.keep();
    for (const answer of this.asking.splice(0)) answer();
  }

  /** The process is gone. */
  lose(): void {
    this.unkept.length = this.asking.length = 0;
    this.progress = undefined;
  }
}

const often = <T>(arbitrary: fc.Arbitrary<T>, weight = 3) => ({ arbitrary, weight });
const step = fc.oneof(
  often(
    fc.record({
      do: fc.constant('place' as const),
      symbol: fc.constantFrom(...SYMBOLS),
      buy: fc.boolean(),
      size: fc.integer({ min: 1, max: 3 }),
    }),
  ),
  often(fc.record({ do: fc.constant('fill' as const), which: fc.nat(), size: fc.integer({ min: 1, max: 3 }) })),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('transfer' as const), coin: fc.constantFrom(...COINS), amount: fc.integer({ min: -5, max: 5 }) }),
  often(fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 4 }) })),
  often(fc.record({ do: fc.constant('answer' as const), which: fc.nat({ max: 30 }), count: fc.integer({ min: 1, max: 20 }) })),
  fc.record({ do: fc.constant('disconnect' as const) }),
  fc.record({ do: fc.constant('lose' as const), which: fc.nat() }),
  often(
    fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.constant(60_000), fc.constant(120_000), fc.constant(30 * 60_000)),
    }),
  ),
  fc.record({ do: fc.constant('keep' as const), count: fc.integer({ min: 1, max: 10 }) }),
  often(fc.record({ do: fc.constant('recall' as const) }), 2),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('balances' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function setUp() {
  const clock = new ManualClock();
  const account = new ModelAccount(clock, 7_000);
  account.pageLength = 3;
  const exchange = new FakeExchange(account.hear);
  const believer = new Believer();
  const keeping = new Keeping(believer);
  const world = { clock, account, exchange, believer, keeping, upstream: follower(clock, account, exchange, keeping) };
  world.upstream.start();
  return world;
}

function follower(clock: ManualClock, account: ModelAccount, exchange: FakeExchange, keeping: Keeping): AccountUpstream {
  const upstream = new AccountUpstream(
    {
      credentials: new BybitCredentials('key', 'secret'),
      wsUrl: 'ws://exchange',
      restUrl: 'http://rest',
      keepAlive: { pingIntervalMs: 20_000, pongTimeoutMs: 10_000 },
      backoff: { initialMs: 500, maxMs: 1000, multiplier: 2 },
      lingerMs: 5000,
    },
    {
      demand: {
        wanted: () => KINDS,
        onDemand: () => undefined,
        onRelease: () => undefined,
        onTakeover: () => undefined,
      },
      publisher: keeping.publisher,
      clock,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
      dial: exchange.dial,
      fetchJson: account.fetchJson,
    },
  );
  upstream.remember(keeping);
  return upstream;
}

type World = ReturnType<typeof setUp>;

/** Lets what is ready go on; a socket that was dialled opens. */
async function go({ exchange }: World, opened: Set<object>): Promise<void> {
  for (let i = 0; i < 4; i++) await settled();
  const socket = exchange.sockets.at(-1);
  if (!socket || opened.has(socket)) return;
  opened.add(socket);
  socket.open();
  for (let i = 0; i < 4; i++) await settled();
}

/** The process is gone, and another one begins to follow the account. */
async function restart(world: World): Promise<void> {
  const { clock, account, exchange, keeping, upstream } = world;
  keeping.lose();
  account.disconnect();
  await upstream.stop();
  keeping.lose();
  world.upstream = follower(clock, account, exchange, keeping);
  world.upstream.start();
}

async function act(world: World, one: Step): Promise<void> {
  const { clock, account, exchange, keeping, upstream } = world;
  const ids = [...account.orders.keys()];
  const idAt = (which: number): string => ids[which % Math.max(1, ids.length)] ?? '';
  // Nothing happens twice in the same millisecond, so that what is newer can be told by its time.
  clock.advance(1);
  switch (one.do) {
    case 'place':
      account.place(one.symbol, one.buy ? 'Buy' : 'Sell', one.size);
      break;
    case 'fill':
      account.fill(idAt(one.which), one.size);
      break;
    case 'cancel':
      account.cancel(idAt(one.which));
      break;
    case 'transfer':
      account.transfer(one.coin, one.amount);
      break;
    case 'deliver':
      account.deliver(one.count);
      break;
    case 'answer':
      for (let i = 0; i < one.count; i++) account.answer(one.which % Math.max(1, account.answersUnderWay));
      break;
    case 'disconnect':
      if (exchange.sockets.at(-1) === undefined) break;
      account.disconnect();
      exchange.newest.drop();
      break;
    case 'lose':
      account.lose(one.which % Math.max(1, account.pushesUnderWay));
      break;
    case 'wait':
      clock.advance(one.ms);
      break;
    case 'keep':
      keeping.keep(one.count);
      break;
    case 'recall':
      keeping.answer();
      break;
    case 'restart':
      await restart(world);
      break;
    case 'balances':
      upstream.syncBalances().catch(() => undefined);
  }
}

/** The exchange keeps still until all is told, which is after the next comparison. */
async function rest(world: World, opened: Set<object>): Promise<void> {
  const { clock, account, keeping, upstream } = world;
  account.slow = false;
  const before = upstream.report().syncs['ok'] ?? 0;
  let calm = 0;
  for (let i = 0; i < 400; i++) {
    account.deliver();
    while (account.answersUnderWay > 0) account.answer();
    await go(world, opened);
    keeping.answer();
    const still = upstream.report().state === 'live' && account.pushesUnderWay + account.answersUnderWay === 0;
    calm = still ? calm + 1 : 0;
    if (calm > 3 && (upstream.report().syncs['ok'] ?? 0) > before + 1) return;
    clock.advance(calm > 3 ? 10_000 : 500);
  }
  throw new Error(`the account never came to rest: ${JSON.stringify(upstream.report())}`);
}

test('whatever is lost, late or out of order, and whoever follows: in the end every event tells the truth, each execution once, and nothing went back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.boolean(), async (steps, slow) => {
      const world = setUp();
      const { account, believer } = world;
      const opened = new Set<object>();
      await rest(world, opened);
      account.slow = slow;
      for (const one of steps) {
        await act(world, one);
        await go(world, opened);
      }
      await rest(world, opened);

      expect(believer.backwards).toEqual([]);
      // Of what was before the first look, and of nothing else.
      expect(believer.gaps).toEqual(['account.order', 'account.execution']);
      const truth = [...account.orders.values()];
      expect(
        [...believer.orders.values()].map(({ id, status, filledQuantity }) => `${id} ${status} ${filledQuantity}`).sort(),
      ).toEqual(
        truth.map((order) => `${String(order['orderId'])} ${String(order['orderStatus'])} ${String(order['cumExecQty'])}`).sort(),
      );
      expect(believer.executions.map(({ id }) => id).sort()).toEqual(
        account.executions.map(({ execId }) => String(execId)).sort(),
      );
      for (const [symbol, position] of account.positions) {
        const told = believer.positions.get(symbol);
        // Of one that was opened and closed unseen nothing need be told.
        expect(told?.size ?? '0').toBe(position['size']);
      }
      for (const [coin, { walletBalance }] of account.coins) expect(believer.coins.get(coin)).toBe(walletBalance);
      await world.upstream.stop();
      expect(world.clock.timers).toBe(0);
    }),
    { numRuns: 300 },
  );
}, 120_000);
