import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { refuse } from './admission';

export interface UpgradeOptions {
  readonly maxPayloadBytes: number;
  /** Whether permessage-deflate is offered. */
  readonly compression: boolean;
}

/** Turns HTTP upgrades into WebSockets; what is none is told so. */
export function upgrading({ maxPayloadBytes, compression }: UpgradeOptions): WebSocketServer {
  const options: ServerOptions & { maxPendingAutoPongs: number } = {
    noServer: true,
    clientTracking: false,
    // Each message is compressed by itself, so that one compressed message serves everybody.
    perMessageDeflate: compression && { serverNoContextTakeover: true, clientNoContextTakeover: true },
    maxPayload: maxPayloadBytes,
    // It would drop a client that pings while its data waits, without a word. Pongs count as bytes that wait.
    maxPendingAutoPongs: 0,
  };
  const server = new WebSocketServer(options);
  server.on('wsClientError', ({ message }, socket) => {
    refuse(socket, { status: 400, code: 'BAD_UPGRADE', error: `This is no WebSocket upgrade: ${message}.` });
  });
  return server;
}

/** A client that asked for a smaller window than ours gets uncompressed messages, which it must take as well (RFC 7692, 6). */
export function takesDeflated(ws: WebSocket, request: IncomingMessage): boolean {
  const offer = request.headers['sec-websocket-extensions'] ?? '';
  return ws.extensions.includes('permessage-deflate') && !offer.includes('server_max_window_bits');
}
