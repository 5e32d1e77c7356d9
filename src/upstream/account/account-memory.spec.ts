import { ALL, live, MINUTE, open, setUp } from '../../../test/support/account-world';
import { settled } from '../../../test/support/settled';
import type { AccountExecution, AccountFact, AccountItem, AccountOrder, AccountPosition } from '../../streams/account';
import { type AccountMemory, factsOf, type Progress, type Recollection } from './account-memory';
import { KnownAccount } from './known-account';

const DAY = 24 * 60 * MINUTE;

type World = ReturnType<typeof setUp>;

/** Everything that one process has told, for the next. */
function toldBy({ published }: World): AccountFact[] {
  return published.told.flatMap(({ stream, item, time }) =>
    factsOf({ kind: stream.slice('account.'.length), item } as AccountItem, time),
  );
}

/** Remembers what it is given. */
class Remembered implements AccountMemory {
  readonly progress: Progress[] = [];
  answer: (recollection: Recollection) => void = () => undefined;
  asked = 0;

  constructor(private readonly recollection?: Recollection) {}

  recall(): Promise<Recollection> {
    this.asked++;
    return this.recollection
      ? Promise.resolve(this.recollection)
      : new Promise((resolve) => {
          this.answer = resolve;
        });
  }

  progressed(progress: Progress): void {
    this.progress.push(progress);
  }
}

const gaps = ({ published }: World) => published.take().filter((call) => call.startsWith('gap'));

/** A process has told all of an account with an open and a finished order, and another one comes. */
async function secondOf(change: (world: World) => void, recollection?: (facts: AccountFact[]) => Recollection) {
  const world = setUp();
  const first = new Remembered({ facts: [], toldUntil: null });
  world.upstream.remember(first);
  world.account.fill(world.account.place('BTCUSDT', 'Buy', 3), 1);
  world.account.fill(world.account.place('ETHUSDT', 'Buy', 1), 1);
  world.account.transfer('BTC', 2);
  await live(world);
  const facts = toldBy(world);
  const toldUntil = first.progress.at(-1)?.toldUntil ?? null;
  world.account.disconnect();
  world.demand.release('account');
  await settled();
  world.published.take();
  world.published.news();
  change(world);
  const memory = new Remembered(recollection ? recollection(facts) : { facts, toldUntil });
  world.upstream.remember(memory);
  world.demand.names.clear();
  await live(world);
  return { world, memory };
}

test('what was told by somebody before is not told anew, and nothing is missing before it', async () => {
  const { world } = await secondOf(() => undefined);
  expect(world.published.news()).toEqual([]);
  expect(gaps(world)).toEqual([]);
  expect(world.upstream.report().state).toBe('live');
});

test('of what happened while nobody followed everything is told once, however long ago that was', async () => {
  const { world } = await secondOf(({ account, clock }) => {
    clock.advance(DAY);
    account.fill('order-1', 1);
    account.fill(account.place('SOLUSDT', 'Sell', 1), 1);
    account.transfer('BTC', -1);
    clock.advance(DAY);
  });
  expect(world.published.news().sort()).toEqual([
    'sync USDT -0.04,BTC 1.00',
    'sync execution-5 1',
    'sync execution-7 1',
    'sync order order-1 PartiallyFilled 2',
    'sync order order-6 Filled 1',
    'sync position BTCUSDT long 2',
    'sync position SOLUSDT short 1',
  ]);
  expect(gaps(world)).toEqual([]);
});

test('what happened longer ago than the exchange tells is a gap, once, however often the comparison fails', async () => {
  const { world } = await secondOf(({ account, clock }) => {
    clock.advance(8 * DAY);
    account.failure = new Error('not yet');
  });
  for (let i = 0; i < 3; i++) {
    world.clock.advance(60_000);
    await settled();
  }
  world.account.failure = undefined;
  world.clock.advance(60_000);
  for (let i = 0; i < 20; i++) await settled();
  expect(world.upstream.report().state).toBe('live');
  expect(gaps(world)).toEqual(['gap account.order', 'gap account.execution']);
});

