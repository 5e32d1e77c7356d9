import type { Clock } from '../clock/clock';
import { AccountFaults } from './account/account-faults';
import type { Category } from './categories';
import type { Connection, Endpoint } from './connection';
import type { ExchangeClock } from './exchange-clock';
import type { MarketModel } from './market-model';
import type { TopicBoard } from './topic-board';
import type { TopicChannel } from './topic-channel';
import { canRestart, canSnapshot } from './topic-feed';

/** Which sockets a fault is for; everything left out matches all. `lasting` also hits sockets opened later, until {@link Faults.clear}. */
export interface FaultScope {
  readonly endpoint?: Endpoint | undefined;
  readonly connId?: string | undefined;
  readonly lasting?: boolean | undefined;
}

export type HaltingFault = 'silence' | 'mutePongs' | 'halfOpen';
export type RestFault = 403 | 429 | 500 | 502 | 'timeout';

interface Counted {
  readonly endpoint: Endpoint | undefined;
  left: number;
}

const HALT: Record<HaltingFault, (connection: Connection) => void> = {
  silence: (connection) => (connection.silent = true),
  mutePongs: (connection) => (connection.mute = true),
  halfOpen: (connection) => connection.freeze(),
};

/** Every way the exchange can misbehave, on command. Commands that hit sockets or topics return how many they hit. */
export class Faults {
  readonly account = new AccountFaults();
  private upgrades: (Counted & { readonly status: number }) | undefined;
  private acks: (Counted & { readonly delayMs: number | undefined }) | undefined;
  private rest: { readonly how: RestFault; left: number } | undefined;
  private readonly lasting: { readonly fault: HaltingFault; readonly scope: FaultScope }[] = [];

  constructor(
    private readonly connections: ReadonlySet<Connection>,
    private readonly board: TopicBoard,
    private readonly model: MarketModel,
    private readonly time: ExchangeClock,
    private readonly clock: Clock,
  ) {}

  /** Cuts the TCP connection without a close frame: clients see 1006. */
  drop(scope: FaultScope = {}): number {
    return this.each(scope, (connection) => connection.drop());
  }

  /** Closes as the exchange sometimes does; `code` as RFC 6455 lets an endpoint send it, or a RangeError. */
  close(scope: FaultScope = {}, code = 1000, reason = ''): number {
    if (!(code >= 1000 && code <= 4999) || [1004, 1005, 1006].includes(code))
      throw new RangeError(`no close frame has code ${code}`);
    return this.each(scope, (connection) => connection.close(code, reason));
  }

  /** Answers the next upgrades with an HTTP error (400 to 599, or a RangeError), `times` times or until {@link allowUpgrades}. */
  refuseUpgrades(status: number, times = Infinity, endpoint?: Endpoint): void {
    if (!(status >= 400 && status <= 599)) throw new RangeError(`an upgrade is refused with 400 to 599, not ${status}`);
    this.upgrades = { status, left: times, endpoint };
  }

  allowUpgrades(): void {
    this.upgrades = undefined;
  }

  /** No data at all any more, while pings are still answered. */
  silence(scope: FaultScope = {}): number {
    return this.halt('silence', scope);
  }

  /** Neither text nor protocol pings are answered; data flows on. */
  mutePongs(scope: FaultScope = {}): number {
    return this.halt('mutePongs', scope);
  }

  /** Reads nothing, answers nothing, never closes. */
  halfOpen(scope: FaultScope = {}): number {
    return this.halt('halfOpen', scope);
  }

  /** The next acks come late. */
  delayAcks(delayMs: number, times = Infinity, endpoint?: Endpoint): void {
    this.acks = { delayMs, left: times, endpoint };
  }

  /** The next acks never come, though what was asked for is done. */
  loseAcks(times = 1, endpoint?: Endpoint): void {
    this.acks = { delayMs: undefined, left: times, endpoint };
  }

  /** The next frame of a topic is lost: a hole in its update ids. */
  skipFrame(category: Category, topic: string): number {
    return this.topic(category, topic, (channel) => channel.lose++);
  }

  /** The next frame of a topic comes twice, update id and all. */
  repeatFrame(category: Category, topic: string): number {
    return this.topic(category, topic, (channel) => channel.repeat++);
  }

  /** The topic goes quiet; the others and the pongs go on. */
  stallTopic(category: Category, topic: string): number {
    return this.topic(category, topic, (channel) => (channel.stalled = true));
  }

  /** The book service restarts: update id 1 with the whole book, now. */
  restartBook(category: Category, topic: string, type: 'snapshot' | 'delta' = 'snapshot'): number {
    return this.topic(category, topic, (channel, now) => {
      if (canRestart(channel.feed)) channel.deliver(channel.feed.restart(now, type), now);
    });
  }

  /** A whole ticker or book that nobody asked for, now. */
  unsolicitedSnapshot(category: Category, topic: string): number {
    return this.topic(category, topic, (channel, now) => {
      if (canSnapshot(channel.feed)) channel.deliver(channel.feed.unsolicitedSnapshot(now), now);
    });
  }

