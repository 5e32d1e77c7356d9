import fc from 'fast-check';
import { ManualClock } from '../../test/support/manual-clock';
import { ModelBroker } from '../../test/support/model-broker';
import { ModelDuty } from '../../test/support/model-duty';
import { ModelStore } from '../../test/support/model-store';
import { InProcessPubSub } from '../pubsub/in-process';
import type { Position } from '../pubsub/publication';
import { Publisher } from '../pubsub/publisher';
import type { AccountBalance, AccountOrder } from '../streams/account';
import { ACCOUNT_KINDS, accountStream, type AccountKind } from '../streams/stream';
import { AccountFlow } from './account-flow';

const NOW = 1_700_000_000_000;
const never = new Promise<never>(() => undefined);

function balance(n: number): AccountBalance {
  const margin = {
    totalEquity: `${n}`,
    totalWalletBalance: null,
    totalMarginBalance: null,
    totalAvailableBalance: null,
    totalUnrealisedPnl: null,
    totalInitialMargin: null,
    totalMaintenanceMargin: null,
  };
  const coin = {
    coin: 'USDT',
    equity: null,
    walletBalance: `-${n}`,
    locked: null,
    borrowed: null,
    accruedInterest: null,
    unrealisedPnl: null,
    realisedPnl: null,
    usdValue: null,
  };
  return { accountType: 'UNIFIED', margin, coins: [coin], origin: 'push' };
}

/** Is as good as an execution or a position. */
const ORDER = { symbol: 'BTCUSDT', market: 'futures', status: 'New', updatedAt: NOW, time: NOW };

function laterThan(name: string, at: number): boolean {
  return name.startsWith('balance ') && Number(name.slice('balance '.length)) >= at;
}

/** An exchange account, the store and the broker of a fleet, and its replicas. */
class World {
  readonly clock = new ManualClock(NOW);
  readonly pubsub = new InProcessPubSub(100_000);
  readonly publisher = new Publisher(this.pubsub, 'mudrex', this.clock, 'test');
  readonly store = new ModelStore();
  readonly broker = new ModelBroker();
  readonly log: string[] = [];
  readonly published: string[] = [];
  readonly balances: string[] = [];
  /** What was published when it was said that all before a time was told. */
  private readonly saidAt = new Map<number, number>();
  /** What the store was to remember too early, and what was not remembered when somebody asked. */
  readonly forgotten: string[] = [];
  private readonly items = new Map<string, [kind: AccountKind, n: number]>();
  private told = 0;

  constructor() {
    for (const kind of ['order', 'execution', 'position', 'balance'] as const) this.publisher.open(accountStream(kind));
  }

