import { drop, live, open, setUp, type World } from '../../../test/support/account-world';
import { settled } from '../../../test/support/settled';

/** An account that is followed, and its order of 3 BTCUSDT, of which nothing is filled. */
async function withOrder(): Promise<{ world: World; order: string }> {
  const world = setUp();
  await live(world);
  const order = world.account.place('BTCUSDT', 'Buy', 3);
  world.account.deliver();
  world.published.news();
  return { world, order };
}

/** Being compared by an exchange that does not answer yet: of its order one fill was missed, and the next one is pushed. */
async function comparing(): Promise<World> {
  const { world, order } = await withOrder();
  await drop(world);
  world.account.fill(order, 1);
  world.account.slow = true;
  world.clock.advance(1000);
  await open(world);
  world.account.fill(order, 1);
  world.account.deliver();
  return world;
}

/** The exchange answers what it was asked, and from now on at once. */
function answerAll({ account }: World): void {
  account.slow = false;
  while (account.answersUnderWay > 0) account.answer();
}

/** Executions that were told since the last time. */
function executions({ published }: World): string[] {
  return published.news().filter((one) => one.includes('execution'));
}

/** Lets a comparison that is answered come to its end. */
async function compared(): Promise<void> {
  for (let i = 0; i < 20; i++) await settled();
}

test('what is pushed during the comparison is told after what happened before it, and no older answer overrides it', async () => {
  const { world, order } = await withOrder();
  await drop(world);
  world.clock.advance(1);
  world.account.fill(order, 1);
  world.account.slow = true;
  world.clock.advance(1000);
  await open(world);
  world.clock.advance(1);
  world.account.fill(order, 2);
  world.account.deliver();
  expect(world.published.news()).toEqual([]);
  world.account.slow = false;
  while (world.account.answersUnderWay > 0) {
    world.account.answer();
    await settled();
  }
  await compared();
  expect(world.published.news()).toEqual([
    'sync execution-2 1',
    'push execution-3 2',
    'push order order-1 Filled 3',
    'push position BTCUSDT long 3',
    'push USDT -0.02',
  ]);
  expect(world.upstream.report().state).toBe('live');
});

test('what is pushed before the subscription is acknowledged waits for the comparison too', async () => {
  const { world, order } = await withOrder();
  await drop(world);
  world.clock.advance(1);
  world.account.fill(order, 1);
  world.account.slowAcks = true;
  world.clock.advance(1000);
  await open(world);
  world.account.fill(order, 1);
  world.account.deliver();
  expect(world.published.news()).toEqual([]);
  world.account.acknowledge();
  await compared();
  expect(executions(world)).toEqual(['sync execution-2 1', 'push execution-3 1']);
});

test('executions of one millisecond are told by their sequence, whichever of them was pushed', async () => {
  const { world, order } = await withOrder();
  await drop(world);
  world.clock.advance(1000);
  world.account.slowAcks = true;
  await open(world);
  world.account.fill(order, 1);
  while (world.account.pushesUnderWay > 0) world.account.lose(0);
  world.account.fill(order, 1);
  world.account.deliver();
  world.account.acknowledge();
  await compared();
  expect(executions(world)).toEqual(['sync execution-2 1', 'push execution-3 1']);
});

test('pushes do not wait longer than three seconds for a REST interface that does not answer', async () => {
  const world = setUp();
  world.account.slow = true;
  await live(world);
  world.account.place('BTCUSDT', 'Buy', 1);
  world.account.deliver();
  world.clock.advance(2999);
  expect(world.published.news()).toEqual([]);
  world.clock.advance(1);
  expect(world.published.news()).toEqual(['push order order-1 New 0']);
  expect(world.upstream.report().state).toBe('connecting');
});

test('executions wait up to ten seconds for those that happened before them', async () => {
  const world = await comparing();
  world.clock.advance(9_999);
  await settled();
  expect(executions(world)).toEqual([]);
  answerAll(world);
  await compared();
  expect(executions(world)).toEqual(['sync execution-2 1', 'push execution-3 1']);
});

test('executions wait also when the connection is lost before it was found out what happened before them', async () => {
  const world = await comparing();
  await drop(world);
  answerAll(world);
  world.clock.advance(1000);
  await open(world);
  expect(executions(world)).toEqual(['sync execution-2 1', 'push execution-3 1']);
});

test('executions wait no longer than ten seconds', async () => {
  const world = setUp();
  world.account.slow = true;
  await live(world);
  world.account.fill(world.account.place('BTCUSDT', 'Buy', 1), 1);
  world.account.deliver();
  world.clock.advance(9_999);
  expect(executions(world)).toEqual([]);
  world.clock.advance(1);
  expect(executions(world)).toEqual(['push execution-2 1']);
});
