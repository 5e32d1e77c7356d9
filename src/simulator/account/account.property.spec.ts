import fc from 'fast-check';
import { MarketModel } from '../market-model';
import { RestError } from '../rest-answer';
import { seededRandom } from '../random';
import { Account } from './account';
import { AccountFaults } from './account-faults';
import { AccountPushes } from './account-pushes';
import { AccountQueries } from './account-queries';
import { parseAmount, plain } from './amount';

const NOW = Date.UTC(2026, 10, 21, 12);
const START = { USDT: '50000', BTC: '1', SOL: '-2' };
const SYMBOLS = [
  ['linear', 'BTCUSDT', '0.010', [0]],
  ['linear', 'SOLUSDT', '4.0', [1, 2]],
  ['spot', 'BTCUSDT', '0.010000', [0]],
  ['inverse', 'BTCUSD', '900', [0]],
] as const;

type Row = Readonly<Record<string, unknown>>;
interface OrderStep {
  readonly do: 'order';
  readonly symbol: number;
  readonly side: 'Buy' | 'Sell';
  /** `Market`, or a limit order's time in force. */
  readonly type: string;
  /** Ticks from the best price. */
  readonly away: number;
  readonly hedge: number;
  readonly size: number;
  readonly reduce: boolean;
}
type Step =
  | OrderStep
  | { readonly do: 'cancel' | 'fill'; readonly pick: number; readonly part: boolean }
  | { readonly do: 'transfer' | 'borrow'; readonly amount: number }
  | { readonly do: 'funding' | 'move' | 'liquidate'; readonly symbol: number; readonly count: number }
  | { readonly do: 'cancelAll' };

