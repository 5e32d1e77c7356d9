import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { isCategory } from './categories';
import { Connection, type Endpoint } from './connection';
import type { ExchangeTime } from './push-schedule';
import { type Random, randomText } from './random';
import type { Request } from './request';

const BASE32 = '0123456789abcdefghijklmnopqrstuv';
const BASE36 = `${BASE32}wxyz`;
const CONNECTION_WINDOW_MS = 5 * 60_000;
/** Larger than any request: 21,000 characters of args. */
const MAX_REQUEST_BYTES = 256 * 1024;

/** The protocol of one socket: takes a text, answers through its connection, and returns what it understood. */
export interface SocketProtocol {
  receive(text: string): Request | undefined;
}

export interface DoorRules {
  readonly maxNewConnections: number;
  /** The HTTP status a fault refuses the upgrade with. */
  refusal(endpoint: Endpoint): number | undefined;
  protocol(connection: Connection): SocketProtocol;
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  received(connection: Connection, request: Request): void;
}

/** Where WebSockets come in: endpoints, refusals, and the sockets that are open. */
export class SocketDoor {
  private readonly server = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: MAX_REQUEST_BYTES,
    perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true },
  });
  private readonly recent: number[] = [];

  constructor(
    private readonly connections: Set<Connection>,
    private readonly rules: DoorRules,
    private readonly time: ExchangeTime,
    private readonly random: Random,
  ) {}

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client may go away while it is being refused.
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '/', 'ws://localhost');
    const endpoint = endpointOf(url.pathname);
    if (!endpoint) {
      refuse(socket, 404);
      return;
    }
    const refusal = this.rules.refusal(endpoint);
    if (refusal !== undefined) {
      refuse(socket, refusal);
      return;
    }
    if (this.tooMany()) {
      refuse(socket, 403);
      return;
    }
    const maxActiveMs =
      endpoint === 'private' || endpoint === 'trade' ? activeTime(url.searchParams.get('max_active_time')) : undefined;
    this.server.handleUpgrade(request, socket, head, (webSocket) => this.open(webSocket, endpoint, maxActiveMs));
  }

  stop(): void {
    for (const connection of this.connections) connection.drop();
    this.server.close();
  }

  private open(socket: WebSocket, endpoint: Endpoint, maxActiveMs: number | undefined): void {
    const connId = `${randomText(this.random, 20, BASE32)}-${randomText(this.random, 5, BASE36)}`;
    const connection = new Connection(connId, endpoint, socket, this.time.now(), maxActiveMs);
    const protocol = this.rules.protocol(connection);
    socket.on('message', (data) => {
      connection.lastActivity = this.time.now();
      const request = protocol.receive(textOf(data));
      if (request) this.rules.received(connection, request);
    });
    socket.on('ping', (payload: Buffer) => {
      connection.lastActivity = this.time.now();
      connection.pong(payload);
    });
    // The close event follows and does the clearing up.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.connections.delete(connection);
      this.rules.closed(connection);
    });
    this.connections.add(connection);
    this.rules.opened(connection);
  }

  private tooMany(): boolean {
    const now = this.time.now();
    while (this.recent[0] !== undefined && this.recent[0] <= now - CONNECTION_WINDOW_MS) this.recent.shift();
    if (this.recent.length >= this.rules.maxNewConnections) return true;
    this.recent.push(now);
    return false;
  }
}

function endpointOf(path: string): Endpoint | undefined {
  if (path === '/v5/private') return 'private';
  if (path === '/v5/trade') return 'trade';
  const category = path.startsWith('/v5/public/') ? path.slice('/v5/public/'.length) : '';
  return isCategory(category) ? category : undefined;
}

/** `30s` to `600s`, or minutes; anything else is ignored. */
function activeTime(text: string | null): number | undefined {
  const match = /^(\d+)([sm])$/.exec(text ?? '');
  if (!match) return undefined;
  const seconds = Number(match[1]) * (match[2] === 'm' ? 60 : 1);
  return seconds >= 30 && seconds <= 600 ? seconds * 1000 : undefined;
}

function refuse(socket: Duplex, status: number): void {
  const text = STATUS_CODES[status] ?? 'Refused';
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