  /** A data frame that breaks off in the middle. */
  malformedFrame(scope: FaultScope = {}, topic = 'tickers.BTCUSDT'): number {
    return this.send(`{"topic":"${topic}","type":"delta","data":{"symbol":`, scope);
  }

  /** JSON of a known topic with data of another shape. */
  wrongShapeFrame(scope: FaultScope = {}, topic = 'tickers.BTCUSDT'): number {
    return this.send(JSON.stringify({ topic, type: 'delta', ts: this.time.now(), data: [42, null] }), scope);
  }

  /** A frame of a topic that does not exist. */
  unknownTopicFrame(scope: FaultScope = {}, topic = 'mystery.BTCUSDT'): number {
    return this.send(JSON.stringify({ topic, type: 'snapshot', ts: this.time.now(), data: {} }), scope);
  }

  /** Valid JSON of at least `bytes` bytes. */
  oversizedFrame(scope: FaultScope = {}, bytes = 16 * 1024 * 1024, topic = 'tickers.BTCUSDT'): number {
    return this.send(JSON.stringify({ topic, type: 'delta', ts: this.time.now(), data: { padding: 'x'.repeat(bytes) } }), scope);
  }

  /** Subscribing to a topic finds no handler. */
  refuseTopic(category: Category, topic: string): void {
    this.board.refuse(category, topic);
  }

  /** A symbol stops trading: gone from instruments-info, its topics stop without a word, new subscriptions find no handler. */
  delist(category: Category, symbol: string): boolean {
    for (const channel of this.board.live) {
      if (channel.category === category && channel.topic.endsWith(`.${symbol}`)) channel.stalled = true;
    }
    return this.model.delist(category, symbol);
  }

  /** The exchange's clock is `ms` ahead of ours (negative: behind), in every frame and in checks of signatures. */
  skewClock(ms: number): void {
    this.time.skewMs = ms;
  }

  /** REST answers with this status, or never. */
  restDown(how: RestFault, times = Infinity): void {
    this.rest = { how, left: times };
  }

  /** Ends everything above; what has been sent or cut stays so. */
  clear(): void {
    this.upgrades = undefined;
    this.acks = undefined;
    this.rest = undefined;
    this.account.clear();
    this.lasting.length = 0;
    this.time.skewMs = 0;
    this.board.heal();
    this.model.relistAll();
    for (const connection of this.connections) {
      connection.silent = false;
      connection.mute = false;
      connection.thaw();
    }
  }

  /** What is switched on now, for people to read. */
  active(): Record<string, unknown> {
    const { upgrades, acks, rest, lasting } = this;
    return { upgrades, acks, rest, lasting, skewMs: this.time.skewMs, account: this.account.active() };
  }

  /** The status that the next upgrade on an endpoint is refused with, if it is. */
  takeUpgradeRefusal(endpoint: Endpoint): number | undefined {
    return take(this.upgrades, endpoint)?.status;
  }

  takeRestFault(): RestFault | undefined {
    if (!this.rest || this.rest.left <= 0) return undefined;
    this.rest.left--;
    return this.rest.how;
  }

  /** Lasting faults hit a new socket too. */
  meet(connection: Connection): void {
    for (const { fault, scope } of this.lasting) if (matches(connection, scope)) HALT[fault](connection);
  }

  /** Sends an ack, late or never if a fault says so. */
  sendAck(connection: Connection, frame: string): void {
    const fault = take(this.acks, connection.endpoint);
    if (!fault) {
      connection.sendControl(frame);
      return;
    }
    if (fault.delayMs !== undefined) this.clock.after(fault.delayMs, () => connection.sendControl(frame));
  }

  private halt(fault: HaltingFault, scope: FaultScope): number {
    if (scope.lasting) this.lasting.push({ fault, scope });
    return this.each(scope, HALT[fault]);
  }

  private send(frame: string, scope: FaultScope): number {
    return this.each(scope, (connection) => connection.sendData(frame, this.time.now()));
  }

  private each(scope: FaultScope, does: (connection: Connection) => void): number {
    const hit = [...this.connections].filter((connection) => matches(connection, scope));
    for (const connection of hit) does(connection);
    return hit.length;
  }

  /** Returns how many subscribers the topic has. */
  private topic(category: Category, topic: string, does: (channel: TopicChannel, now: number) => void): number {
    const channel = this.board.channel(category, topic);
    if (!channel) return 0;
    does(channel, this.time.now());
    return channel.subscribers.size;
  }
}

function matches(connection: Connection, { endpoint, connId }: FaultScope): boolean {
  return (endpoint === undefined || connection.endpoint === endpoint) && (connId === undefined || connection.connId === connId);
}

function take<T extends Counted>(fault: T | undefined, endpoint: Endpoint): T | undefined {
  if (!fault || fault.left <= 0 || (fault.endpoint !== undefined && fault.endpoint !== endpoint)) return undefined;
  fault.left--;
  return fault;
}
