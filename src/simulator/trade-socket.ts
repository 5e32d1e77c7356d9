import { RestError } from './rest-answer';
import { checkTime } from './account/request-signature';
import type { Authority } from './api-key';
import type { Fields } from './command-fields';
import type { Connection } from './connection';
import { type Addressee, orderReply, tradePong, tradeReply } from './control-frames';
import type { AckSender } from './public-socket';
import type { ExchangeTime } from './push-schedule';
import type { Request } from './request';
import type { SignedDialect } from './signed-socket';

/** Ids that a socket remembers. */
const MAX_IDS = 10_000;

/** What the order entry socket does for its clients: the calls of REST, with their bodies. */
interface OrderEntry {
  create(body: Fields): object;
  amend(body: Fields): object;
  cancel(body: Fields): object;
}

const OPERATIONS: Readonly<Record<string, keyof OrderEntry>> = {
  'order.create': 'create',
  'order.amend': 'amend',
  'order.cancel': 'cancel',
};

/** `/v5/trade`: authentication, pings, and orders one at a time. */
export class TradeSocket implements SignedDialect {
  readonly idKey = 'reqId';
  readonly pong = tradePong;
  /** An id may be used once per socket. */
  private readonly used = new Set<string>();

  constructor(
    private readonly connection: Connection,
    private readonly authority: Authority,
    private readonly time: ExchangeTime,
    private readonly ack: AckSender,
    private readonly orders: OrderEntry,
  ) {}

  undecodable(reason: string, to: Addressee): string {
    return tradeReply(10001, reason, '', to);
  }

  handle(request: Request, to: Addressee): void {
    const { connection } = this;
    if (request.op === 'auth') this.ack(connection, this.authenticate(request, to));
    else this.ack(connection, connection.authenticated ? this.order(request, to) : this.unauthorised(request, to));
  }

  private unauthorised({ op }: Request, to: Addressee): string {
    return tradeReply(10003, 'Request not authorized', op, to);
  }

  private order(request: Request, to: Addressee): string {
    const { op, args, reqId } = request;
    const operation = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined;
    if (!operation) return tradeReply(10404, 'op type is not found', op, to);
    if (reqId !== undefined && this.used.has(reqId)) return tradeReply(20006, 'reqId is duplicated', op, to);
    if (reqId !== undefined) this.use(reqId);
    const now = this.time.now();
    try {
      const header = headerOf(request);
      checkTime(textOf(header['X-BAPI-TIMESTAMP']), textOf(header['X-BAPI-RECV-WINDOW']), now);
      const [body] = args;
      if (typeof body !== 'object' || body === null) throw new RestError(10001, 'params error: args must hold one object');
      return orderReply(0, 'OK', op, this.orders[operation](body as Fields), to, now);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      return orderReply(error.retCode, error.message, op, {}, to, now);
    }
  }

  private use(reqId: string): void {
    this.used.add(reqId);
    const [oldest] = this.used;
    if (this.used.size > MAX_IDS && oldest !== undefined) this.used.delete(oldest);
  }

  private authenticate(request: Request, to: Addressee): string {
    if (this.connection.authenticated) return tradeReply(20001, 'Repeat auth', 'auth', to);
    switch (this.authority.check(request.args)) {
      case 'ok':
        this.connection.authenticated = true;
        return tradeReply(0, 'OK', 'auth', to);
      case 'wrong':
        return tradeReply(10004, 'Invalid sign', 'auth', to);
      case 'expired':
      case 'malformed':
        return tradeReply(10001, 'Params Error', 'auth', to);
    }
  }
}

function headerOf({ text }: Request): Fields {
  const { header } = JSON.parse(text) as { header?: unknown };
  return typeof header === 'object' && header !== null ? (header as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
