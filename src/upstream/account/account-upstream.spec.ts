import { inspect } from 'node:util';
import { ALL, Demanded, drop, live, MINUTE, open, Published, reconnect, setUp } from '../../../test/support/account-world';
import { FakeExchange } from '../../../test/support/fake-exchange';
import { ManualClock } from '../../../test/support/manual-clock';
import { ModelAccount } from '../../../test/support/model-account';
import { settled } from '../../../test/support/settled';
import { RestError } from '../rest';
import { AccountUpstream } from './account-upstream';

test('nothing is dialled before somebody wants a stream of the account, and nothing after the last one has left', async () => {
  const world = setUp();
  world.demand.want('futures.ticker.BTCUSDT');
  await settled();
  expect(world.exchange.sockets).toHaveLength(0);
  await live(world);
  expect(world.exchange.sockets.map(({ url }) => url)).toEqual(['ws://exchange/v5/private']);
  expect(world.upstream.report()).toMatchObject({ configured: true, state: 'live', reason: '', breaker: 'closed' });
  world.demand.unwant(...ALL);
  world.clock.advance(4999);
  expect(world.exchange.newest.ended).toBeUndefined();
  world.clock.advance(1);
  expect(world.exchange.newest.ended).toBe('close');
  expect(world.upstream.report()).toMatchObject({ state: 'off' });
  expect(world.clock.timers).toBe(0);
});

test('a stream that is wanted again in time is kept', async () => {
  const world = setUp();
  await live(world);
  world.demand.unwant(...ALL);
  world.clock.advance(4000);
  world.demand.want('account.order');
  world.clock.advance(4000);
  expect(world.published.take().filter((call) => call.startsWith('close'))).toEqual(ALL.slice(1).map((name) => `close ${name}`));
  expect(world.exchange.newest.ended).toBeUndefined();
  await world.upstream.stop();
  expect(world.clock.timers).toBe(0);
});

test('streams are pending, then live when the exchange has taken the subscription', async () => {
  const world = setUp();
  world.demand.want('account.order');
  expect(world.published.take()).toEqual(['open account.order', 'pending account.order']);
  await open(world);
  expect(world.published.take()).toEqual(['live account.order', 'gap account.order', 'market account live']);
  expect(world.exchange.newest.requests('subscribe').map(({ args }) => args)).toEqual([
    ['order', 'execution', 'position', 'wallet'],
  ]);
});

test('signs by the exchange’s clock', async () => {
  const world = setUp({ aheadMs: 3_600_000 });
  await live(world);
  expect(world.upstream.report().state).toBe('live');
  const [auth] = world.exchange.newest.requests('auth');
  expect(Number(auth?.args?.[1])).toBe(world.account.time + 10_000);
  expect(world.account.headers[0]).toMatchObject({ 'X-BAPI-TIMESTAMP': String(world.account.time) });
});

test('a wrong time is measured anew once', async () => {
  const world = setUp();
  await live(world);
  world.account.aheadMs = 120_000;
  await reconnect(world, () => undefined);
  expect(world.exchange.newest.requests('auth')).toHaveLength(2);
  expect(world.upstream.report()).toMatchObject({ state: 'live', reconnects: 1 });
});

test('the first look tells everything that there is', async () => {
  const world = setUp();
  const kept = world.account.place('BTCUSDT', 'Buy', 3);
  world.clock.advance(1);
  world.account.fill(kept, 1);
  world.account.transfer('BTC', -0.5);
  await live(world);
  expect(world.published.news().sort()).toEqual([
    'sync USDT -0.01,BTC -0.50',
    'sync execution-2 1',
    'sync order order-1 PartiallyFilled 1',
    'sync position BTCUSDT long 1',
  ]);
});

test('the first look tells a gap in place of what nobody saw: orders and executions of more than ten minutes before it', async () => {
  const world = setUp();
  for (const minutes of [2, 9]) {
    world.account.fill(world.account.place('BTCUSDT', 'Buy', 1), 1);
    world.clock.advance(minutes * MINUTE);
  }
  await live(world);
  const gaps = () => world.published.take().filter((call) => call.startsWith('gap'));
  expect(gaps()).toEqual(['gap account.order', 'gap account.execution']);
  expect(world.published.news().filter((one) => / (order|execution)/.test(one))).toEqual([
    'sync execution-4 1',
    'sync order order-3 Filled 1',
  ]);
  await reconnect(world, () => world.clock.advance(60 * MINUTE));
  expect(gaps()).toEqual([]);
  expect(world.upstream.report().state).toBe('live');
});

