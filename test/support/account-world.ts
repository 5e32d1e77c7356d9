import { inspect } from 'node:util';
import type { AccountBalance, AccountExecution, AccountOrder, AccountPosition } from '../../src/streams/account';
import type { Market } from '../../src/streams/stream';
import { AccountUpstream } from '../../src/upstream/account/account-upstream';
import { BybitCredentials } from '../../src/upstream/bybit/account/credentials';
import type { StreamPublisher } from '../../src/upstream/stream-publisher';
import { FakeExchange } from './fake-exchange';
import { ManualClock } from './manual-clock';
import { ModelAccount } from './model-account';
import { settled } from './settled';

/** The account's streams. */
export const ALL = ['account.order', 'account.execution', 'account.position', 'account.balance'];
export const MINUTE = 60_000;

/** What is wanted, as the test says. */
export class Demanded {
  readonly names = new Set<string>();
  private listener: (stream: string, wanted: boolean) => void = () => undefined;
  release: (market: Market) => void = () => undefined;
  takeOver: (market: Market, reason: string) => void = () => undefined;

  wanted(): Iterable<string> {
    return this.names;
  }

  onDemand(listener: (stream: string, wanted: boolean) => void): void {
    this.listener = listener;
  }

  onRelease(listener: (market: Market) => void): void {
    this.release = listener;
  }

  onTakeover(listener: (market: Market, reason: string) => void): void {
    this.takeOver = listener;
  }

  want(...names: string[]): void {
    for (const name of names) {
      this.names.add(name);
      this.listener(name, true);
    }
  }

  unwant(...names: string[]): void {
    for (const name of names) {
      this.names.delete(name);
      this.listener(name, false);
    }
  }
}

interface Told {
  readonly stream: string;
  readonly item: AccountOrder | AccountExecution | AccountPosition | AccountBalance;
  readonly time: number;
}

/** What was published, and said of the streams. */
export class Published implements StreamPublisher {
  readonly calls: string[] = [];
  readonly told: Told[] = [];

  open: StreamPublisher['open'] = (stream) => {
    this.calls.push(`open ${stream.name}`);
    return undefined;
  };
  publish: StreamPublisher['publish'] = (stream, message) =>
    this.told.push({ stream: stream.name, item: message.data as Told['item'], time: message.timestamp });
  place: StreamPublisher['place'] = (stream) => ({
    epoch: 'e',
    seq: this.told.filter((one) => one.stream === stream.name).length,
  });
  gap: StreamPublisher['gap'] = (stream) => this.calls.push(`gap ${stream.name}`);
  status: StreamPublisher['status'] = (stream, state, reason) =>
    this.calls.push(`${state} ${stream.name}${reason ? `: ${reason}` : ''}`);
  marketStatus: StreamPublisher['marketStatus'] = (market, state, reason) =>
    this.calls.push(`market ${market} ${state}${reason ? `: ${reason}` : ''}`);
  close: StreamPublisher['close'] = (stream) => this.calls.push(`close ${stream.name}`);
  forget: StreamPublisher['forget'] = (stream) => this.calls.push(`forget ${stream.name}`);

  /** What was said since the last time. */
  take(): string[] {
    return this.calls.splice(0);
  }

  /** What was told since the last time, in words. */
  news(): string[] {
    return this.told.splice(0).map(({ item }) => {
      if ('status' in item) return `${item.origin} order ${item.id} ${item.status} ${item.filledQuantity}`;
      if ('coins' in item)
        return `${item.origin} ${item.coins.map(({ coin, walletBalance }) => `${coin} ${walletBalance}`).join()}`;
      if ('orderId' in item) return `${item.origin} ${item.id} ${item.quantity}`;
      return `${item.origin} position ${item.symbol} ${item.side} ${item.size}`;
    });
  }
}

/** An account at an exchange, and the upstream that follows it. */
export function setUp({ configured = true, aheadMs = 0 } = {}) {
  const clock = new ManualClock();
  const account = new ModelAccount(clock, aheadMs);
  const exchange = new FakeExchange(account.hear);
  const demand = new Demanded();
  const published = new Published();
  const logged: string[] = [];
  const log = (fields: object, text: string): void => void logged.push(`${text} ${inspect(fields, { depth: null })}`);
  const options = {
    credentials: configured ? new BybitCredentials('my-key', 'my-secret') : undefined,
    wsUrl: 'ws://exchange/',
    restUrl: 'http://rest/',
    keepAlive: { pingIntervalMs: 20_000, pongTimeoutMs: 10_000 },
    backoff: { initialMs: 1000, maxMs: 60_000, multiplier: 2 },
    lingerMs: 5000,
  };
  const deps = { demand, publisher: published, clock, random: () => 0.5, dial: exchange.dial, fetchJson: account.fetchJson };
  const upstream = new AccountUpstream(options, { ...deps, log: { info: log, warn: log } });
  upstream.start();
  return { clock, account, exchange, demand, published, upstream, logged, options };
}

export type World = ReturnType<typeof setUp>;

/** Lets a socket that was dialled open, and everything that follows. */
export async function open({ exchange }: World): Promise<void> {
  await settled();
  exchange.newest.open();
  for (let i = 0; i < 20; i++) await settled();
}

export async function live(world: World): Promise<void> {
  world.demand.want(...ALL);
  await open(world);
}

export async function drop(world: World): Promise<void> {
  world.account.disconnect();
  world.exchange.newest.drop();
  await settled();
}

/** The connection breaks, `meanwhile` happens unseen, and it is made again. */
export async function reconnect(world: World, meanwhile: () => void): Promise<void> {
  await drop(world);
  meanwhile();
  world.clock.advance(1000);
  await open(world);
}
