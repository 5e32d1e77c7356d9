import fc from 'fast-check';
import { FakeExchange } from '../../../test/support/fake-exchange';
import { ManualClock } from '../../../test/support/manual-clock';
import { ModelAccount } from '../../../test/support/model-account';
import { settled } from '../../../test/support/settled';
import type { AccountBalance, AccountExecution, AccountOrder, AccountPosition } from '../../streams/account';
import { BybitCredentials } from '../bybit/account/credentials';
import type { StreamPublisher } from '../stream-publisher';
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

  readonly publisher: StreamPublisher = {
    open: () => undefined,
    publish: (stream, { data, timestamp }) => {
      if (stream.kind === 'order') this.order(data as AccountOrder);
      else if (stream.kind === 'position') this.position(data as AccountPosition);
      else if (stream.kind === 'balance') this.balance(data as AccountBalance, timestamp);
      else this.executions.push(data as AccountExecution);
    },
    gap: (stream) => {
      this.gaps.push(stream.name);
      if (this.orders.size + this.executions.length > 0) this.backwards.push(`gap ${stream.name}`);
    },
    status: () => undefined,
    marketStatus: () => undefined,
    close: () => undefined,
    forget: () => undefined,
  };

  private order(order: AccountOrder): void {
    const before = this.orders.get(order.id);
    if (before && (before.updatedAt > order.updatedAt || Number(before.filledQuantity) > Number(order.filledQuantity)))
      this.backwards.push(`order ${order.id}`);
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

const step = fc.oneof(
  fc.record({
    do: fc.constant('place' as const),
    symbol: fc.constantFrom(...SYMBOLS),
    buy: fc.boolean(),
    size: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constant('fill' as const), which: fc.nat(), size: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('transfer' as const), coin: fc.constantFrom(...COINS), amount: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('answer' as const), which: fc.nat({ max: 30 }), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('disconnect' as const) }),
  fc.record({ do: fc.constant('lose' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.constant(60_000)) }),
  fc.record({ do: fc.constant('balances' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function setUp() {
  const clock = new ManualClock();
  const account = new ModelAccount(clock, 7_000);
  account.pageLength = 3;
  const exchange = new FakeExchange(account.hear);
  const believer = new Believer();
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
      publisher: believer.publisher,
      clock,
      random: () => 0.5,
      log: { info: () => undefined, warn: () => undefined },
      dial: exchange.dial,
      fetchJson: account.fetchJson,
    },
  );
  upstream.start();
  return { clock, account, exchange, believer, upstream };
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

function act({ clock, account, exchange, upstream }: World, one: Step): void {
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
    case 'balances':
      upstream.syncBalances().catch(() => undefined);
  }
}

/** The exchange keeps still until all is told, which is after the next comparison. */
async function rest(world: World, opened: Set<object>): Promise<void> {
  const { clock, account, upstream } = world;
  account.slow = false;
  const before = upstream.report().syncs['ok'] ?? 0;
  let calm = 0;
  for (let i = 0; i < 400; i++) {
    account.deliver();
    while (account.answersUnderWay > 0) account.answer();
    await go(world, opened);
    const still = upstream.report().state === 'live' && account.pushesUnderWay + account.answersUnderWay === 0;
    calm = still ? calm + 1 : 0;
    if (calm > 3 && (upstream.report().syncs['ok'] ?? 0) > before + 1) return;
    clock.advance(calm > 3 ? 10_000 : 500);
  }
  throw new Error(`the account never came to rest: ${JSON.stringify(upstream.report())}`);
}

test('whatever is lost, late or out of order: in the end every event tells the truth, each execution once, and nothing went back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, slow) => {
      const world = setUp();
      const { account, believer, upstream } = world;
      const opened = new Set<object>();
      account.slow = slow;
      for (const one of steps) {
        act(world, one);
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
      await upstream.stop();
      expect(world.clock.timers).toBe(0);
    }),
    { numRuns: 300 },
  );
}, 120_000);
