import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Account } from './account/account';
import { AccountActivity } from './account/account-activity';
import { runAccountCommand } from './account/account-command';
import { AccountPushes } from './account/account-pushes';
import { AccountQueries } from './account/account-queries';
import { AccountRest } from './account/account-rest';
import { accountSummary } from './account/account-summary';
import { type Authority, checkAuth } from './api-key';
import { type Category, isCategory } from './categories';
import type { Connection, Endpoint } from './connection';
import { ControlEndpoint } from './control-endpoint';
import { ExchangeClock } from './exchange-clock';
import { describeExchange } from './exchange-description';
import { runFault } from './fault-command';
import { Faults } from './faults';
import { HttpDoor } from './http-door';
import { IdleReaper } from './idle-reaper';
import { LiveTopics } from './live-topics';
import { Lookout, type ReceivedRequest } from './lookout';
import { MarketModel } from './market-model';
import { PrivateSocket } from './private-socket';
import { PublicSocket } from './public-socket';
import { PushSchedule } from './push-schedule';
import { hash, seededRandom } from './random';
import { ReplayTopics } from './replay-topics';
import { RestApi } from './rest-api';
import { SignedSocket } from './signed-socket';
import { DEFAULTS, type SimulatorOptions } from './simulator-options';
import { SocketDoor, type SocketProtocol } from './socket-door';
import { TopicBoard } from './topic-board';
import { TradeSocket } from './trade-socket';

/** In so many events every topic has long had something to say. */
const MOST_STIRS = 1_000;

/** A Bybit of one's own: public and private WebSocket and REST on one local port, with an account and faults on command. */
export class SimulatedExchange {
  readonly model: MarketModel;
  readonly faults: Faults;
  readonly account: Account;
  private readonly lookout = new Lookout();
  private readonly open = new Set<Connection>();
  private readonly time: ExchangeClock;
  private readonly board: TopicBoard;
  private readonly schedule: PushSchedule;
  private readonly reaper: IdleReaper;
  private readonly door: SocketDoor;
  private readonly server: Server;
  private readonly player: ReplayTopics | undefined;
  private readonly pushes: AccountPushes;
  private readonly activity: AccountActivity;

  private constructor(private readonly options: SimulatorOptions) {
    const { clock, seed, replay } = options;
    const random = (name: string) => seededRandom(hash(name, seed));
    const began = clock.now();
    this.time = new ExchangeClock(clock);
    this.model = new MarketModel(seed, began, options.symbols);
    this.board = new TopicBoard(this.model);
    if (replay) {
      this.player = new ReplayTopics(replay.recording, replay.speed, this.board, clock, this.time);
      for (const { category, symbol } of replay.recording.symbols) this.model.addRecorded(category, symbol);
    }
    this.faults = new Faults(this.open, this.board, this.model, this.time, clock);
    const faults = this.faults.account;
    // Ids of orders and fills never come again, also when an exchange begins anew.
    const fate = random(`account ${began}`);
    this.pushes = new AccountPushes(this.time, faults);
    this.account = new Account(this.model, this.pushes, faults, this.time, fate, options.balances);
    this.activity = new AccountActivity(this.account, this.model, clock, this.time, random('activity'), this.pushes);
    this.schedule = new PushSchedule(this.board, clock, this.time, random('schedule'), options.rate, this.account);
    this.reaper = new IdleReaper(this.open, clock, this.time, options);
    const rules = {
      maxNewConnections: options.maxNewConnections,
      refusal: (endpoint: Endpoint) => this.faults.takeUpgradeRefusal(endpoint),
      protocol: (connection: Connection) => this.protocolFor(connection),
      opened: (connection: Connection) => this.opened(connection),
      closed: (connection: Connection) => this.closed(connection),
      received: this.lookout.received.bind(this.lookout),
    };
    this.door = new SocketDoor(this.open, rules, this.time, random('connections'));
    const http = this.httpDoor();
    this.server = createServer((request, response) => http.serve(request, response));
    this.server.on('upgrade', (request, socket, head: Buffer) => this.door.upgrade(request, socket, head));
  }

  /** Listens; rejects when the port is taken. */
  static async start(options: Partial<SimulatorOptions> = {}): Promise<SimulatedExchange> {
    const exchange = new SimulatedExchange({ ...DEFAULTS, ...options });
    const { port, host, manual, accountActivity } = exchange.options;
    await new Promise<void>((resolve, reject) => {
      exchange.server.once('error', reject);
      exchange.server.listen(port, host, resolve);
    });
    exchange.reaper.start();
    if (!manual) exchange.schedule.start();
    exchange.activity.setRate(accountActivity);
    return exchange;
  }

