import { type ApiKey, checkAuth } from './api-key';
import type { Connection } from './connection';
import { tradePong, tradeReply } from './control-frames';
import type { AckSender } from './public-socket';
import type { ExchangeTime } from './push-schedule';
import { decodeRequest, type Request } from './request';

/** `/v5/trade`: authentication and pings; it takes no orders. */
export class TradeSocket {
  constructor(
    private readonly connection: Connection,
    private readonly apiKey: ApiKey,
    private readonly time: ExchangeTime,
    private readonly ack: AckSender,
  ) {}

  receive(text: string): Request | undefined {
    const { connection } = this;
    const { connId } = connection;
    const request = decodeRequest(text, 'reqId');
    if ('error' in request) {
      connection.sendControl(tradeReply(10001, request.error, '', { connId, reqId: undefined }));
      return undefined;
    }
    connection.remember(request);
    const to = { connId, reqId: request.reqId };
    switch (request.op) {
      case 'ping':
        connection.lastPing = this.time.now();
        if (!connection.mute) connection.sendControl(tradePong(to, this.time.now()));
        break;
      case 'auth':
        this.ack(connection, this.authenticate(request, to.reqId));
        break;
      default:
        connection.sendControl(
          connection.authenticated
            ? tradeReply(10404, 'op type is not found', request.op, to)
            : tradeReply(10003, 'Request not authorized', request.op, to),
        );
    }
    return request;
  }

  private authenticate(request: Request, reqId: string | undefined): string {
    const to = { connId: this.connection.connId, reqId };
    if (this.connection.authenticated) return tradeReply(20001, 'Repeat auth', 'auth', to);
    switch (checkAuth(request.args, this.apiKey, this.time.now())) {
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
