import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../clock/clock';
import type { ApiKey } from './api-key';
import { type Category, isCategory } from './categories';
import { Connection, type Endpoint } from './connection';
import { ControlEndpoint } from './control-endpoint';
import { ExchangeClock } from './exchange-clock';
import { Faults } from './faults';
import { IdleReaper } from './idle-reaper';
import { LiveTopics } from './live-topics';
import { MarketModel } from './market-model';
import { PrivateSocket } from './private-socket';
import { PublicSocket } from './public-socket';
import { PushSchedule } from './push-schedule';
import { hash, seededRandom } from './random';
import type { Request } from './request';
import type { Recording } from './recording';
import { ReplayTopics } from './replay-topics';
import { RestApi } from './rest-api';
import { SocketDoor, type SocketProtocol } from './socket-door';
import { TopicBoard } from './topic-board';
import { TradeSocket } from './trade-socket';

/** In so many events every topic has long had something to say. */
const MOST_STIRS = 1_000;

export interface SimulatorOptions {
  /** 0: any free port. */
  port: number;
  host: string;
  /** How many symbols linear and spot have; undefined: the named ones. */
  symbols: number | undefined;
  /** Frames per second in total over what is subscribed; 0: each topic at its natural period. */
  rate: number;
  /** Two exchanges with the same seed and clock tell the same story. */
  seed: number;
  clock: Clock;
  /** Nothing is pushed by timers: only by `step`, `publish` and `push`. */
  manual: boolean;
  /** A socket with neither requests nor data for this long is cut. */
  idleCutMs: number;
  /** The same for sockets without a subscription, where users saw 60 s; undefined: no difference. */
  idleCutUnsubscribedMs: number | undefined;
  /** New sockets per 5 minutes; more get HTTP 403. */
  maxNewConnections: number;
  /** Longest sum of args of one public connection, in characters. */
  maxArgsLength: number;
  /** The one account of the private sockets. */
  apiKey: ApiKey;
  /** Plays recorded frames instead of the model's: only topics of the recording exist then. */
  replay: { readonly recording: Recording; readonly speed: number } | undefined;
}

const DEFAULTS: SimulatorOptions = {
  port: 0,
  host: '127.0.0.1',
  symbols: undefined,
  rate: 0,
  seed: 1,
  clock: systemClock,
  manual: false,
  idleCutMs: 600_000,
  idleCutUnsubscribedMs: undefined,
  maxNewConnections: 500,
  maxArgsLength: 21_000,
  apiKey: { key: 'test-key', secret: 'test-secret' },
  replay: undefined,
};

/** Requests that are remembered in all. */
const MAX_REQUESTS = 20_000;

/** A request, with where it came from. */
export interface ReceivedRequest {
  readonly connId: string;
  readonly endpoint: Endpoint;
  readonly request: Request;
}

interface Wait {
  look(): boolean;
}

/** A Bybit of one's own: public and private WebSocket and REST on one local port, with faults on command. */
export class SimulatedExchange {
  readonly model: MarketModel;
  readonly faults: Faults;
  /** Everything clients asked for, oldest first. */
  readonly requests: ReceivedRequest[] = [];
  private readonly open = new Set<Connection>();
  private readonly waits = new Set<Wait>();
  private readonly time: ExchangeClock;
  private readonly board: TopicBoard;
  private readonly schedule: PushSchedule;
  private readonly reaper: IdleReaper;
  private readonly door: SocketDoor;
  private readonly rest: RestApi;
  private readonly control: ControlEndpoint;
  private readonly server: Server;
  private readonly player: ReplayTopics | undefined;