test('a stream that begins later has a gap of its own, and the others miss nothing of an outage before it', async () => {
  const world = setUp();
  world.demand.want('account.execution');
  await open(world);
  world.published.take();
  await drop(world);
  world.account.fill(world.account.place('BTCUSDT', 'Buy', 1), 1);
  world.clock.advance(20 * MINUTE);
  world.demand.want('account.order');
  await open(world);
  expect(world.published.take().filter((call) => call.startsWith('gap'))).toEqual(['gap account.order']);
  expect(world.published.news()).toContain('sync execution-2 1');
});

test('pushes are told as they come, one message per item', async () => {
  const world = setUp();
  await live(world);
  const order = world.account.place('BTCUSDT', 'Sell', 2);
  world.clock.advance(1);
  world.account.fill(order, 2);
  world.account.deliver();
  expect(world.published.news()).toEqual([
    'push order order-1 New 0',
    'push execution-2 2',
    'push order order-1 Filled 2',
    'push position BTCUSDT short 2',
    'push USDT -0.01',
  ]);
  expect(world.upstream.report().events).toEqual({
    'order.push': 2,
    'execution.push': 1,
    'position.push': 1,
    'balance.push': 1,
  });
});

test('what was not pushed while the connection was lost is found, each execution once', async () => {
  const world = setUp();
  await live(world);
  const [filled, cancelled, kept] = [1, 1, 5].map((quantity) => world.account.place('BTCUSDT', 'Buy', quantity));
  world.account.deliver();
  world.published.news();
  await reconnect(world, () => {
    world.clock.advance(1);
    world.account.fill(filled ?? '', 1);
    world.account.cancel(cancelled ?? '');
    world.clock.advance(1);
    world.account.fill(kept ?? '', 2);
    world.clock.advance(1);
    world.account.cancel(world.account.place('ETHUSDT', 'Buy', 1));
  });
  const news = world.published.news();
  expect(news.filter((one) => one.includes('execution'))).toEqual(['sync execution-4 1', 'sync execution-5 2']);
  expect(news.filter((one) => one.includes(' order '))).toEqual(
    expect.arrayContaining([
      'sync order order-1 Filled 1',
      'sync order order-2 Cancelled 0',
      'sync order order-3 PartiallyFilled 2',
      'sync order order-6 Cancelled 0',
    ]),
  );
  expect(news).toContain('sync position BTCUSDT long 3');
  expect(news).toContain('sync USDT -0.02');
  expect(news).toHaveLength(8);
});

test('a position that was closed meanwhile is flat, and a coin that is gone is nothing', async () => {
  const world = setUp();
  world.account.transfer('BTC', 1);
  world.account.fill(world.account.place('BTCUSDT', 'Buy', 1), 1);
  await live(world);
  world.published.news();
  await reconnect(world, () => {
    world.clock.advance(1);
    world.account.fill(world.account.place('BTCUSDT', 'Sell', 1), 1);
    world.account.coins.delete('BTC');
  });
  expect(world.published.news()).toEqual(expect.arrayContaining(['sync position BTCUSDT flat 0', 'sync USDT -0.02,BTC 0']));
});

test('a position of which the exchange shows nothing any more is flat', async () => {
  const world = setUp();
  world.account.fill(world.account.place('BTC-27MAR26-70000-P', 'Buy', 1), 1);
  await live(world);
  world.published.news();
  await reconnect(world, () => world.account.positions.clear());
  expect(world.published.news()).toEqual(['sync position BTC-27MAR26-70000-P flat 0']);
});

test('a comparison that finds nothing new tells nothing', async () => {
  const world = setUp();
  await live(world);
  world.account.fill(world.account.place('BTCUSDT', 'Buy', 2), 1);
  world.account.deliver();
  world.published.news();
  await reconnect(world, () => undefined);
  expect(world.published.news()).toEqual([]);
  expect(world.published.take().slice(-3)).toEqual([
    'market account stale: upstream disconnected',
    'market account resyncing: upstream connected again',
    'market account live',
  ]);
});