  /** Cuts all sockets and stops listening. */
  async stop(): Promise<void> {
    this.activity.stop();
    this.schedule.stop();
    this.reaper.stop();
    this.door.stop();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Without a path: add `/v5/public/linear` and the like. */
  get wsUrl(): string {
    return `ws://${this.options.host}:${this.port}`;
  }

  get restUrl(): string {
    return `http://${this.options.host}:${this.port}`;
  }

  /** Sockets that are open, oldest first. */
  get connections(): readonly Connection[] {
    return [...this.open];
  }

  /** Everything clients asked for, oldest first. */
  get requests(): readonly ReceivedRequest[] {
    return this.lookout.requests;
  }

  /** Exchange time, skew included. */
  now(): number {
    return this.time.now();
  }

  /** `events` things happen in every market somebody listens to, then all that changed is pushed. Returns how many frames. */
  step(events = 1): number {
    return this.schedule.step(events);
  }

  /** Pushes what is new on one topic, whatever its period. Returns how many frames. */
  publish(category: Category, topic: string): number {
    return this.board.channel(category, topic)?.publish(this.time.now()) ?? 0;
  }

  /** Makes the market move so that the topic has something to say, and pushes it. Returns how many frames. */
  stir(category: Category, topic: string): number {
    const channel = this.board.channel(category, topic);
    if (!channel || channel.stalled) return 0;
    // Not all that happens shows in every topic: a quote may lie below the levels of a book that it tells of.
    for (let i = 0; i < MOST_STIRS; i++) {
      channel.feed.stir(this.time.now());
      const frames = channel.publish(this.time.now());
      if (frames > 0) return frames;
    }
    return 0;
  }

  /** Sends a frame word for word to all subscribers of a topic. Returns how many that are. */
  push(endpoint: Endpoint, topic: string, frame: string | object): number {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    const listeners = this.connections.filter((one) => one.endpoint === endpoint && one.topics.has(topic));
    for (const connection of listeners) connection.sendData(text, this.time.now());
    return listeners.length;
  }

  /** Sends an account frame to the private sockets that subscribed to its topic. Returns how many that are. */
  pushPrivate(frame: { readonly topic: string }): number {
    return this.push('private', frame.topic, frame);
  }

  /** Resolves with what `look` returns, as soon as it is not undefined; looks after every change of sockets or requests. */
  when<T>(look: () => T | undefined): Promise<T> {
    return this.lookout.when(look);
  }

  /** Resolves with a socket of the endpoint that is open. */
  whenConnected(endpoint: Endpoint): Promise<Connection> {
    return this.when(() => this.connections.find((one) => one.endpoint === endpoint && one.isOpen));
  }

  /** Resolves with an open socket that is subscribed to the topic. */
  whenSubscribed(endpoint: Endpoint, topic: string): Promise<Connection> {
    return this.when(() => this.connections.find((one) => one.endpoint === endpoint && one.isOpen && one.topics.has(topic)));
  }

  /** Resolves when nobody is subscribed to the topic any more. */
  whenUnsubscribed(endpoint: Endpoint, topic: string): Promise<true> {
    return this.when(() =>
      this.connections.some((one) => one.endpoint === endpoint && one.topics.has(topic)) ? undefined : true,
    );
  }

  /** Resolves with the first request from now on that matches. */
  whenRequested(match: (received: ReceivedRequest) => boolean): Promise<ReceivedRequest> {
    return this.lookout.whenRequested(match);
  }

  private protocolFor(connection: Connection): SocketProtocol {
    const { endpoint } = connection;
    const ack = (to: Connection, frame: string): void => this.faults.sendAck(to, frame);
    if (isCategory(endpoint)) {
      const topics = this.player ?? new LiveTopics(this.board, this.time);
      return new PublicSocket(connection, endpoint, topics, this.time, ack, this.options.maxArgsLength);
    }
    const authority: Authority = { check: (args) => this.authenticate(args) };
    const dialect =
      endpoint === 'private'
        ? new PrivateSocket(connection, authority, ack, this.player ?? this.pushes)
        : new TradeSocket(connection, authority, this.time, ack, this.account);
    return new SignedSocket(connection, dialect, this.time);
  }

  private authenticate(args: readonly unknown[]): ReturnType<Authority['check']> {
    const result = checkAuth(args, this.options.apiKey, this.time.now());
    return result === 'ok' && this.faults.account.refusesAuth ? 'wrong' : result;
  }

  private httpDoor(): HttpDoor {
    const { account, activity, faults, time } = this;
    const control = new ControlEndpoint({
      describe: () => ({ ...describeExchange(time.now(), this.open, this.board.live), faults: faults.active() }),
      describeAccount: () => accountSummary(account),
      clearFaults: () => faults.clear(),
      fault: (body) => runFault(faults, body),
      account: (body) => runAccountCommand(account, activity, body),
    });
    const rest = new RestApi(this.model, time, !this.options.manual);
    const queries = new AccountQueries(account, time);
    return new HttpDoor(control, rest, new AccountRest(account, queries, this.options.apiKey, faults.account, time), faults);
  }

  private opened(connection: Connection): void {
    this.faults.meet(connection);
    this.lookout.changed();
  }

  private closed(connection: Connection): void {
    this.player?.leaveAll(connection);
    this.pushes.leaveAll(connection);
    if (isCategory(connection.endpoint)) this.board.leaveAll(connection, connection.endpoint);
    this.lookout.changed();
  }
}