  /** @param life what it asks is not answered any more once it has ended: it has crashed */
  replica(duty: ModelDuty, limits = { max: 100_000, resident: 3 }, life = { ended: false }): AccountFlow {
    const alive = <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) => {
      return async (...args: Args): Promise<Answer> => {
        if (life.ended) await never;
        const answer = await ask(...args);
        if (life.ended) await never;
        return answer;
      };
    };
    const { keep, waiting, sent, place, count } = this.store.outbox;
    const { recall, progressed } = this.store.memory;
    const flow = new AccountFlow({
      brand: 'mudrex',
      pubsub: this.pubsub,
      account: 'account',
      memory: {
        recall: alive(recall),
        progressed: alive((account, toldUntil, lost) => {
          this.check(this.saidAt.get(toldUntil) ?? Infinity);
          return progressed(account, toldUntil, lost);
        }),
      },
      outbox: { keep: alive(keep), waiting: alive(waiting), sent: alive(sent), place: alive(place), count: alive(count) },
      broker: { deliver: alive((events) => this.broker.deliver(events)) },
      duty,
      loaded: () => true,
      services: (stream) => (stream === 'account.order' ? ['desk'] : []),
      sent: () => undefined,
      clock: this.clock,
      log: { info: () => undefined, warn: () => undefined, error: (_, text) => this.log.push(text) },
      limits,
    });
    flow.start();
    return flow;
  }

  tell(kind: AccountKind = 'order'): void {
    const n = ++this.told;
    const data = kind === 'balance' ? balance(n) : ({ ...ORDER, id: `${n}` } as object as AccountOrder);
    this.publisher.publish(
      accountStream(kind),
      { type: 'update', data, timestamp: NOW + n, received: NOW + n + 5 },
      () => undefined,
    );
    const seq = this.published.filter((id) => id.startsWith(`account.${kind}:`)).length + 1;
    const epoch = this.pubsub.recover(`account.${kind}`) as { epoch: string };
    const id = `account.${kind}:${epoch.epoch}:${seq}`;
    this.published.push(id);
    this.items.set(id, [kind, n]);
    if (kind === 'balance') this.balances.push(`-${n}`);
  }

  /** All that was published until now was told of what happened until now. */
  sayProgress(flow: AccountFlow): void {
    const toldUntil = NOW - 1_000_000 + this.saidAt.size;
    this.saidAt.set(toldUntil, this.published.length);
    const places = new Map<string, Position>();
    for (const kind of ACCOUNT_KINDS) {
      const stream = accountStream(kind);
      const place = this.publisher.place(stream);
      if (place) places.set(stream.name, place);
    }
    flow.progress.progressed({ toldUntil, places, lostOrders: [] });
  }

  /** What is remembered must be everything that was published before somebody asked. */
  ask(flow: AccountFlow): void {
    const published = this.published.length;
    void flow.progress.recall().then(({ facts }) => {
      const names = new Set(facts.map(({ kind, name, at }) => (kind === 'balance' ? `balance ${at}` : `${kind} ${name}`)));
      const newest = this.published.slice(0, published).findLast((id) => id.startsWith('account.balance'));
      for (const id of this.published.slice(0, published)) {
        const [kind, n] = this.items.get(id) ?? ['', 0];
        if (
          kind !== 'balance' ? !names.has(`${kind} ${n}`) : id === newest && ![...names].some((name) => laterThan(name, NOW + n))
        )
          this.forgotten.push(id);
      }
    });
  }

  private check(published: number): void {
    for (const id of this.published.slice(0, published)) {
      const [stream = '', epoch = '', seq = ''] = id.split(':');
      const place = this.store.places.get(stream)?.find((known) => known.epoch === epoch);
      if (!place || place.seq < Number(seq)) this.forgotten.push(id);
    }
  }

  /** Time passes, and whatever can be done is done. */
  async pass(ms = 0): Promise<void> {
    this.clock.advance(ms);
    for (let i = 0; i < 60; i++) await Promise.resolve();
  }

  /** Everything is back for long enough. */
  async settle(): Promise<void> {
    this.store.silentlyDone = 0;
    this.broker.breaksAfter = undefined;
    this.store.available = true;
    for (let i = 0; i < 20; i++) {
      // What was under way when it came back may break it once more.
      this.broker.available = true;
      await this.pass(1000);
    }
  }

  get delivered(): string[] {
    return this.broker.events.map(({ messageId }) => messageId);
  }

  /** Each once, by when it came first. */
  get firstDeliveries(): string[] {
    return [...new Set(this.delivered)];
  }

  of(kind: AccountKind, ids: readonly string[]): string[] {
    return ids.filter((id) => id.startsWith(`account.${kind}:`));
  }
}