test('a push that comes after a comparison has told something newer is not told, but counted', async () => {
  const world = setUp();
  await live(world);
  const order = world.account.place('BTCUSDT', 'Buy', 3);
  for (let i = 0; i < 2; i++) {
    world.clock.advance(1);
    world.account.fill(order, 1);
  }
  for (let i = 0; i < 6; i++) {
    world.clock.advance(20_000);
    for (let j = 0; j < 20; j++) await settled();
  }
  expect(world.published.news().sort()).toEqual([
    'sync USDT -0.02',
    'sync execution-2 1',
    'sync execution-3 1',
    'sync order order-1 PartiallyFilled 2',
    'sync position BTCUSDT long 2',
  ]);
  world.account.deliver();
  expect(world.published.news()).toEqual([]);
  expect(world.upstream.report().outdated).toEqual({ order: 3, execution: 2, position: 2, balance: 2 });
  world.account.cancel(order);
  world.account.deliver();
  expect(world.published.news()).toEqual(['push order order-1 Cancelled 2']);
});

test('a comparison that fails is made again, and what is pushed is told meanwhile', async () => {
  const world = setUp();
  world.account.failure = new RestError('HTTP 503 from /v5/order/realtime');
  await live(world);
  world.account.place('BTCUSDT', 'Buy', 1);
  world.account.deliver();
  expect(world.published.news()).toEqual(['push order order-1 New 0']);
  expect(world.upstream.report()).toMatchObject({
    state: 'stale',
    reason: 'the account could not be compared with the exchange: HTTP 503 from /v5/order/realtime',
    syncs: { partial: 1 },
  });
  world.account.failure = undefined;
  world.clock.advance(500);
  for (let i = 0; i < 20; i++) await settled();
  expect(world.upstream.report()).toMatchObject({ state: 'live', reason: '', syncs: { partial: 1, ok: 1 } });
});

test('a push that the exchange lost is found two minutes later at the latest', async () => {
  const world = setUp();
  await live(world);
  const order = world.account.place('BTCUSDT', 'Buy', 1);
  world.account.deliver();
  world.clock.advance(1);
  world.account.cancel(order);
  const socket = world.exchange.newest;
  world.account.disconnect();
  world.published.news();
  for (let i = 0; i < 6; i++) {
    world.clock.advance(20_000);
    await settled();
  }
  for (let i = 0; i < 20; i++) await settled();
  expect(world.exchange.newest).toBe(socket);
  expect(world.published.news()).toEqual(['sync order order-1 Cancelled 0']);
});

test('an order that the exchange does not know at once is looked for again, and given up with a gap in the end', async () => {
  const world = setUp();
  await live(world);
  world.account.place('BTCUSDT', 'Buy', 1);
  world.account.deliver();
  await reconnect(world, () => world.account.orders.clear());
  expect(world.upstream.report().state).toBe('stale');
  world.published.take();
  for (let i = 0; i < 5; i++) {
    world.clock.advance(60_000);
    for (let j = 0; j < 20; j++) await settled();
    if (world.upstream.report().state === 'live') break;
  }
  expect(world.upstream.report().state).toBe('live');
  expect(world.published.take()).toContain('gap account.order');
});

test('pages are read to the end, with the cursor as it was given', async () => {
  const world = setUp();
  world.account.pageLength = 2;
  for (let i = 0; i < 5; i++) world.account.place('BTCUSDT', 'Buy', 1);
  await live(world);
  expect(world.published.news()).toHaveLength(5);
  expect(world.account.paths).toContain('/v5/order/realtime?category=linear&settleCoin=USDT&limit=50&cursor=from%3A2');
});

test('a stream that is wanted later is told all that is known', async () => {
  const world = setUp();
  world.account.place('BTCUSDT', 'Buy', 1);
  world.demand.want('account.balance');
  await open(world);
  expect(world.published.news()).toEqual([]);
  world.demand.want('account.order');
  for (let i = 0; i < 20; i++) await settled();
  expect(world.published.news()).toEqual(['sync order order-1 New 0']);
});

test('malformed items are counted and stop nothing', async () => {
  const world = setUp();
  await live(world);
  world.exchange.newest.say({ topic: 'position', creationTime: 1, data: [{ symbol: 'X' }, null] });
  world.exchange.newest.say({ topic: 'greeks', data: [] });
  world.exchange.newest.text('nonsense');
  expect(world.upstream.report().bad).toEqual({ wrong_shape: 2, unknown_topic: 1, not_json: 1 });
  expect(world.upstream.report().state).toBe('live');
});

