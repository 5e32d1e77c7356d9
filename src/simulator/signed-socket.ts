import type { Connection } from './connection';
import type { Addressee } from './control-frames';
import type { ExchangeTime } from './push-schedule';
import { decodeRequest, type Request } from './request';
import type { SocketProtocol } from './socket-door';

/** How one of the two sockets with authentication words things. */
export interface SignedDialect {
  readonly idKey: 'req_id' | 'reqId';
  undecodable(reason: string, to: Addressee): string;
  pong(to: Addressee, now: number): string;
  /** Any request but a ping. */
  handle(request: Request, to: Addressee): void;
}

/** What the private and the order entry socket have in common: reading requests and answering pings. */
export class SignedSocket implements SocketProtocol {
  constructor(
    private readonly connection: Connection,
    private readonly dialect: SignedDialect,
    private readonly time: ExchangeTime,
  ) {}

  receive(text: string): Request | undefined {
    const { connection, dialect } = this;
    const { connId } = connection;
    const request = decodeRequest(text, dialect.idKey);
    if ('error' in request) {
      connection.sendControl(dialect.undecodable(request.error, { connId, reqId: undefined }));
      return undefined;
    }
    connection.remember(request);
    const to = { connId, reqId: request.reqId };
    if (request.op === 'ping') {
      connection.lastPing = this.time.now();
      if (!connection.mute) connection.sendControl(dialect.pong(to, this.time.now()));
    } else {
      dialect.handle(request, to);
    }
    return request;
  }
}
