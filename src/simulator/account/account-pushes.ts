import type { Category } from '../categories';
import type { AccountFrames } from '../private-socket';
import type { ExchangeTime } from '../push-schedule';
import type { SymbolMarket } from '../symbol-market';
import type { AccountFaults } from './account-faults';
import type { Execution } from './execution';
import { executionFrame, fastExecutionFrame } from './execution-frame';
import type { Order } from './order';
import { orderFrame } from './order-frame';
import type { Position } from './position';
import { positionFrame } from './position-frame';
import { markOf, type Valuation } from './valuation';
import type { Holding } from './wallet';
import { walletRow } from './wallet-frame';

/** The account's user id, as it stands in the ids of frames. */
const UID = '104030506';

/** Whoever takes frames: a private socket. */
interface Listener {
  sendData(frame: string, now: number): void;
}

type Topic = 'order' | 'execution' | 'execution.fast' | 'position' | 'wallet';

/** Tells the private sockets that subscribed what happens to the account. */
export class AccountPushes implements AccountFrames {
  /** What happens now is not told. */
  muted = false;
  /** Orders, executions, positions and wallets that there was something to tell about, heard or not. */
  events = 0;
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    private readonly time: ExchangeTime,
    private readonly faults: AccountFaults,
  ) {}

  join(listener: Listener, topic: string): void {
    const listeners = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, listeners.add(listener));
  }

  leave(listener: Listener, topic: string): void {
    this.listeners.get(topic)?.delete(listener);
  }

  leaveAll(listener: Listener): void {
    for (const listeners of this.listeners.values()) listeners.delete(listener);
  }

  order(order: Order): void {
    const { category, symbol } = order.market.instrument;
    this.events++;
    this.push('order', category, `${UID}_${symbol}_${order.market.seq}`, () => [orderFrame(order)]);
  }

  /** Of one symbol: the fills of an order come in one message. */
  executions(executions: readonly Execution[]): void {
    const [first] = executions;
    if (!first) return;
    this.events += executions.length;
    const { category, symbol } = first.market.instrument;
    this.push('execution', category, `${UID}_${symbol}_${first.seq}`, () => executions.map(executionFrame));
    const trades = executions.filter(({ execType }) => execType === 'Trade');
    if (trades.length > 0) this.push('execution.fast', category, undefined, () => trades.map(fastExecutionFrame));
  }

  /** Spot has no positions. */
  positions(positions: readonly Position[], market: SymbolMarket): void {
    const { category } = market.instrument;
    this.events += positions.length;
    const rows = (): object[] => positions.map((position) => positionFrame(position, markOf(market)));
    this.push('position', category, `${UID}_position_${this.time.now()}`, rows);
  }

  /** The account and the coins that changed. */
  wallet(valuation: Valuation, changed: readonly Holding[]): void {
    this.events++;
    this.push('wallet', undefined, `${UID}_wallet_${this.time.now()}`, () => [walletRow(valuation, changed)]);
  }

  /** To both forms of the topic, each named as it was subscribed. A frame is made only when somebody listens. */
  private push(topic: Topic, category: Category | undefined, id: string | undefined, rows: () => object[]): void {
    if (this.muted) return;
    let data: string | undefined;
    for (const name of category ? [topic, `${topic}.${category}`] : [topic]) {
      const listeners = this.listeners.get(name);
      if (!listeners || listeners.size === 0 || this.faults.takeLostPush()) continue;
      data ??= JSON.stringify(rows());
      const head = id === undefined ? '' : `"id":"${id}",`;
      const frame = `{${head}"topic":"${name}","creationTime":${this.time.now()},"data":${data}}`;
      for (const listener of listeners) listener.sendData(frame, this.time.now());
    }
  }
}
