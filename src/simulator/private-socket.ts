import { type ApiKey, checkAuth } from './api-key';
import type { Connection } from './connection';
import { privatePong, privateReply } from './control-frames';
import type { AckSender } from './public-socket';
import type { ExchangeTime } from './push-schedule';
import { decodeRequest, type Request, stringArgs } from './request';

const PLAIN_TOPICS = ['wallet', 'greeks', 'strategy', 'dcp.future', 'dcp.spot', 'dcp.option', 'spread.order', 'spread.execution'];
/** Topics that exist all in one and by category; the two forms cannot stand in the same request. */
const CATEGORISED: Readonly<Record<string, readonly string[]>> = {
  order: ['spot', 'linear', 'inverse', 'option'],
  execution: ['spot', 'linear', 'inverse', 'option'],
  'execution.fast': ['spot', 'linear', 'inverse', 'option'],
  position: ['linear', 'inverse', 'option'],
};
const TOPICS = new Set([
  ...PLAIN_TOPICS,
  ...Object.entries(CATEGORISED).flatMap(([name, of]) => [name, ...of.map((one) => `${name}.${one}`)]),
]);

/** Where account frames come from, if from anywhere. */
export interface AccountFrames {
  join(connection: Connection, topic: string): void;
  leave(connection: Connection, topic: string): void;
}

/** The control protocol of `/v5/private`. Account frames are pushed from outside. */
export class PrivateSocket {
  constructor(
    private readonly connection: Connection,
    private readonly apiKey: ApiKey,
    private readonly time: ExchangeTime,
    private readonly ack: AckSender,
    private readonly account?: AccountFrames,
  ) {}

  receive(text: string): Request | undefined {
    const { connection } = this;
    const { connId } = connection;
    const request = decodeRequest(text);
    if ('error' in request) {
      connection.sendControl(privateReply(false, request.error, '', { connId, reqId: undefined }));
      return undefined;
    }
    connection.remember(request);
    const to = { connId, reqId: request.reqId };
    switch (request.op) {
      case 'ping':
        connection.lastPing = this.time.now();
        if (!connection.mute) connection.sendControl(privatePong(to, this.time.now()));
        break;
      case 'auth': {
        const result = checkAuth(request.args, this.apiKey, this.time.now());
        if (result === 'ok') connection.authenticated = true;
        this.ack(connection, privateReply(result === 'ok', result === 'ok' ? '' : 'Params Error', 'auth', to));
        break;
      }
      case 'subscribe':
      case 'unsubscribe': {
        const reason = this.change(request);
        this.ack(connection, privateReply(reason === '', reason, request.op, to));
        if (reason === '') this.tell(request);
        break;
      }
      default:
        connection.sendControl(privateReply(false, 'error:invalid op', request.op, to));
    }
    return request;
  }

  private tell({ op, args }: Request): void {
    for (const topic of args) {
      if (op === 'subscribe') this.account?.join(this.connection, String(topic));
      else this.account?.leave(this.connection, String(topic));
    }
  }

  /** Does what is asked and returns "", or says why not. */
  private change(request: Request): string {
    const { topics, authenticated } = this.connection;
    if (!authenticated) return 'Request not authorized';
    const args = stringArgs(request);
    if ('error' in args) return args.error;
    if (request.op === 'unsubscribe') {
      for (const topic of args) topics.delete(topic);
      return '';
    }
    const unknown = args.find((topic) => !TOPICS.has(topic));
    if (unknown !== undefined) return `error:handler not found,topic:${unknown}`;
    const mixed = args.some((topic) => CATEGORISED[topic]?.some((category) => args.includes(`${topic}.${category}`)));
    if (mixed) return 'Params Error';
    const twice = args.find((topic, i) => topics.has(topic) || args.indexOf(topic) < i);
    if (twice !== undefined) return `error:already subscribed,topic:${twice}`;
    for (const topic of args) topics.add(topic);
    return '';
  }
}