test('who was never sure to have told everything begins with a gap, and does not tell again what is known', async () => {
  const { world } = await secondOf(
    () => undefined,
    (facts) => ({ facts, toldUntil: null }),
  );
  expect(gaps(world)).toEqual(['gap account.order', 'gap account.execution']);
  expect(world.published.news()).toEqual([]);
});

test('pushes are told while nobody knows yet what was told before, but the account is not live', async () => {
  const world = setUp();
  const memory = new Remembered();
  world.upstream.remember(memory);
  world.account.place('BTCUSDT', 'Buy', 1);
  await live(world);
  world.account.transfer('BTC', 1);
  world.account.deliver();
  world.clock.advance(3000);
  await settled();
  expect(world.published.news()).toEqual(['push BTC 1.00']);
  expect(world.upstream.report().state).toBe('connecting');
  expect(memory.progress).toEqual([]);

  memory.answer({ facts: [], toldUntil: null });
  for (let i = 0; i < 20; i++) await settled();
  expect(world.published.news()).toEqual(['sync order order-1 New 0']);
  expect(world.upstream.report().state).toBe('live');
});

test('is asked once, until the account is followed anew', async () => {
  const world = setUp();
  const memory = new Remembered();
  world.upstream.remember(memory);
  await live(world);
  world.account.disconnect();
  world.exchange.newest.drop();
  world.clock.advance(1000);
  await open(world);
  expect(memory.asked).toBe(1);

  const late = memory.answer;
  world.demand.release('account');
  await settled();
  world.demand.names.clear();
  await live(world);
  expect(memory.asked).toBe(2);
  // The first answer is nobody's any more.
  late({ facts: [], toldUntil: 0 });
  for (let i = 0; i < 20; i++) await settled();
  expect(world.upstream.report().state).toBe('connecting');
});

test('hears after every comparison how far everything was told, and which orders will never be', async () => {
  const { world, memory } = await secondOf(({ account }) => account.orders.delete('order-1'));
  for (let i = 0; i < 9; i++) {
    world.clock.advance(60_000);
    for (let j = 0; j < 20; j++) await settled();
  }
  const [first, ...later] = memory.progress;
  expect(first?.lostOrders).toEqual(['order-1']);
  expect([...(first?.places.keys() ?? [])]).toEqual(ALL);
  expect(later.length).toBeGreaterThan(0);
  expect(later.at(-1)).toMatchObject({ lostOrders: [], toldUntil: (world.upstream.report().lastSyncAt ?? 0) - MINUTE });
});

test('what is told here is newer than what is remembered of it', () => {
  const known = new KnownAccount();
  const order = { id: 'o', status: 'New', filledQuantity: '2', updatedAt: 5, origin: 'push' };
  const position = { market: 'futures', symbol: 'X', positionIndex: 0, side: 'long', sequence: 7, updatedAt: 5, origin: 'push' };
  const coin = { coin: 'BTC', walletBalance: '5' };
  const items = [
    { kind: 'order', item: order },
    { kind: 'position', item: position },
    { kind: 'balance', item: { coins: [coin] } },
  ] as unknown as AccountItem[];
  const older = [
    { kind: 'order', item: { ...order, filledQuantity: '1', updatedAt: 4 } },
    { kind: 'position', item: { ...position, side: 'flat', sequence: 6, updatedAt: 4 } },
    { kind: 'balance', item: { coins: [{ ...coin, walletBalance: '4' }] } },
  ] as unknown as AccountItem[];
  for (const { kind, item } of items) {
    if (kind === 'order') known.order(item);
    else if (kind === 'position') known.position(item);
    else if (kind === 'balance') known.pushedBalance(item, 5);
  }
  known.recall(older.flatMap((item) => factsOf(item, 4)));
  expect(known.orderOf('o')).toBe(order);
  expect(known.positionAt(position as AccountPosition)).toBe(position);
  const same = { coins: [coin] } as unknown as Parameters<KnownAccount['fetchedBalance']>[0];
  expect(known.fetchedBalance(same, 6, false)).toBeUndefined();
});

