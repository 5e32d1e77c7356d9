import type { Category } from './categories';
import type { Connection } from './connection';
import { commandResponse, publicAck, publicPong, publicRefusal, type TopicOperation } from './control-frames';
import type { ExchangeTime } from './push-schedule';
import { decodeRequest, type Request, stringArgs } from './request';

const SPOT_ARGS_PER_REQUEST = 10;
const OPTION_ARGS_PER_CONNECTION = 2_000;

/** What a public socket needs of the topics: the model's, or a recording's. */
export interface TopicSource {
  has(category: Category, topic: string): boolean;
  /** Subscribes; the returned function sends what a newcomer gets at once. */
  subscribe(connection: Connection, category: Category, topic: string): () => void;
  unsubscribe(connection: Connection, category: Category, topic: string): void;
}

/** Sends an ack: at once, late or never, as the faults want it. */
export type AckSender = (connection: Connection, frame: string) => void;

/** The control protocol of one public socket. Whatever arrives, the socket stays open. */
export class PublicSocket {
  constructor(
    private readonly connection: Connection,
    private readonly category: Category,
    private readonly topics: TopicSource,
    private readonly time: ExchangeTime,
    private readonly ack: AckSender,
    /** Longest sum of args of one connection, in characters. */
    private readonly maxArgsLength: number,
  ) {}

  receive(text: string): Request | undefined {
    const { connection, category } = this;
    const { connId } = connection;
    const request = decodeRequest(text);
    if ('error' in request) {
      connection.sendControl(publicRefusal(category, '', request.error, { connId, reqId: undefined }));
      return undefined;
    }
    connection.remember(request);
    const to = { connId, reqId: request.reqId };
    switch (request.op) {
      case 'ping':
        if (!connection.mute) connection.sendControl(publicPong(category, to, this.time.now()));
        break;
      case 'subscribe':
      case 'unsubscribe': {
        const args = stringArgs(request);
        if ('error' in args) connection.sendControl(publicRefusal(category, '', args.error, to));
        else if (category === 'option') this.partly(request.op, args);
        else this.allOrNothing(request.op, args, request);
        break;
      }
      default:
        connection.sendControl(publicRefusal(category, request.op, 'error:invalid op', to));
    }
    return request;
  }

  /** One bad topic fails the whole request, and only the first is named. */
  private allOrNothing(op: TopicOperation, args: readonly string[], request: Request): void {
    const { connection, category } = this;
    const to = { connId: connection.connId, reqId: request.reqId };
    const refusal = op === 'subscribe' ? this.offence(args) : this.tooMany(args);
    if (refusal !== undefined) {
      this.ack(connection, publicRefusal(category, op, refusal, to));
      return;
    }
    if (op === 'unsubscribe') {
      for (const topic of args) this.leave(topic);
      this.ack(connection, publicAck(category, op, to));
      return;
    }
    const greetings = args.map((topic) => this.join(topic));
    const greet = (): void => greetings.forEach((one) => one());
    // Linear and inverse send data before they say yes; spot says yes first.
    if (category !== 'spot') greet();
    this.ack(connection, publicAck(category, op, to));
    if (category === 'spot') greet();
  }

  private offence(args: readonly string[]): string | undefined {
    const tooMany = this.tooMany(args);
    if (tooMany !== undefined) return tooMany;
    const seen = new Set(this.connection.topics);
    for (const topic of args) {
      if (!this.topics.has(this.category, topic)) {
        return this.category === 'spot' ? `Invalid symbol :[${topic}]` : `error:handler not found,topic:${topic}`;
      }
      if (seen.has(topic)) return `error:already subscribed,topic:${topic}`;
      seen.add(topic);
    }
    const length = args.reduce((sum, topic) => sum + lengthOf(topic), this.connection.argsLength);
    return length > this.maxArgsLength ? `error:args too long,max length is ${this.maxArgsLength}` : undefined;
  }

  private tooMany(args: readonly string[]): string | undefined {
    return this.category === 'spot' && args.length > SPOT_ARGS_PER_REQUEST ? `args size >${SPOT_ARGS_PER_REQUEST}` : undefined;
  }

  /** Options: each topic for itself. */
  private partly(op: TopicOperation, args: readonly string[]): void {
    const { connection } = this;
    const good: string[] = [];
    const bad: string[] = [];
    const greetings: (() => void)[] = [];
    for (const topic of args) {
      const fits =
        connection.topics.size < OPTION_ARGS_PER_CONNECTION && connection.argsLength + lengthOf(topic) <= this.maxArgsLength;
      if (op === 'unsubscribe') {
        this.leave(topic);
        good.push(topic);
      } else if (fits && this.topics.has('option', topic) && !connection.topics.has(topic)) {
        greetings.push(this.join(topic));
        good.push(topic);
      } else {
        bad.push(topic);
      }
    }
    this.ack(connection, commandResponse(connection.connId, good, bad));
    for (const greet of greetings) greet();
  }

  private join(topic: string): () => void {
    this.connection.argsLength += lengthOf(topic);
    return this.topics.subscribe(this.connection, this.category, topic);
  }

  private leave(topic: string): void {
    if (!this.connection.topics.has(topic)) return;
    this.connection.argsLength -= lengthOf(topic);
    this.topics.unsubscribe(this.connection, this.category, topic);
  }
}

/** A topic as it stands in args: with its quotes and comma. */
function lengthOf(topic: string): number {
  return topic.length + 3;
}
