import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { WsClientSocket } from './client-socket';
import { OutFrame } from './out-frame';
import { takesDeflated, upgrading, type ClientServer, type UpgradeOptions } from './upgrading';

export const CONFORMANCE_PATH = '/conformance';

/** A client that does not read its echoes is not read from while more than this waits for it. */
const PAUSE_BYTES = 1_048_576;

/**
 * Sends every message back, framed and written as data to clients is, so that a WebSocket conformance suite can judge that. Not for
 * production: such clients have no session, and so neither a rate limit nor an idle time.
 */
export class ConformanceEcho {
  private readonly server: ClientServer;
  private readonly clients = new Set<WebSocket>();

  /** @param deflateFrom smaller messages go back uncompressed */
  constructor(
    options: UpgradeOptions,
    private readonly deflateFrom: number,
  ) {
    this.server = upgrading(options);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.server.handleUpgrade(request, socket, head, (ws) =>
      this.serve(ws, new WsClientSocket(ws, socket), takesDeflated(ws, request)),
    );
  }

  /** Drops all clients. */
  close(): void {
    for (const ws of this.clients) ws.terminate();
  }

  private serve(ws: WebSocket, socket: WsClientSocket, deflate: boolean): void {
    this.clients.add(ws);
    ws.on('close', () => this.clients.delete(ws));
    // The close frame that follows tells the client; nobody else wants to know.
    ws.on('error', () => undefined);
    const pace = (): void => {
      if (socket.backlog <= PAUSE_BYTES || ws.isPaused) return;
      ws.pause();
      socket.whenDrained(() => ws.resume());
    };
    ws.on('ping', (data) => {
      if (socket.open) ws.pong(data);
      pace();
    });
    ws.on('message', (data: RawData, binary) => {
      if (!socket.open) return;
      socket.write(OutFrame.echo(data as Buffer, binary, this.deflateFrom).bytes(deflate));
      pace();
    });
  }
}