test('an execution, a closed order and a flat position have ended; a coin never has', () => {
  const order = { id: 'o', updatedAt: 1 };
  const position = { market: 'spot', symbol: 'X', positionIndex: 2, updatedAt: 2 };
  const events = [
    { kind: 'order', item: { ...order, status: 'New' } },
    { kind: 'order', item: { ...order, status: 'Cancelled' } },
    { kind: 'position', item: { ...position, side: 'short' } },
    { kind: 'position', item: { ...position, side: 'flat' } },
    { kind: 'execution', item: { id: 'e', time: 3, price: '1' } },
    { kind: 'balance', item: { coins: [{ coin: 'A' }, { coin: 'B', walletBalance: '0' }] } },
  ] as unknown as AccountItem[];
  expect(events.flatMap((event) => factsOf(event, 4)).map(({ name, at, ended }) => [name, at, ended])).toEqual([
    ['o', 1, false],
    ['o', 1, true],
    ['spot X 2', 2, false],
    ['spot X 2', 2, true],
    ['e', 3, true],
    ['A', 4, false],
    ['B', 4, false],
  ]);
});

test('when more orders came and went than the exchange tells at once, that is a gap', async () => {
  const { world } = await secondOf(({ account, clock }) => {
    account.pageLength = 1;
    clock.advance(DAY);
    for (let i = 0; i < 150; i++) account.cancel(account.place('SOLUSDT', 'Sell', 1));
    clock.advance(DAY);
  });
  const told = world.published.news().filter((words) => words.includes('Cancelled')).length;
  expect(told).toBeGreaterThanOrEqual(100);
  expect(told).toBeLessThan(150);
  expect(gaps(world)).toEqual(['gap account.order', 'gap account.execution']);
});

test('all of many orders that came and went while nobody looked are told', async () => {
  const { world } = await secondOf(({ account, clock }) => {
    account.pageLength = 1;
    for (let i = 0; i < 50; i++) account.cancel(account.place('SOLUSDT', 'Sell', 1));
    clock.advance(DAY);
  });
  const placed = Array.from({ length: 50 }, (_, i) => `sync order order-${i + 5} Cancelled 0`);
  expect(world.published.news()).toEqual(placed);
  expect(gaps(world)).toEqual([]);
});

test('a clock that is set forward does not count what is still to happen as told', async () => {
  const world = setUp();
  const memory = new Remembered({ facts: [], toldUntil: null });
  world.upstream.remember(memory);
  world.account.judgesTime = true;
  await live(world);
  world.clock.jump(60 * MINUTE);
  world.account.aheadMs -= 60 * MINUTE;
  world.clock.advance(2 * MINUTE);
  for (let i = 0; i < 20; i++) await settled();
  expect(memory.progress).toHaveLength(2);
  expect(memory.progress.at(-1)?.toldUntil).toBeLessThanOrEqual(world.account.time - MINUTE);
});

test('what another version remembered without a field of ours is compared all the same', () => {
  const position = {
    market: 'futures',
    symbol: 'X',
    positionIndex: 0,
    side: 'long',
    size: '1',
    sequence: 7,
    updatedAt: 5,
    origin: 'push',
  };
  const known = new KnownAccount();
  known.recall(factsOf({ kind: 'position', item: position } as unknown as AccountItem, 5));
  const now = { ...position, updatedAt: 6, origin: 'sync', entryPrice: null, leverage: null, takeProfit: null, stopLoss: null };
  expect(known.position(now as unknown as AccountPosition)).toBe(false);
  expect(known.position({ ...now, updatedAt: 7, leverage: '10' } as unknown as AccountPosition)).toBe(true);
});

test('as many executions and closed orders as the exchange tells at once are told once', () => {
  const known = new KnownAccount();
  const look = () => {
    let told = 0;
    for (let i = 0; i < 40_000; i++) if (known.execution({ id: `e${i}` } as AccountExecution)) told++;
    for (let i = 0; i < 20_000; i++) {
      const order = { id: `o${i}`, status: 'Cancelled', filledQuantity: '0', updatedAt: 1, origin: 'sync' };
      if (known.order(order as AccountOrder)) told++;
    }
    return told;
  };
  expect([look(), look()]).toEqual([60_000, 0]);
});