  private constructor(private readonly options: SimulatorOptions) {
    const { clock, seed } = options;
    this.time = new ExchangeClock(clock);
    this.model = new MarketModel(seed, clock.now(), options.symbols);
    this.board = new TopicBoard(this.model);
    const { replay } = options;
    if (replay) {
      this.player = new ReplayTopics(replay.recording, replay.speed, this.board, clock, this.time);
      for (const { category, symbol } of replay.recording.symbols) this.model.addRecorded(category, symbol);
    }
    this.faults = new Faults(this.open, this.board, this.model, this.time, clock);
    this.schedule = new PushSchedule(this.board, clock, this.time, seededRandom(hash('schedule', seed)), options.rate);
    this.reaper = new IdleReaper(this.open, clock, this.time, options);
    this.rest = new RestApi(this.model, this.time, !options.manual);
    this.control = new ControlEndpoint(this.faults, () => this.describe());
    const rules = {
      maxNewConnections: options.maxNewConnections,
      refusal: (endpoint: Endpoint) => this.faults.takeUpgradeRefusal(endpoint),
      protocol: (connection: Connection) => this.protocolFor(connection),
      opened: (connection: Connection) => this.opened(connection),
      closed: (connection: Connection) => this.closed(connection),
      received: (connection: Connection, request: Request) => this.received(connection, request),
    };
    this.door = new SocketDoor(this.open, rules, this.time, seededRandom(hash('connections', seed)));
    this.server = createServer((request, response) => this.serve(request, response));
    this.server.on('upgrade', (request, socket, head: Buffer) => this.door.upgrade(request, socket, head));
  }

  /** Listens; rejects when the port is taken. */
  static async start(options: Partial<SimulatorOptions> = {}): Promise<SimulatedExchange> {
    const exchange = new SimulatedExchange({ ...DEFAULTS, ...options });
    const { port, host, manual } = exchange.options;
    await new Promise<void>((resolve, reject) => {
      exchange.server.once('error', reject);
      exchange.server.listen(port, host, resolve);
    });
    exchange.reaper.start();
    if (!manual) exchange.schedule.start();
    return exchange;
  }

  /** Cuts all sockets and stops listening. */
  async stop(): Promise<void> {
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
    return new Promise((resolve) => {
      const wait = {
        look: () => {
          const found = look();
          if (found === undefined) return false;
          resolve(found);
          return true;
        },
      };
      if (!wait.look()) this.waits.add(wait);
    });
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
    const seen = new Set(this.requests);
    return this.when(() => this.requests.find((one) => !seen.has(one) && match(one)));
  }

  private protocolFor(connection: Connection): SocketProtocol {
    const { apiKey, maxArgsLength } = this.options;
    const ack = (to: Connection, frame: string): void => this.faults.sendAck(to, frame);
    if (connection.endpoint === 'private') return new PrivateSocket(connection, apiKey, this.time, ack, this.player);
    if (connection.endpoint === 'trade') return new TradeSocket(connection, apiKey, this.time, ack);
    const topics = this.player ?? new LiveTopics(this.board, this.time);
    return new PublicSocket(connection, connection.endpoint, topics, this.time, ack, maxArgsLength);
  }

  private opened(connection: Connection): void {
    this.faults.meet(connection);
    this.changed();
  }

  private closed(connection: Connection): void {
    this.player?.leaveAll(connection);
    if (isCategory(connection.endpoint)) this.board.leaveAll(connection, connection.endpoint);
    this.changed();
  }

  private received(connection: Connection, request: Request): void {
    this.requests.push({ connId: connection.connId, endpoint: connection.endpoint, request });
    if (this.requests.length > MAX_REQUESTS) this.requests.splice(0, MAX_REQUESTS / 2);
    this.changed();
  }

  private changed(): void {
    for (const wait of [...this.waits]) if (wait.look()) this.waits.delete(wait);
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith('/control')) {
      this.control.serve(request, response, url.pathname);
      return;
    }
    const fault = this.faults.takeRestFault();
    if (fault === 'timeout') return;
    const answer = fault === undefined && request.method === 'GET' ? this.rest.answer(url.pathname, url.searchParams) : undefined;
    response.writeHead(fault ?? (answer ? 200 : 404), { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: fault ?? 404 }));
  }

  private describe(): object {
    return {
      time: this.time.now(),
      connections: this.connections.map((one) => ({
        connId: one.connId,
        endpoint: one.endpoint,
        openedAt: one.openedAt,
        framesSent: one.framesSent,
        topics: [...one.topics],
      })),
      topics: [...this.board.live].map(({ category, topic, published, subscribers }) => ({
        category,
        topic,
        published,
        subscribers: subscribers.size,
      })),
    };
  }
}