describe('the account on its way to services', () => {
  it('is delivered and kept at once, and nothing is left in memory or in the outbox', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty());
    await world.pass();
    world.tell('order');
    world.tell('balance');
    await world.pass(1000);
    expect(world.delivered).toEqual(world.published);
    expect(world.broker.events.map(({ routingKey, services }) => [routingKey, services])).toEqual([
      ['order.futures.BTCUSDT', ['desk']],
      ['balance.account.unified', []],
    ]);
    expect(JSON.parse(world.broker.events[0]?.body.toString() ?? '')).toEqual({
      event_id: world.published[0],
      event_type: 'order',
      topic: 'account.order',
      timestamp: new Date(NOW + 1).toISOString(),
      received_at: new Date(NOW + 6).toISOString(),
      payload: { type: 'update', seq: 1, epoch: 'test.1', data: { ...ORDER, id: '1' } },
      trace_id: world.broker.events[0]?.traceId,
    });
    expect(world.store.records.map(({ walletBalance }) => walletBalance)).toEqual(['-2']);
    expect(world.store.outboxRows).toEqual([]);
    expect(flow.report()).toMatchObject({ active: true, queued: 0, delivered: 2, lost: 0 });
  });

  it('answers who follows it what was told before, also when duty was lost for a moment meanwhile', async () => {
    const world = new World();
    const duty = new ModelDuty();
    world.store.available = false;
    const flow = world.replica(duty);
    await world.pass();
    const answers: unknown[] = [];
    void flow.progress.recall().then((answer) => answers.push(answer));
    await world.pass(1000);
    duty.held = false;
    await world.pass(1000);
    duty.held = true;
    world.store.available = true;
    await world.pass(10_000);
    expect(answers).toEqual([{ facts: [], toldUntil: null }]);
  });

  it('goes on from memory while the store is away, and is recorded when it is back', async () => {
    const world = new World();
    world.replica(new ModelDuty());
    await world.pass();
    world.store.available = false;
    world.tell('balance');
    await world.pass();
    expect(world.delivered).toEqual(world.published);
    expect(world.store.records).toEqual([]);
    world.store.available = true;
    await world.pass(1000);
    expect(world.store.records.map(({ walletBalance }) => walletBalance)).toEqual(['-1']);
    expect(world.store.outboxRows).toEqual([]);
  });

  it('is delivered once it is kept, so that whoever comes after a crash does not tell it again', async () => {
    const world = new World();
    world.replica(new ModelDuty());
    await world.pass();
    let answer: () => void = () => undefined;
    world.store.hold = new Promise((resolve) => (answer = resolve));
    for (let i = 0; i < 10; i++) world.tell('execution');
    await world.pass(400);
    expect(world.delivered).toEqual([]);
    world.store.hold = undefined;
    answer();
    await world.pass();
    expect(world.delivered).toEqual(world.published);
  });

  it('is delivered once it is kept also after a store was away while there was nothing to keep', async () => {
    const world = new World();
    world.replica(new ModelDuty());
    await world.pass();
    world.store.available = false;
    await world.pass(10_000);
    world.store.available = true;
    await world.pass(10_000);
    let answer: () => void = () => undefined;
    world.store.hold = new Promise((resolve) => (answer = resolve));
    world.tell('execution');
    await world.pass(400);
    expect(world.delivered).toEqual([]);
    world.store.hold = undefined;
    answer();
    await world.pass();
    expect(world.delivered).toEqual(world.published);
  });

  it('is not held up by a store that does not answer', async () => {
    const world = new World();
    world.replica(new ModelDuty());
    await world.pass();
    let answer: () => void = () => undefined;
    world.store.hold = new Promise((resolve) => (answer = resolve));
    for (let i = 0; i < 10; i++) world.tell('order');
    await world.pass(5000);
    expect(world.delivered).toEqual(world.published);
    world.store.hold = undefined;
    answer();
    await world.settle();
    expect(world.store.outboxRows).toEqual([]);
  });

  it('waits in the outbox while the broker is away, beyond what memory holds, and comes in order', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty());
    await world.pass();
    world.broker.available = false;
    for (let i = 0; i < 500; i++) world.tell(i % 2 ? 'order' : 'position');
    await world.pass(1000);
    expect(flow.report().queued).toBeLessThan(500);
    expect(world.store.outboxRows).toHaveLength(500);
    await world.settle();
    expect(world.delivered).toEqual(world.published);
    expect(world.store.outboxRows).toEqual([]);
  });

  it('waits in the outbox, beyond what memory holds, while a broker that has what is on its way confirms nothing', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty(), { max: 1000, resident: 100 });
    await world.pass();
    let unblock: () => void = () => undefined;
    world.broker.hold = new Promise((resolve) => (unblock = resolve));
    for (let second = 0; second < 30; second++) {
      for (let i = 0; i < 100; i++) world.tell('order');
      await world.pass(1000);
      expect(flow.report().queued).toBeLessThanOrEqual(400);
    }
    expect(world.store.outboxRows).toHaveLength(3000);
    world.broker.hold = undefined;
    unblock();
    await world.settle();
    expect(world.firstDeliveries).toEqual(world.published);
    expect(world.store.outboxRows).toEqual([]);
  });

  it('stays in the outbox for the next replica on duty when duty ends while the outbox is read', async () => {
    const world = new World();
    const duty = new ModelDuty();
    world.replica(duty);
    await world.pass();
    world.broker.available = false;
    for (let i = 0; i < 10; i++) world.tell('order');
    await world.pass(1000);
    let answer: () => void = () => undefined;
    world.store.hold = new Promise((resolve) => (answer = resolve));
    world.broker.available = true;
    await world.pass(1000);
    duty.held = false;
    world.store.hold = undefined;
    answer();
    await world.pass(1000);
    expect(world.delivered).toEqual([]);
    expect(world.store.outboxRows).toHaveLength(10);
    duty.held = true;
    await world.settle();
    expect(world.delivered).toEqual(world.published);
  });

  it('is in the health when it is lost: nobody took it and memory is full', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty(), { max: 10, resident: 3 });
    await world.pass();
    world.broker.available = false;
    world.store.available = false;
    for (let i = 0; i < 15; i++) world.tell('order');
    await world.pass();
    expect(flow.report()).toMatchObject({ queued: 10, lost: 5, lostAt: NOW });
    expect(world.log).toEqual(['account events are lost: neither the store nor the broker has taken them']);
    await world.settle();
    expect(world.delivered).toEqual(world.published.slice(5));
  });

  it('goes round an event that the store cannot take', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty());
    await world.pass();
    world.store.unfit.add('account.order:test.1:2');
    world.store.available = false;
    for (let i = 0; i < 3; i++) world.tell('order');
    await world.settle();
    expect(world.delivered).toEqual(world.published);
    expect(flow.report()).toMatchObject({ queued: 0, unrecorded: 1, lost: 0 });
    expect(world.store.outboxRows).toEqual([]);
  });

  it('is delivered when the store cannot take it and the broker is away for long', async () => {
    const world = new World();
    world.replica(new ModelDuty());
    await world.pass();
    world.store.unfit.add('account.order:test.1:2');
    world.broker.available = false;
    for (let i = 0; i < 20; i++) world.tell('order');
    await world.settle();
    expect(new Set(world.delivered)).toEqual(new Set(world.published));
  });

  it('waits after a start until the store has told whose it is and what was left', async () => {
    const world = new World();
    world.store.available = false;
    world.replica(new ModelDuty());
    await world.pass();
    world.tell('order');
    await world.pass(60_000);
    expect(world.delivered).toEqual([]);
    await world.settle();
    expect(world.delivered).toEqual(world.published);
  });

  it('comes in order when another epoch begins while the store is away at a change of duty', async () => {
    const world = new World();
    const duty = new ModelDuty();
    world.replica(duty);
    await world.pass();
    world.tell();
    await world.pass(1000);
    duty.held = false;
    world.store.available = false;
    duty.held = true;
    await world.pass();
    world.tell();
    world.publisher.close(accountStream('order'));
    world.publisher.open(accountStream('order'));
    world.tell();
    world.tell();
    await world.settle();
    expect(world.delivered).toEqual([
      'account.order:test.1:1',
      'account.order:test.1:2',
      'account.order:test.5:1',
      'account.order:test.5:2',
    ]);
    expect(world.store.places.get('account.order')?.at(-1)).toEqual({ epoch: 'test.5', seq: 2 });
  });

  it('comes without a gap when it was heard, be it in no history any more, and whatever epoch it is of', async () => {
    const world = new World();
    const pubsub = new InProcessPubSub(2);
    Object.assign(world, { pubsub, publisher: new Publisher(pubsub, 'mudrex', world.clock, 'short') });
    world.publisher.open(accountStream('order'));
    const duty = new ModelDuty();
    world.replica(duty);
    await world.pass();
    world.tell();
    await world.pass(1000);
    duty.held = false;
    world.store.available = false;
    duty.held = true;
    await world.pass();
    world.tell();
    world.publisher.close(accountStream('order'));
    world.publisher.open(accountStream('order'));
    for (let i = 0; i < 4; i++) world.tell();
    await world.settle();
    expect(world.delivered).toEqual([
      'account.order:short.1:1',
      'account.order:short.1:2',
      'account.order:short.2:1',
      'account.order:short.2:2',
      'account.order:short.2:3',
      'account.order:short.2:4',
    ]);
  });

  it('says with a gap what was published while nobody was on duty and is in no history any more', async () => {
    const world = new World();
    const pubsub = new InProcessPubSub(2);
    Object.assign(world, { pubsub, publisher: new Publisher(pubsub, 'mudrex', world.clock, 'short') });
    world.publisher.open(accountStream('order'));
    const duty = new ModelDuty();
    world.replica(duty);
    await world.pass();
    world.tell();
    await world.pass(1000);
    duty.held = false;
    for (let i = 0; i < 5; i++) world.tell();
    duty.held = true;
    await world.settle();
    const payloads = world.broker.events.map(({ body }) => (JSON.parse(body.toString()) as { payload: object }).payload);
    expect(payloads.at(-1)).toEqual({ type: 'gap', epoch: 'short.1', from: 2, to: 6, reason: 'history_exceeded' });
  });

  it('is brought to its end before a shutdown: nothing is left to another', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty());
    await world.pass();
    for (let i = 0; i < 700; i++) world.tell('order');
    await flow.flush();
    flow.stop();
    expect(world.delivered).toEqual(world.published);
    expect(world.store.outboxRows).toEqual([]);
    expect(world.clock.timers).toBe(0);
    expect(world.pubsub.counts().listeners).toBe(0);
  });

  it('ends in time when store and broker are away', async () => {
    const world = new World();
    const flow = world.replica(new ModelDuty());
    await world.pass();
    world.store.available = false;
    world.broker.available = false;
    world.tell();
    await flow.flush();
    expect(flow.report().queued).toBe(1);
  });
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('tell' as const),
      kind: fc.constantFrom<AccountKind[]>('order', 'execution', 'balance'),
      times: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('store' as const), up: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('broker' as const), up: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('losesAnswers' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('breaks' as const), after: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dutyTo' as const), replica: fc.integer({ min: 0, max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), replica: fc.integer({ min: 0, max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('recall' as const, 'progress' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 300, 1000, 6000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), turns: fc.integer({ min: 1, max: 8 }) }) },
);

