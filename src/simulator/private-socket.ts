import type { Authority } from './api-key';
import type { Connection } from './connection';
import { type Addressee, privatePong, privateReply } from './control-frames';
import type { AckSender } from './public-socket';
import { type Request, stringArgs } from './request';
import type { SignedDialect } from './signed-socket';

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

/** Where account frames come from. */
export interface AccountFrames {
  join(connection: Connection, topic: string): void;
  leave(connection: Connection, topic: string): void;
  leaveAll(connection: Connection): void;
}

/** The control protocol of `/v5/private`. Account frames are pushed from outside. */
export class PrivateSocket implements SignedDialect {
  readonly idKey = 'req_id';
  readonly pong = privatePong;

  constructor(
    private readonly connection: Connection,
    private readonly authority: Authority,
    private readonly ack: AckSender,
    private readonly account: AccountFrames,
  ) {}

  undecodable(reason: string, to: Addressee): string {
    return privateReply(false, reason, '', to);
  }

  handle(request: Request, to: Addressee): void {
    const { connection } = this;
    switch (request.op) {
      case 'auth': {
        const granted = this.authority.check(request.args) === 'ok';
        if (granted) connection.authenticated = true;
        this.ack(connection, privateReply(granted, granted ? '' : 'Params Error', 'auth', to));
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
  }

  private tell({ op, args }: Request): void {
    for (const topic of args) {
      if (op === 'subscribe') this.account.join(this.connection, String(topic));
      else this.account.leave(this.connection, String(topic));
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