const symbol = fc.nat({ max: SYMBOLS.length - 1 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      symbol,
      side: fc.constantFrom('Buy' as const, 'Sell' as const),
      type: fc.constantFrom('Market', 'GTC', 'IOC', 'FOK', 'PostOnly'),
      away: fc.integer({ min: -20, max: 20 }),
      hedge: fc.nat({ max: 1 }),
      size: fc.integer({ min: 1, max: 30 }),
      reduce: fc.nat({ max: 4 }).map((dice) => dice === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'fill' as const),
      pick: fc.nat({ max: 9 }),
      part: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('transfer' as const, 'borrow' as const),
      amount: fc.integer({ min: -500, max: 500 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('funding' as const, 'move' as const, 'move' as const, 'liquidate' as const),
      symbol,
      count: fc.nat({ max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'cancelAll' as const }) },
);

/** Text of an amount as the exact whole number it stands for. */
function exact(text: unknown): bigint {
  const amount = parseAmount(text);
  if (amount === undefined) throw new Error(`${String(text)} is no amount`);
  return amount;
}

/** The account, its last words about everything, and a naive reckoning of the same. */
class World {
  readonly model = new MarketModel(1, NOW);
  readonly orders = new Map<string, Row>();
  readonly positions = new Map<string, Row>();
  readonly coins = new Map<string, Row>();
  readonly executions: Row[] = [];
  readonly outside = new Map<string, bigint>(Object.entries(START).map(([coin, text]) => [coin, exact(text)]));
  readonly account: Account;
  readonly queries: AccountQueries;

  constructor() {
    const time = { now: () => NOW };
    const faults = new AccountFaults();
    const pushes = new AccountPushes(time, faults);
    for (const topic of ['order', 'execution', 'position', 'wallet']) pushes.join({ sendData: (text) => this.hear(text) }, topic);
    this.account = new Account(this.model, pushes, faults, time, seededRandom(1), START);
    this.queries = new AccountQueries(this.account, time);
    this.account.switchMode({ category: 'linear', symbol: 'SOLUSDT', mode: 3 });
  }

  run(step: Step): void {
    try {
      this.do(step);
    } catch (error) {
      // What the exchange refuses must not have changed anything either.
      if (!(error instanceof RestError) && !(error instanceof RangeError)) throw error;
    }
  }

  private do(step: Step): void {
    switch (step.do) {
      case 'order':
        this.order(step);
        break;
      case 'cancel':
      case 'fill':
        this.touch(step);
        break;
      case 'transfer':
      case 'borrow':
        this.move(step);
        break;
      case 'cancelAll':
        this.account.cancelAll({ category: 'spot' });
        this.account.cancelAll({ category: 'linear', settleCoin: 'USDT' });
        break;
      default:
        this.happen(step);
    }
  }

  private touch({ do: what, pick, part }: Extract<Step, { do: 'cancel' | 'fill' }>): void {
    const open = [...this.account.books.orders.open];
    const order = open[pick % Math.max(1, open.length)];
    if (!order) return;
    const { category } = order.market.instrument;
    if (what === 'cancel') this.account.cancel({ category, orderId: order.orderId });
    else
      this.account.fill(order.orderId, part ? { inverse: '1', spot: '0.001', linear: '0.1', option: '1' }[category] : undefined);
  }

  private move({ do: what, amount }: Extract<Step, { do: 'transfer' | 'borrow' }>): void {
    const text = String(amount);
    if (what === 'transfer') this.account.transfer('USDT', text);
    else this.account.borrow('USDT', text);
    this.outside.set('USDT', (this.outside.get('USDT') ?? 0n) + exact(text) * (what === 'transfer' ? 1n : -1n));
  }

  private happen({ do: what, symbol: index, count }: Extract<Step, { do: 'funding' | 'move' | 'liquidate' }>): void {
    const [category, name, , indexes] = SYMBOLS[index] ?? SYMBOLS[0];
    if (what === 'funding') this.account.funding(category, name);
    else if (what === 'liquidate') this.account.liquidate(category, name, indexes[count % indexes.length] ?? 0);
    else {
      const market = this.model.symbol(category, name);
      for (let i = 0; i < count; i++) market?.event(NOW);
      this.account.look();
    }
  }

  private order({ symbol: index, side, type, away, hedge, size, reduce }: OrderStep): void {
    const [category, name, unit, indexes] = SYMBOLS[index] ?? SYMBOLS[0];
    const market = this.model.symbol(category, name);
    if (!market) return;
    const { priceScale, sizeScale, tick } = market.instrument;
    const best = side === 'Buy' ? market.book.bestBid : market.book.bestAsk;
    this.account.create({
      category,
      symbol: name,
      side,
      orderType: type === 'Market' ? 'Market' : 'Limit',
      ...(type === 'Market'
        ? { marketUnit: 'baseCoin' }
        : { timeInForce: type, price: ((best + away * tick) / 10 ** priceScale).toFixed(priceScale) }),
      qty: (Number(unit) * size).toFixed(sizeScale),
      positionIdx: indexes[hedge % indexes.length] ?? 0,
      reduceOnly: reduce,
      isLeverage: 1,
    });
  }

  private hear(text: string): void {
    const { topic, data } = JSON.parse(text) as { topic: string; data: Row[] };
    for (const row of data) {
      if (topic === 'order') this.orders.set(String(row['orderId']), row);
      else if (topic === 'execution') this.executions.push(row);
      else if (topic === 'position')
        this.positions.set(`${String(row['category'])} ${String(row['symbol'])} ${String(row['positionIdx'])}`, row);
      else for (const coin of row['coin'] as Row[]) this.coins.set(String(coin['coin']), coin);
    }
  }

  ofOrder(orderId: string): Row[] {
    return this.executions.filter((one) => one['orderId'] === orderId);
  }

  ask(path: 'balance' | 'positions' | 'orders' | 'history' | 'executions', query: string): Row[] {
    return (this.queries[path](new URLSearchParams(query)) as { list: Row[] }).list;
  }
}

function sum(rows: readonly Row[], key: string): string {
  return plain(rows.reduce((all, row) => all + exact(row[key]), 0n));
}

/** Each function below says the same twice, as it was told and as it follows from the rest: one comparison per world is quick. */
type Both = readonly [told: unknown, reckoned: unknown];

function orders(world: World): Both {
  const told: unknown[] = [];
  const reckoned: unknown[] = [];
  for (const [orderId, order] of world.orders) {
    const fills = world.ofOrder(orderId);
    const { cumExecQty, cumExecValue, cumExecFee, orderStatus, qty } = order as Readonly<Record<string, string>>;
    told.push([orderId, plain(exact(cumExecQty)), cumExecValue, cumExecFee, orderStatus === 'Filled' && cumExecQty !== qty]);
    reckoned.push([orderId, sum(fills, 'execQty'), sum(fills, 'execValue'), sum(fills, 'execFee'), false]);
  }
  return [told, reckoned];
}

function positions(world: World): Both {
  const sizes = new Map<string, bigint>();
  for (const one of world.executions) {
    if (one['category'] === 'spot' || one['execType'] === 'Funding') continue;
    const order = world.orders.get(String(one['orderId']));
    const key = `${String(one['category'])} ${String(one['symbol'])} ${String(order?.['positionIdx'])}`;
    sizes.set(key, (sizes.get(key) ?? 0n) + (one['side'] === 'Buy' ? 1n : -1n) * exact(one['execQty']));
  }
  const told: unknown[] = [];
  const reckoned: unknown[] = [];
  for (const [key, position] of world.positions) {
    const signed = sizes.get(key) ?? 0n;
    // A hedge's sides never turn around.
    const turned = (key.endsWith(' 1') && signed < 0n) || (key.endsWith(' 2') && signed > 0n);
    told.push([key, position['side'], position['size'], false]);
    reckoned.push([key, signed > 0n ? 'Buy' : signed < 0n ? 'Sell' : '', plain(signed < 0n ? -signed : signed), turned]);
  }
  return [told, reckoned];
}

function wallet(world: World): Both {
  const balances = new Map(world.outside);
  const add = (coin: string, amount: bigint): void => void balances.set(coin, (balances.get(coin) ?? 0n) + amount);
  for (const one of world.executions) {
    const fee = exact(one['execFee']);
    if (one['category'] !== 'spot') {
      add(String(one['feeCurrency']), exact(one['execPnl']) - fee);
      continue;
    }
    const sign = one['side'] === 'Buy' ? 1n : -1n;
    add('BTC', sign * exact(one['execQty']));
    add('USDT', -sign * exact(one['execValue']));
    add(String(one['feeCurrency']), -fee);
  }
  const told: unknown[] = [];
  const reckoned: unknown[] = [];
  for (const [coin, row] of world.coins) {
    const balance = balances.get(coin) ?? 0n;
    told.push([coin, row['walletBalance'], row['borrowAmount']]);
    reckoned.push([coin, plain(balance), plain(balance < 0n ? -balance : 0n)]);
  }
  return [told, reckoned];
}

function pick(row: Row | undefined, ...keys: readonly string[]): unknown[] {
  return keys.map((key) => row?.[key]);
}

function rest(world: World): Both {
  const told: unknown[] = [];
  const answered: unknown[] = [];
  for (const [orderId, frame] of world.orders) {
    const category = String(frame['category']);
    const [row = {}] = world.ask('orders', `category=${category}&orderId=${orderId}`);
    told.push(pick(frame, ...Object.keys(row)), world.ofOrder(orderId).slice(-100));
    answered.push(pick(row, ...Object.keys(row)));
    const fills = world.ask('executions', `category=${category}&orderId=${orderId}&limit=100`);
    answered.push(fills.reverse().map((row) => ({ category, ...row })));
  }
  const lasting = ['side', 'size', 'positionValue', 'curRealisedPnl', 'cumRealisedPnl', 'seq', 'updatedTime'];
  for (const position of world.positions.values()) {
    const list = world.ask('positions', `category=${String(position['category'])}&symbol=${String(position['symbol'])}`);
    const row = list.find(({ positionIdx }) => positionIdx === position['positionIdx']);
    told.push(pick(position, 'entryPrice', ...lasting));
    answered.push(pick(row, 'avgPrice', ...lasting));
  }
  const [account] = world.ask('balance', 'accountType=UNIFIED&coin=USDT,BTC,SOL');
  const coins = account?.['coin'] as Row[];
  for (const [coin, pushed] of world.coins) {
    const row = coins.find((one) => one['coin'] === coin);
    for (const one of [pushed, row])
      (one === pushed ? told : answered).push(pick(one, 'walletBalance', 'borrowAmount', 'cumRealisedPnl', 'locked'));
  }
  return [told, answered];
}

const scripts = fc.array(steps, { minLength: 10, maxLength: 60, size: 'max' });

function worldAfter(script: readonly Step[]): World {
  const world = new World();
  for (const step of script) world.run(step);
  return world;
}

describe('the account under random orders', () => {
  it('adds up: orders to their fills, positions to their trades, the wallet to all of it, and REST to the pushes', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const world = worldAfter(script);
        for (const look of [orders, positions, wallet, rest]) {
          const [told, reckoned] = look(world);
          expect(told).toEqual(reckoned);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is made to trade by such orders', () => {
    // A seed, so that it is the same count each time.
    const worlds = fc.sample(scripts, { numRuns: 10, seed: 1 }).map(worldAfter);
    expect(worlds.reduce((trades, { executions }) => trades + executions.length, 0)).toBeGreaterThan(50);
  });
});