describe('a key that the exchange refuses', () => {
  test('is tried again after five minutes, then ten, at most every hour', async () => {
    const world = setUp();
    world.account.refusal = 'Invalid apikey';
    await live(world);
    expect(world.upstream.report()).toMatchObject({
      state: 'refused',
      reason: 'the exchange refused the API key: Invalid apikey',
      breaker: 'open',
    });
    expect(world.published.take()).toContain('refused account.order: the exchange refused the API key: Invalid apikey');
    const tries: number[] = [];
    let at = world.clock.monotonic();
    for (let minute = 0; minute < 240; minute++) {
      const before = world.exchange.sockets.length;
      world.clock.advance(MINUTE);
      await settled();
      if (world.exchange.sockets.length === before) continue;
      tries.push((world.clock.monotonic() - at) / MINUTE);
      at = world.clock.monotonic();
      await open(world);
    }
    expect(tries).toEqual([5, 10, 20, 40, 60, 60]);
    expect(world.account.paths.filter((path) => path !== '/v5/market/time')).toEqual([]);
  });

  test('is taken again when it is good', async () => {
    const world = setUp();
    world.account.refusal = 'Invalid apikey';
    await live(world);
    world.account.refusal = undefined;
    world.clock.advance(5 * MINUTE);
    await open(world);
    expect(world.upstream.report()).toMatchObject({ state: 'live', reason: '', breaker: 'closed' });
    expect(
      world.published
        .take()
        .filter((call) => call.startsWith('market'))
        .slice(-2),
    ).toEqual(['market account resyncing: upstream connected again', 'market account live']);
  });

  test.each([
    [10003, 'API key is invalid.', 'it does not know it'],
    [10004, 'Error sign', 'wrong signature, so the secret is another one'],
    [10005, 'Permission denied', 'it may not read the account'],
    [33004, 'Your api key has expired.', 'it has expired'],
  ])('code %i of REST closes the connection too', async (code, words, reason) => {
    const world = setUp();
    world.account.retCode = code;
    world.account.retMsg = words;
    await live(world);
    expect(world.upstream.report()).toMatchObject({
      state: 'refused',
      reason: `the exchange refused the API key: ${reason}`,
      breaker: 'open',
    });
    expect(world.exchange.newest.ended).toBe('close');
    const calls = world.account.paths.length;
    world.clock.advance(4 * MINUTE);
    await settled();
    expect(world.account.paths).toHaveLength(calls);
    expect(world.exchange.sockets).toHaveLength(1);
    await expect(world.upstream.syncBalances()).rejects.toMatchObject({ name: 'AccountError', reason: 'refused' });
  });

  test('is not tried at once when somebody else wants the account', async () => {
    const world = setUp();
    world.account.refusal = 'Invalid apikey';
    await live(world);
    world.demand.unwant(...ALL);
    world.clock.advance(5000);
    world.published.take();
    world.demand.want('account.order');
    await settled();
    expect(world.exchange.sockets).toHaveLength(1);
    expect(world.upstream.report().state).toBe('refused');
    expect(world.published.take()).toContain('refused account.order: the exchange refused the API key: Invalid apikey');
  });

  test('a time that stays wrong counts as refused', async () => {
    const world = setUp();
    world.account.refusal = 'Params Error';
    await live(world);
    expect(world.exchange.newest.requests('auth')).toHaveLength(2);
    expect(world.upstream.report().state).toBe('refused');
  });
});

test('credentials are in no log, no report and no options that are looked at', async () => {
  const world = setUp();
  world.account.refusal = 'Invalid apikey';
  await live(world);
  world.account.refusal = undefined;
  world.clock.advance(5 * MINUTE);
  await open(world);
  await drop(world);
  const shown = [
    ...world.logged,
    JSON.stringify([world.options, world.upstream.report()]),
    inspect(world.options, { depth: null, showHidden: true }),
    inspect(world.upstream, { depth: 8 }),
  ].join('\n');
  expect(world.logged.length).toBeGreaterThan(2);
  expect(shown).not.toMatch(/my-key|my-secret/);
});

test('a connection that does not answer pings is replaced', async () => {
  const world = setUp();
  await live(world);
  world.account.mute = true;
  world.clock.advance(50_000);
  expect(world.exchange.sockets[0]?.ended).toBe('terminate');
  expect(world.upstream.report()).toMatchObject({ state: 'stale', reason: 'upstream not answering' });
});

