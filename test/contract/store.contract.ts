import fc from 'fast-check';
import type { OpenedStore } from '../../src/store/sql-store';
import { type NewSubscription, type OutboxEvent, type ServiceSubscription, StoreUnavailable } from '../../src/store/store';
import type { AccountBalance, AccountFact, CoinBalance, MarginBalance } from '../../src/streams/account';
import type { ManualClock } from '../support/manual-clock';
import { untilAvailable } from '../support/store';

/** A store that is started, on the clock its times come from. */
export interface StartedStore {
  readonly store: OpenedStore;
  readonly clock: ManualClock;
  /** Removes every row. */
  empty(): Promise<void>;
}

const EVERYTHING = { limit: 1000, offset: 0 };
const NO_AMOUNTS: Omit<CoinBalance, 'coin' | 'walletBalance'> = {
  equity: null,
  locked: null,
  borrowed: null,
  accruedInterest: null,
  unrealisedPnl: null,
  realisedPnl: null,
  usdValue: null,
};
const NO_MARGIN: MarginBalance = {
  totalEquity: null,
  totalWalletBalance: null,
  totalMarginBalance: null,
  totalAvailableBalance: null,
  totalUnrealisedPnl: null,
  totalInitialMargin: null,
  totalMaintenanceMargin: null,
};

function ticker(symbol: string, requestingService = 'pricing'): NewSubscription {
  return { channelType: 'ticker', symbol, market: 'futures', topic: `futures.ticker.${symbol}`, requestingService };
}

function event(seq: number, { stream = 'account.order', epoch = 'e1' } = {}): OutboxEvent {
  return {
    messageId: `${stream}:${epoch}:${seq}`,
    stream,
    epoch,
    seq,
    routingKey: 'order.futures.BTCUSDT',
    traceId: 'f'.repeat(32),
    body: `{ "number" : ${seq} }`,
  };
}

function events(from: number, to: number, line = {}): OutboxEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => event(from + i, line));
}

/** One push of the wallet, as an event. */
function wallet(seq: number, timestamp: number, coins: readonly CoinBalance[], margin = NO_MARGIN): OutboxEvent {
  const payload: AccountBalance = { accountType: 'UNIFIED', margin, coins, origin: 'push' };
  return { ...event(seq, { stream: 'account.balance' }), balance: { payload, timestamp } };
}

function coin(name: string, walletBalance: string): CoinBalance {
  return { coin: name, walletBalance, ...NO_AMOUNTS };
}

