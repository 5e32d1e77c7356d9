import { createHash } from 'node:crypto';
import type { ServiceEvent } from '../../test/support/services-rig';
import type { AccountTruth } from './account-truth';

type Data = Readonly<Record<string, unknown>>;

const SHOWN = 5;

/** What consumers have been told of the account, and whether that is everything, in order, and the same whenever it was told twice. */
export class AccountLedger {
  /** Told once, with a digest of the body. */
  private readonly bodies = new Map<string, string>();
  private readonly lastNumbers = new Map<string, number>();
  private readonly executions = new Map<string, Set<string>>();
  private readonly orders = new Map<string, { readonly state: string; readonly updatedAt: number }>();
  private readonly positions = new Map<string, string>();
  private readonly balances = new Map<string, string>();
  private readonly mistakes: string[] = [];
  private wrong = 0;

  hear(event: ServiceEvent): void {
    const digest = createHash('md5').update(JSON.stringify(event)).digest('base64');
    const told = this.bodies.get(event.event_id);
    if (told !== undefined) {
      if (told !== digest) this.mistake(`${event.event_id} came twice, with different bodies`);
      return;
    }
    this.bodies.set(event.event_id, digest);
    this.number(event);
    const { data } = event.payload;
    if (!data) return;
    if (event.event_type === 'execution') this.execution(data);
    else if (event.event_type === 'order') this.order(data);
    else if (event.event_type === 'position') this.position(data);
    else this.balance(data);
  }

  /** Events that were told once or more often. */
  get count(): number {
    return this.bodies.size;
  }

  /** What is missing or wrong until now; to be asked when nothing happens to the account any more. */
  problems(truth: AccountTruth): string[] {
    return [...this.mistakes, ...this.missing(truth)];
  }

  private missing({ executions, orders, positions, balances }: AccountTruth): string[] {
    const bySymbol = new Map<string, { id: string; time: number }[]>();
    for (const { symbol, ...one } of executions) {
      const made = bySymbol.get(symbol) ?? [];
      made.push(one);
      bySymbol.set(symbol, made);
    }
    const wrong = [...bySymbol].flatMap(([symbol, made]) => this.outOfOrder(symbol, made));
    const behind = orders.filter(({ id, status, filled }) => this.orders.get(id)?.state !== stateOf(status, filled));
    if (behind.length > 0)
      wrong.push(
        `${behind.length} of ${orders.length} orders are not told as they are, as ${behind
          .slice(0, SHOWN)
          .map(({ id }) => id)
          .join(', ')}`,
      );
    const held = new Map(Object.entries(positions));
    for (const [key, size] of held)
      if (this.positions.get(key) !== size) wrong.push(`the position ${key} is ${size}, not ${this.positions.get(key)}`);
    for (const [key, size] of this.positions)
      if (size !== '0' && !held.has(key)) wrong.push(`there is no position ${key}, told is ${size}`);
    for (const [coin, balance] of Object.entries(balances))
      if (this.balances.get(coin) !== balance) wrong.push(`the balance of ${coin} is ${balance}, not ${this.balances.get(coin)}`);
    return wrong;
  }

  private outOfOrder(symbol: string, made: readonly { readonly id: string; readonly time: number }[]): string[] {
    const told = [...(this.executions.get(symbol) ?? [])].slice(-made.length);
    const first = made.findIndex(({ id }, i) => told[i] !== id);
    const one = made[first];
    if (!one) return [];
    const place = told.indexOf(one.id);
    if (place < 0) return [`execution ${one.id} in ${symbol} is missing`];
    const before = made.find(({ id }) => id === told[first]);
    return [`execution ${one.id} of ${one.time} in ${symbol} was told after ${before?.id} of ${before?.time}`];
  }

  /** The first time, events come in the order of their stream, without holes. */
  private number({ event_id, topic, payload }: ServiceEvent): void {
    const [, epoch = '', number = ''] = /^.*:([^:]+):(\d+)$/.exec(event_id) ?? [];
    const numbering = `${topic} ${epoch}`;
    const last = this.lastNumbers.get(numbering);
    if (last !== undefined && Number(number) !== last + 1) this.mistake(`${event_id} came after ${last}`);
    // Where a process begins to follow the account it says that it does not know what was before.
    if (payload.type === 'gap' && last !== undefined) this.mistake(`${event_id} is a gap`);
    this.lastNumbers.set(numbering, Number(number));
  }

  private execution({ id, market, symbol }: Data): void {
    const name = `${String(market)} ${String(symbol)}`;
    const told = this.executions.get(name) ?? new Set();
    this.executions.set(name, told.add(String(id)));
  }

  private order({ id, status, filledQuantity, updatedAt }: Data): void {
    const state = stateOf(String(status), String(filledQuantity));
    const last = this.orders.get(String(id));
    if (last && Number(updatedAt) < last.updatedAt) {
      this.mistake(`order ${String(id)} was told as ${state} after ${last.state}`);
      return;
    }
    this.orders.set(String(id), { state, updatedAt: Number(updatedAt) });
  }

  private position({ market, symbol, positionIndex, size }: Data): void {
    this.positions.set(`${String(market)} ${String(symbol)} ${String(positionIndex)}`, String(size));
  }

  private balance({ coins }: Data): void {
    for (const { coin, walletBalance } of coins as readonly Data[]) this.balances.set(String(coin), String(walletBalance));
  }

  private mistake(text: string): void {
    if (this.wrong++ < SHOWN) this.mistakes.push(text);
  }
}

/** Quantities have zeros at their end or not. */
function stateOf(status: string, filled: string): string {
  return `${status} ${Number(filled)}`;
}