test('an exchange that does not answer to who we are costs the connection', async () => {
  const clock = new ManualClock();
  const exchange = new FakeExchange(() => undefined);
  const demand = new Demanded();
  const published = new Published();
  const account = new ModelAccount(clock);
  const world = { ...setUp(), exchange, clock, demand };
  const upstream = new AccountUpstream(world.options, {
    demand,
    publisher: published,
    clock,
    random: () => 0.5,
    log: { info: () => undefined, warn: () => undefined },
    dial: exchange.dial,
    fetchJson: account.fetchJson,
  });
  upstream.start();
  await live(world);
  clock.advance(5000);
  expect(exchange.newest.ended).toBe('terminate');
  expect(upstream.report()).toMatchObject({ state: 'stale', reason: 'upstream not answering' });
});

describe('balances now', () => {
  test('are fetched and told, all of them', async () => {
    const world = setUp();
    world.account.transfer('BTC', 1);
    await live(world);
    world.published.news();
    await expect(world.upstream.syncBalances()).resolves.toEqual({ coins: ['BTC'] });
    expect(world.published.news()).toEqual(['sync BTC 1.00']);
  });

  test('say that the exchange does not answer', async () => {
    const world = setUp();
    await live(world);
    world.account.failure = new RestError('HTTP 503 from /v5/account/wallet-balance');
    await expect(world.upstream.syncBalances()).rejects.toMatchObject({
      name: 'AccountError',
      reason: 'unreachable',
      message: 'HTTP 503 from /v5/account/wallet-balance',
    });
  });

  test('respect a limit: no call for ten minutes', async () => {
    const world = setUp();
    await live(world);
    world.account.failure = new RestError('HTTP 403', true);
    await expect(world.upstream.syncBalances()).rejects.toMatchObject({ reason: 'limited' });
    world.account.failure = undefined;
    const signed = world.account.headers.length;
    await expect(world.upstream.syncBalances()).rejects.toMatchObject({ reason: 'limited' });
    expect(world.account.headers).toHaveLength(signed);
    for (let i = 0; i < 31; i++) {
      world.clock.advance(20_000);
      for (let j = 0; j < 5; j++) await settled();
    }
    await expect(world.upstream.syncBalances()).resolves.toEqual({ coins: [] });
  });

  test('are fetched where the account is not followed, and told to nobody', async () => {
    const world = setUp();
    world.account.transfer('BTC', 1);
    await expect(world.upstream.wallet()).resolves.toMatchObject({
      balance: { coins: [{ coin: 'BTC', walletBalance: '1.00' }] },
    });
    expect([world.published.take(), world.exchange.sockets]).toEqual([[], []]);
    await expect(setUp({ configured: false }).upstream.wallet()).rejects.toMatchObject({ reason: 'off' });
  });

  test('are refused where no account is followed', async () => {
    await expect(setUp().upstream.syncBalances()).rejects.toMatchObject({ reason: 'off' });
    await expect(setUp({ configured: false }).upstream.syncBalances()).rejects.toMatchObject({
      reason: 'off',
      message: 'No account is configured.',
    });
  });
});

test('without credentials streams are refused and nothing is dialled', async () => {
  const world = setUp({ configured: false });
  world.demand.want('account.order');
  await settled();
  expect(world.published.take()).toContain('refused account.order: No account is configured.');
  expect(world.exchange.sockets).toHaveLength(0);
  expect(world.upstream.report()).toMatchObject({ configured: false, state: 'off' });
});

test('an account that another replica follows is forgotten without a word', async () => {
  const world = setUp();
  await live(world);
  world.published.take();
  world.demand.release('account');
  expect(world.published.take()).toEqual(ALL.map((name) => `forget ${name}`));
  expect(world.exchange.newest.ended).toBe('close');
  expect(world.clock.timers).toBe(0);
  expect(world.upstream.report().state).toBe('off');
});

test('an account that another replica followed is not well before it was compared', async () => {
  const world = setUp();
  world.demand.takeOver('account', 'replica gone');
  await live(world);
  expect(world.published.take().filter((call) => call.startsWith('market'))).toEqual([
    'market account stale: replica gone',
    'market account live',
  ]);
});

test('stop closes the socket and leaves no timer', async () => {
  const world = setUp();
  await live(world);
  await world.upstream.stop();
  expect(world.exchange.newest.ended).toBe('close');
  expect(world.clock.timers).toBe(0);
});