test('whatever fails, moves or dies: every event is delivered, in its stream in order at first, and each balance is recorded once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = new World();
      const duties = [new ModelDuty(true), new ModelDuty(false)];
      const begin = (duty: ModelDuty) => {
        const life = { ended: false };
        return { life, flow: world.replica(duty, undefined, life) };
      };
      const replicas = duties.map(begin);
      await world.pass();
      let holder = 0;
      for (const at of steps) {
        switch (at.do) {
          case 'tell':
            for (let i = 0; i < at.times; i++) world.tell(at.kind);
            break;
          case 'store':
            world.store.available = at.up;
            break;
          case 'broker':
            world.broker.available = at.up;
            break;
          case 'losesAnswers':
            world.store.silentlyDone = at.times;
            break;
          case 'breaks':
            world.broker.breaksAfter = at.after;
            break;
          case 'dutyTo':
            (duties[holder] as ModelDuty).held = false;
            holder = at.replica;
            (duties[holder] as ModelDuty).held = true;
            break;
          case 'crash': {
            // Nothing of it is left but what is on its way to the store and the broker; another begins with nothing.
            const crashed = replicas[at.replica] as (typeof replicas)[number];
            crashed.life.ended = true;
            crashed.flow.stop();
            const duty = new ModelDuty(holder === at.replica);
            duties[at.replica] = duty;
            replicas[at.replica] = begin(duty);
            break;
          }
          case 'recall':
            world.ask((replicas[holder] as (typeof replicas)[number]).flow);
            break;
          case 'progress':
            world.sayProgress((replicas[holder] as (typeof replicas)[number]).flow);
            break;
          case 'pass':
            await world.pass(at.ms);
            break;
          case 'turns':
            for (let i = 0; i < at.turns; i++) await Promise.resolve();
        }
      }
      await world.settle();
      expect(world.forgotten).toEqual([]);
      for (const kind of ['order', 'execution', 'balance'] as const) {
        expect(world.of(kind, world.firstDeliveries)).toEqual(world.of(kind, world.published));
      }
      expect(world.store.records.map(({ walletBalance }) => walletBalance)).toEqual(world.balances);
      expect(world.store.outboxRows).toEqual([]);
      const bodies = new Map<string, string>();
      for (const { messageId, body } of world.broker.events) {
        expect(bodies.get(messageId) ?? body.toString()).toBe(body.toString());
        bodies.set(messageId, body.toString());
      }
    }),
    { numRuns: 300 },
  );
});