/** What every store must do, whatever database keeps it. */
export function describeStore(name: string, start: () => Promise<StartedStore>, patienceMs: number): void {
  describe(`${name}, as a Store`, () => {
    let started: StartedStore;
    let store: OpenedStore;
    let clock: ManualClock;

    beforeAll(async () => {
      started = await start();
      ({ store, clock } = started);
    }, patienceMs);
    beforeEach(() => started.empty());
    afterAll(() => store.stop());

    async function added(subscription: NewSubscription): Promise<ServiceSubscription> {
      const row = await store.subscriptions.add(subscription);
      if (row === 'exists') throw new Error('it exists');
      return row;
    }

    describe('subscriptions', () => {
      it('come back as they were added, with an id and the time', async () => {
        const asked: NewSubscription = {
          channelType: 'balance',
          symbol: null,
          market: 'account',
          topic: 'account.balance',
          requestingService: 'ledger',
        };
        const now = clock.now();
        const row = await added(asked);
        expect(row).toEqual({ ...asked, id: row.id, isActive: true, createdAt: now, updatedAt: now, lastEventAt: null });
        expect(row.id).toMatch(/^[0-9a-f-]{36}$/);
        expect(await store.subscriptions.find(row.id)).toEqual(row);
        expect(await store.subscriptions.active()).toEqual([row]);
      });

      it('of one service and topic there is one active one, also when many ask at once', async () => {
        const asked = await Promise.all(Array.from({ length: 8 }, () => store.subscriptions.add(ticker('BTCUSDT'))));
        expect(asked.filter((row) => row === 'exists')).toHaveLength(7);
        expect(await store.subscriptions.active()).toHaveLength(1);
        await added(ticker('BTCUSDT', 'another'));
        await added(ticker('ETHUSDT'));
      });

      it('are cancelled once, stay to be seen, and can be added again', async () => {
        const row = await added(ticker('BTCUSDT'));
        clock.advance(5);
        const cancelled = await store.subscriptions.cancel(row.id);
        expect(cancelled).toEqual({ ...row, isActive: false, updatedAt: row.updatedAt + 5 });
        expect(await store.subscriptions.cancel(row.id)).toBeUndefined();
        expect(await store.subscriptions.find(row.id)).toEqual(cancelled);
        expect((await added(ticker('BTCUSDT'))).id).not.toBe(row.id);
      });

      it('of a service are cancelled together, and nobody else’s', async () => {
        const mine = [await added(ticker('BTCUSDT')), await added(ticker('ETHUSDT'))];
        await store.subscriptions.cancel((await added(ticker('SOLUSDT'))).id);
        const others = await added(ticker('BTCUSDT', 'another'));
        const cancelled = await store.subscriptions.cancelAllOf('pricing');
        expect(cancelled.map(({ id }) => id).sort()).toEqual(mine.map(({ id }) => id).sort());
        expect(await store.subscriptions.active()).toEqual([others]);
        expect(await store.subscriptions.cancelAllOf('pricing')).toEqual([]);
      });

      it('have a mark that differs with each of them that is added or cancelled, in whatever millisecond, and with nothing else', async () => {
        const seen = new Set<string>();
        const differs = async () => {
          const mark = await store.subscriptions.mark();
          expect(await store.subscriptions.mark()).toBe(mark);
          const differed = !seen.has(mark);
          seen.add(mark);
          return differed;
        };
        expect(await differs()).toBe(true);
        const row = await added(ticker('BTCUSDT'));
        expect(await differs()).toBe(true);
        const other = await added(ticker('ETHUSDT'));
        expect(await differs()).toBe(true);
        await store.subscriptions.touch(new Map([[row.id, clock.now()]]));
        await store.subscriptions.add(ticker('BTCUSDT'));
        expect(await differs()).toBe(false);
        await store.subscriptions.cancel(row.id);
        await added(ticker('BTCUSDT'));
        expect(await differs()).toBe(true);
        await store.subscriptions.cancel(other.id);
        expect(await differs()).toBe(true);
        await store.subscriptions.cancel(other.id);
        expect(await differs()).toBe(false);
      });

      it('that are not there are not found, by whatever id', async () => {
        for (const id of ['3f0b9c1e-0000-4000-8000-000000000000', 'nonsense', '', "'; drop table subscriptions"]) {
          expect(await store.subscriptions.find(id)).toBeUndefined();
          expect(await store.subscriptions.cancel(id)).toBeUndefined();
        }
      });

      it('have the time of their newest event, which never goes back and is no change of theirs', async () => {
        const row = await added(ticker('BTCUSDT'));
        const other = await added(ticker('ETHUSDT'));
        await store.subscriptions.touch(new Map());
        await store.subscriptions.touch(new Map([[row.id, 1_700_000_000_123]]));
        await store.subscriptions.touch(
          new Map([
            [row.id, 1_700_000_000_122],
            [other.id, 5],
            ['3f0b9c1e-0000-4000-8000-000000000000', 7],
          ]),
        );
        expect(await store.subscriptions.find(row.id)).toEqual({ ...row, lastEventAt: 1_700_000_000_123 });
        expect(await store.subscriptions.find(other.id)).toEqual({ ...other, lastEventAt: 5 });
      });

      it('are what a list of them would be, whatever happens to them', async () => {
        const service = fc.constantFrom('a', 'b');
        const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', 'SOLUSDT');
        const pick = fc.nat({ max: 5 });
        const step = fc.oneof(
          { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), service, symbol, wait: fc.nat({ max: 1 }) }) },
          { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick }) },
          { weight: 1, arbitrary: fc.record({ do: fc.constant('cancelAllOf' as const), service }) },
          { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const), pick, at: fc.nat({ max: 9 }) }) },
        );
        const filter = fc.record(
          {
            requestingService: service,
            isActive: fc.boolean(),
            channelType: fc.constantFrom('ticker' as const, 'kline' as const),
          },
          { requiredKeys: [] },
        );
        const page = fc.record({ limit: fc.nat({ max: 4 }), offset: fc.nat({ max: 4 }) });
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 12 }), filter, page, async (steps, wanted, { limit, offset }) => {
            await started.empty();
            let model: ServiceSubscription[] = [];
            const cancel = (which: (row: ServiceSubscription) => boolean) => {
              const now = clock.now();
              model = model.map((row) => (row.isActive && which(row) ? { ...row, isActive: false, updatedAt: now } : row));
            };
            for (const move of steps) {
              const picked = 'pick' in move ? model[move.pick]?.id : undefined;
              if (move.do === 'add') {
                clock.advance(move.wait);
                const asked = ticker(move.symbol, move.service);
                const there = model.some(
                  (row) => row.isActive && row.topic === asked.topic && row.requestingService === asked.requestingService,
                );
                const row = await store.subscriptions.add(asked);
                expect(row === 'exists').toBe(there);
                if (row !== 'exists') model.push(row);
              } else if (move.do === 'cancelAllOf') {
                const before = model.filter((row) => row.isActive && row.requestingService === move.service).length;
                cancel((row) => row.requestingService === move.service);
                expect(await store.subscriptions.cancelAllOf(move.service)).toHaveLength(before);
              } else if (picked !== undefined && move.do === 'cancel') {
                cancel(({ id }) => id === picked);
                await store.subscriptions.cancel(picked);
              } else if (picked !== undefined && move.do === 'touch') {
                await store.subscriptions.touch(new Map([[picked, move.at]]));
                model = model.map((row) =>
                  row.id === picked ? { ...row, lastEventAt: Math.max(row.lastEventAt ?? 0, move.at) } : row,
                );
              }
            }
            const matching = model
              .filter((row) => wanted.requestingService === undefined || row.requestingService === wanted.requestingService)
              .filter((row) => wanted.isActive === undefined || row.isActive === wanted.isActive)
              .filter((row) => wanted.channelType === undefined || row.channelType === wanted.channelType)
              .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
            expect(await store.subscriptions.list(wanted, { limit, offset })).toEqual({
              subscriptions: matching.slice(offset, offset + limit),
              total: matching.length,
            });
          }),
          { numRuns: 15 },
        );
      });
    });

    describe('balances', () => {
      it('are exact, negative ones too, and come without zeros at their end', async () => {
        const amounts: Record<string, string> = {
          '0.1': '0.1',
          '0.100000000000000000': '0.1',
          '100': '100',
          '1.50': '1.5',
          '-0.00': '0',
          '-12.000000000000000001': '-12.000000000000000001',
          '0.000000000000000001': '0.000000000000000001',
          '-99999999999999999999.999999999999999999': '-99999999999999999999.999999999999999999',
          '99999999999999999999.9999999999999999999': '99999999999999999999.999999999999999999',
        };
        const coins = Object.keys(amounts).map((written, i) => ({ ...coin(`C${i}`, written), equity: written }));
        await store.outbox.keep([wallet(1, 1000, coins)]);
        const { balances } = await store.balances.latest({}, EVERYTHING);
        expect(balances.map(({ walletBalance }) => walletBalance)).toEqual(Object.values(amounts));
        expect(balances.map(({ equity }) => equity)).toEqual(Object.values(amounts));
      });

      it('come back with everything that was said', async () => {
        const all: CoinBalance = {
          coin: 'USDT',
          equity: '1',
          walletBalance: '-2.5',
          locked: '3',
          borrowed: '4',
          accruedInterest: '5',
          unrealisedPnl: '-6',
          realisedPnl: '7',
          usdValue: '8',
        };
        const margin: MarginBalance = {
          totalEquity: '1',
          totalWalletBalance: '2',
          totalMarginBalance: '3',
          totalAvailableBalance: '-4',
          totalUnrealisedPnl: '5',
          totalInitialMargin: null,
          totalMaintenanceMargin: '7',
        };
        await store.outbox.keep([wallet(1, 1234, [all], margin)]);
        const recordedAt = clock.now();
        const record = { ...all, accountType: 'UNIFIED', timestamp: 1234, recordedAt, traceId: 'f'.repeat(32) };
        expect(await store.balances.latest({}, EVERYTHING)).toEqual({
          balances: [record],
          total: 1,
          margin: { ...margin, accountType: 'UNIFIED', timestamp: 1234, recordedAt },
        });
        expect(await store.balances.history({}, EVERYTHING)).toEqual({ records: [record], total: 1 });
      });

      it('are recorded without an event, too', async () => {
        const balance: AccountBalance = {
          accountType: 'UNIFIED',
          margin: { ...NO_MARGIN, totalEquity: '3' },
          coins: [coin('BTC', '-1.50'), coin('XYZ', 'a lot')],
          origin: 'sync',
        };
        await store.balances.append(balance, 1234, null);
        const recordedAt = clock.now();
        expect(await store.balances.latest({}, EVERYTHING)).toMatchObject({
          balances: [{ coin: 'BTC', walletBalance: '-1.5', accountType: 'UNIFIED', timestamp: 1234, recordedAt, traceId: null }],
          total: 1,
          margin: { totalEquity: '3', timestamp: 1234 },
        });
        expect(await store.outbox.count()).toBe(0);
      });

      it('that no column holds are left out alone', async () => {
        const odd = { ...coin('BTC', '1'), equity: '', locked: '1e400', borrowed: '100000000000000000000' };
        await store.outbox.keep([wallet(1, 1000, [coin('XYZ', 'a lot'), odd]), wallet(2, 2000, [coin('ETH', '2')])]);
        const { balances } = await store.balances.latest({}, EVERYTHING);
        expect(balances).toMatchObject([
          { coin: 'BTC', walletBalance: '1', equity: null, locked: null, borrowed: null },
          { coin: 'ETH', walletBalance: '2' },
        ]);
        expect(await store.outbox.count()).toBe(2);
      });

      it('show the newest of each coin, by the time of the exchange', async () => {
        await store.outbox.keep([
          wallet(1, 3000, [coin('USDT', '3'), coin('BTC', '30')], { ...NO_MARGIN, totalEquity: '3' }),
          wallet(2, 1000, [coin('USDT', '1'), coin('aBTC', '5')], { ...NO_MARGIN, totalEquity: '1' }),
          wallet(3, 3000, [coin('USDT', '4')]),
        ]);
        const { balances, total, margin } = await store.balances.latest({}, EVERYTHING);
        expect(balances.map((record) => [record.coin, record.walletBalance])).toEqual([
          ['BTC', '30'],
          ['USDT', '4'],
          ['aBTC', '5'],
        ]);
        expect({ total, equity: margin?.totalEquity }).toEqual({ total: 3, equity: '3' });
        expect(await store.balances.latest({ coin: 'BTC' }, EVERYTHING)).toMatchObject({ balances: [{ coin: 'BTC' }], total: 1 });
        expect(await store.balances.latest({}, { limit: 1, offset: 1 })).toMatchObject({
          balances: [{ coin: 'USDT' }],
          total: 3,
        });
        expect(await store.balances.latest({ coin: 'DOGE' }, EVERYTHING)).toMatchObject({ balances: [], total: 0 });
      });

      it('of nobody are none', async () => {
        expect(await store.balances.latest({}, EVERYTHING)).toEqual({ balances: [], total: 0, margin: null });
        expect(await store.balances.history({ coin: 'BTC' }, EVERYTHING)).toEqual({ records: [], total: 0 });
      });

      it('of the past come newest first, of a coin and a time with both its ends', async () => {
        const times = [1000, 2000, 2000, 3000, 4000];
        await store.outbox.keep(times.map((at, i) => wallet(i + 1, at, [coin('USDT', String(i)), coin('BTC', String(i))])));
        const history = async (filter: object, page = EVERYTHING) => {
          const { records, total } = await store.balances.history(filter, page);
          return [records.map(({ walletBalance }) => walletBalance).join(), total];
        };
        expect(await history({ coin: 'BTC' })).toEqual(['4,3,2,1,0', 5]);
        expect(await history({ coin: 'BTC', from: 2000, to: 3000 })).toEqual(['3,2,1', 3]);
        expect(await history({ coin: 'BTC', from: 2000 }, { limit: 2, offset: 1 })).toEqual(['3,2', 4]);
        expect(await history({ to: 999 })).toEqual(['', 0]);
        expect((await history({}))[1]).toBe(10);
      });
    });

    describe('the outbox', () => {
      const waiting = async (limit = 1000) => (await store.outbox.waiting(limit)).map(({ messageId }) => messageId);
      const ids = (some: readonly OutboxEvent[]) => some.map(({ messageId }) => messageId);

      it('gives events back in the order they were kept, byte for byte, until they are sent', async () => {
        const kept = [event(1), event(1, { stream: 'account.position' }), event(2)];
        await store.outbox.keep(kept);
        expect(await store.outbox.waiting(10)).toEqual(kept);
        expect(await waiting(2)).toEqual(ids(kept.slice(0, 2)));
        await store.outbox.sent(['account.order:e1:1', 'of nobody']);
        await store.outbox.sent([]);
        expect(await waiting()).toEqual(ids(kept.slice(1)));
        expect(await store.outbox.count()).toBe(2);
      });

      it('keeps an event once, also after it was sent', async () => {
        await store.outbox.keep(events(1, 3));
        await store.outbox.sent(ids(events(1, 2)));
        await store.outbox.keep(events(2, 4));
        await store.outbox.keep([]);
        expect(await waiting()).toEqual(ids(events(3, 4)));
      });

      it('keeps what stands before the first number of an epoch, once', async () => {
        await store.outbox.keep([event(7), event(0, { epoch: 'e2' })]);
        expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e2', seq: 0 });
        await store.outbox.keep([event(0, { epoch: 'e2' }), event(1, { epoch: 'e2' })]);
        expect(await waiting()).toEqual(['account.order:e1:7', 'account.order:e2:0', 'account.order:e2:1']);
      });

      it('records the balances of an event once', async () => {
        await store.outbox.keep([wallet(1, 1000, [coin('BTC', '1')])]);
        await store.outbox.keep([wallet(1, 1000, [coin('BTC', '1')]), wallet(2, 2000, [coin('BTC', '2')])]);
        expect((await store.balances.history({}, EVERYTHING)).total).toBe(2);
      });

      it('knows where each stream stands, in the epoch that it saw last', async () => {
        expect(await store.outbox.place('account.order')).toBeUndefined();
        await store.outbox.keep([...events(5, 7), event(9, { stream: 'account.position' })]);
        expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e1', seq: 7 });
        await store.outbox.keep([event(1, { epoch: 'e2' })]);
        await store.outbox.keep([event(6), event(8)]);
        expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e2', seq: 1 });
        expect(await waiting()).toEqual([
          ...ids(events(5, 7)),
          'account.position:e1:9',
          'account.order:e2:1',
          'account.order:e1:8',
        ]);
      });

      it('keeps all of a batch or nothing, and says what is wrong with it as something else than being away', async () => {
        await store.outbox.keep(events(1, 2));
        const wrong = { ...event(4), routingKey: 'what no text holds: \0' };
        const failure: unknown = await store.outbox
          .keep([event(3), wallet(1, 1, [coin('BTC', '1')]), wrong])
          .catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(Error);
        expect(failure).not.toBeInstanceOf(StoreUnavailable);
        expect(await waiting()).toEqual(ids(events(1, 2)));
        expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e1', seq: 2 });
        expect((await store.balances.history({}, EVERYTHING)).total).toBe(0);
        expect(store.report().available).toBe(true);
      });

      it('keeps each event once and in order when two keep the same ones at once', async () => {
        const batches = [events(1, 40), events(1, 25), events(10, 40), events(1, 3)];
        await Promise.all(batches.map((batch) => store.outbox.keep(batch)));
        const kept = await store.outbox.waiting(100);
        // Who begins with a later number and is first has said that the earlier ones were kept.
        const seqs = kept.map(({ seq }) => seq);
        expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
        expect(seqs.at(-1)).toBe(40);
        expect(await store.outbox.place('account.order')).toEqual({ epoch: 'e1', seq: 40 });
      });

      it('takes more than fits in one statement', async () => {
        const many = events(1, 1203);
        await store.outbox.keep(many);
        expect(await waiting(2000)).toEqual(ids(many));
        await store.outbox.sent(ids(many));
        expect(await store.outbox.count()).toBe(0);
      });

      it('is what a list and a place per epoch would be', async () => {
        const line = fc.record({
          stream: fc.constantFrom('account.order', 'account.execution'),
          epoch: fc.constantFrom('e1', 'e2'),
        });
        const step = fc.record({
          line,
          from: fc.integer({ min: 0, max: 6 }),
          more: fc.nat({ max: 3 }),
          sent: fc.nat({ max: 3 }),
        });
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
            await started.empty();
            const places = new Map<string, number>();
            let model: string[] = [];
            for (const { line: at, from, more, sent } of steps) {
              const batch = events(from, from + more, at);
              await store.outbox.keep(batch);
              const key = `${at.stream}:${at.epoch}`;
              const before = places.get(key) ?? -1;
              model.push(...ids(batch.filter(({ seq }) => seq > before)));
              places.set(key, Math.max(before, from + more));
              await store.outbox.sent(model.slice(0, sent));
              model = model.slice(sent);
            }
            expect(await waiting()).toEqual(model);
            for (const stream of ['account.order', 'account.execution']) {
              const newest = [...places].filter(([key]) => key.startsWith(stream)).at(-1);
              const expected = newest && { epoch: newest[0].split(':')[1], seq: newest[1] };
              expect(await store.outbox.place(stream)).toEqual(expected);
            }
          }),
          { numRuns: 12 },
        );
      });
    });

    describe('what was told of the account', () => {
      const MINUTE = 60_000;
      const fact = (name: string, at: number, some: Partial<AccountFact> = {}): AccountFact => ({
        kind: 'order',
        name,
        at,
        ended: false,
        body: `{"at":${at}}`,
        ...some,
      });
      let number = 0;
      const tell = (facts: readonly AccountFact[], account = 'a') =>
        store.outbox.keep([{ ...event(++number, { epoch: 'told' }), told: { account, facts } }]);

      it('is remembered with the events that are kept, the newest of each, by account', async () => {
        await store.outbox.keep([
          { ...event(1), told: { account: 'a', facts: [fact('o', 5), fact('p', 2, { kind: 'position' })] } },
          { ...event(2), told: { account: 'a', facts: [fact('o', 7, { ended: true }), fact('p', 3)] } },
          { ...event(3), told: { account: 'b', facts: [fact('o', 9)] } },
        ]);
        expect(await store.memory.recall('a')).toEqual({
          facts: [fact('p', 2, { kind: 'position' }), fact('p', 3), fact('o', 7, { ended: true })],
          toldUntil: null,
        });
        expect(await store.memory.recall('b')).toEqual({ facts: [fact('o', 9)], toldUntil: null });
        expect(await store.memory.recall('c')).toEqual({ facts: [], toldUntil: null });
      });

      it('is not remembered of an event that was kept before, and is not replaced by what is older', async () => {
        await store.outbox.keep([{ ...event(2), told: { account: 'a', facts: [fact('o', 5)] } }]);
        await store.outbox.keep([{ ...event(1), told: { account: 'a', facts: [fact('x', 6)] } }]);
        await store.outbox.keep([{ ...event(1, { epoch: 'e0' }), told: { account: 'a', facts: [fact('o', 4)] } }]);
        expect((await store.memory.recall('a')).facts).toEqual([fact('o', 5)]);
      });

      it('is forgotten when it ended long before all was told, or is of an order that is lost', async () => {
        const now = 100 * MINUTE;
        await tell([fact('open', 1), fact('lost', 2), fact('flat', now - 11 * MINUTE, { kind: 'position', ended: true })]);
        await tell([fact('new', now - 9 * MINUTE, { ended: true }), fact('lost', 3, { kind: 'position' })]);
        await tell([fact('old', 4, { ended: true })], 'b');
        await store.memory.progressed('a', now, ['lost', 'unknown']);
        expect(await store.memory.recall('a')).toEqual({
          facts: [fact('open', 1), fact('lost', 3, { kind: 'position' }), fact('new', now - 9 * MINUTE, { ended: true })],
          toldUntil: now,
        });
        expect((await store.memory.recall('b')).facts).toHaveLength(1);
      });

      it('never counts as told for less time than it did', async () => {
        await store.memory.progressed('a', 500, []);
        await store.memory.progressed('a', 400, []);
        await store.memory.progressed('b', 300, []);
        expect((await store.memory.recall('a')).toldUntil).toBe(500);
      });

      it('is what a list of the newest would be', async () => {
        const facts = fc.array(
          fc.record({
            kind: fc.constantFrom<AccountFact['kind'][]>('order', 'position', 'execution', 'balance'),
            name: fc.constantFrom('x', 'y', 'Ü "\\ 1'),
            at: fc.integer({ min: 0, max: 30 }).map((minutes) => minutes * MINUTE),
            ended: fc.boolean(),
            body: fc.json(),
          }),
          { maxLength: 6 },
        );
        const progress = fc.record({
          until: fc.integer({ min: 0, max: 40 }).map((minutes) => minutes * MINUTE),
          lost: fc.subarray(['x', 'y']),
        });
        const steps = fc.array(fc.oneof(facts, progress), { minLength: 1, maxLength: 10 });
        await fc.assert(
          fc.asyncProperty(steps, async (all) => {
            await started.empty();
            const model = new Map<string, AccountFact>();
            let until: number | null = null;
            for (const one of all) {
              if (Array.isArray(one)) {
                await tell(one);
                for (const told of one) {
                  const name = `${told.kind} ${told.name}`;
                  if (told.at >= (model.get(name)?.at ?? 0)) model.set(name, told);
                }
                continue;
              }
              await store.memory.progressed('a', one.until, one.lost);
              until = Math.max(until ?? 0, one.until);
              for (const name of one.lost) model.delete(`order ${name}`);
              for (const [name, { ended, at }] of model) if (ended && at < one.until - 10 * MINUTE) model.delete(name);
            }
            const { facts: found, toldUntil } = await store.memory.recall('a');
            expect(toldUntil).toBe(until);
            const byName = (a: AccountFact, b: AccountFact) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1);
            expect([...found].sort(byName)).toEqual([...model.values()].sort(byName));
            expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).sort((a, b) => a - b));
          }),
          { numRuns: 10 },
        );
      });
    });

    it('refuses everything while it is closed, and has it all when it is opened again', async () => {
      const row = await added(ticker('BTCUSDT'));
      await store.outbox.keep(events(1, 2));
      const heard: boolean[] = [];
      store.onAvailable((available) => heard.push(available));
      await store.stop();
      expect(store.report()).toMatchObject({ available: false, reason: 'it has been closed' });
      await expect(store.subscriptions.active()).rejects.toThrow(StoreUnavailable);
      await expect(store.balances.latest({}, EVERYTHING)).rejects.toThrow(StoreUnavailable);
      await expect(store.outbox.keep(events(3, 3))).rejects.toThrow(StoreUnavailable);
      await store.start();
      await untilAvailable(store);
      expect(store.report()).toMatchObject({ available: true, reason: '' });
      expect(await store.subscriptions.active()).toEqual([row]);
      expect(await store.outbox.count()).toBe(2);
      expect(heard).toEqual([false, true]);
    });
  });
}
