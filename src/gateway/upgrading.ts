import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type Server, type ServerOptions, type WebSocket } from 'ws';
import { refuse } from './admission';
import { ClientWebSocket } from './client';

export interface UpgradeOptions {
  readonly maxPayloadBytes: number;
  /** Whether permessage-deflate is offered. */
  readonly compression: boolean;
}

export type ClientServer = Server<typeof ClientWebSocket>;

/** Turns HTTP upgrades into WebSockets; what is none is told so. */
export function upgrading({ maxPayloadBytes, compression }: UpgradeOptions): ClientServer {
  const options: ServerOptions<typeof ClientWebSocket> = {
    noServer: true,
    WebSocket: ClientWebSocket,
    clientTracking: false,
    // Each message is compressed by itself, so that one compressed message serves everybody.
    perMessageDeflate: compression && { serverNoContextTakeover: true, clientNoContextTakeover: true },
    maxPayload: maxPayloadBytes,
    // Whoever is pinged answers: a function per client would be needed otherwise.
    autoPong: false,
  };
  const server = new WebSocketServer(options);
  server.on('wsClientError', ({ message }, socket, { headers }) => {
    refuse(socket, { status: 400, code: 'BAD_UPGRADE', error: `This is no WebSocket upgrade: ${message}.` }, headers);
  });
  return server;
}

/** A client that asked for a smaller window than ours gets uncompressed messages, which it must take as well (RFC 7692, 6). */
export function takesDeflated(ws: WebSocket, request: IncomingMessage): boolean {
  const offer = request.headers['sec-websocket-extensions'] ?? '';
  return ws.extensions.includes('permessage-deflate') && !offer.includes('server_max_window_bits');
}
