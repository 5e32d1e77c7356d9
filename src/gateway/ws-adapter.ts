import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { RawData } from 'ws';
import { refuse, type Admission } from './admission';
import { Client, type ClientHandling, type ClientWebSocket, type Received } from './client';
import { WsClientSocket } from './client-socket';
import { CloseCode } from './close-code';
import { CONFORMANCE_PATH, type ConformanceEcho } from './conformance-echo';
import { RequestError, type Door } from './door';
import { hearUpgrades, wantsWebSocket } from './plain-http';
import type { Requests } from './requests';
import type { Session } from './session';
import type { Sessions } from './sessions';
import { takesDeflated, upgrading, type ClientServer, type UpgradeOptions } from './upgrading';

export interface WsAdapterOptions extends UpgradeOptions {
  /** Connections from one address; 0 is no limit. */
  readonly maxPerAddress: number;
  readonly messagesPerSecond: number;
  /** Served at {@link CONFORMANCE_PATH} when there is one. */
  readonly echo: ConformanceEcho | undefined;
}

/**
 * Nest's WebSocket adapter with its connection and message binding replaced: one plain listener per client, its messages handled
 * one at a time and in order, an answer to every one, HTTP answers to refused upgrades. Each gateway's path has a {@link Door}.
 */
export class DoorAdapter extends WsAdapter implements ClientHandling {
  private readonly open = new Map<
    string,
    { server: ClientServer; door: Door; connect: ((client: Client) => void) | undefined }
  >();

  constructor(
    http: Server,
    private readonly doors: ReadonlyMap<string, Door>,
    private readonly sessions: Sessions,
    private readonly admission: Admission,
    private readonly requests: Requests,
    private readonly options: WsAdapterOptions,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    super(http);
    const isOne = (request: IncomingMessage) => wantsWebSocket(request) || this.open.has(pathOf(request));
    hearUpgrades(http, isOne, (request, socket, head) => this.upgrade(request, socket, head));
  }

  override create(_port: number, options: { readonly path?: string } = {}): ClientServer {
    const path = options.path ?? '/';
    const door = this.doors.get(path);
    if (!door) throw new Error(`No door for the gateway at ${path}`);
    const server = upgrading(this.options);
    this.open.set(path, { server, door, connect: undefined });
    return server;
  }

  override bindClientConnect(server: ClientServer, connect: (client: Client) => void): void {
    for (const entry of this.open.values()) if (entry.server === server) entry.connect = connect;
  }

  /** Called by Nest for each new client. */
  override bindMessageHandlers(client: Client, handlers: MessageMappingProperties[]): void {
    client.handlers = handlers;
    client.listen();
  }

  /** The adapter itself sees to the end of connections. */
  override bindClientDisconnect(): void {
    return;
  }

  override close(server: ClientServer): Promise<void> {
    this.options.echo?.close();
    return new Promise((resolve) => server.close(() => resolve()));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore);
    const path = pathOf(request);
    const entry = this.open.get(path);
    const echo = path === CONFORMANCE_PATH ? this.options.echo : undefined;
    if (!entry?.connect && !echo) {
      const error = `There is no WebSocket at this path; connect to ${[...this.open.keys()].join(' or ')}.`;
      refuse(socket, { status: 404, code: 'NOT_FOUND', error }, request.headers);
      return;
    }
    const refusal = this.admission.judge(request);
    if (refusal) {
      refuse(socket, refusal, request.headers);
      return;
    }
    if (!entry?.connect) {
      echo?.upgrade(request, socket, head);
      return;
    }
    const { server, door, connect } = entry;
    server.handleUpgrade(request, socket, head, (ws) => {
      socket.off('error', ignore);
      this.connect(ws, socket, door, request, connect);
    });
  }

  received({ session }: Client, data: RawData): Received | undefined {
    session.heard();
    if (session.closing) return undefined;
    const verdict = session.rate.judge(this.sessions.monotonic());
    if (verdict === 'take') return textOf(data);
    this.requests.rateViolations++;
    if (verdict === 'abuse')
      session.end(CloseCode.RATE_ABUSE, 'Rate abuse: too many messages for 10 s; come back later and slower');
    return verdict === 'warn'
      ? new RequestError('RATE_LIMIT_EXCEEDED', `Max ${this.options.messagesPerSecond} messages per second`)
      : undefined;
  }

  async handle({ session, handlers }: Client, message: Received): Promise<void> {
    if (session.closing) return;
    let id: unknown;
    try {
      if (typeof message !== 'string') throw message;
      const { op, content } = session.door.read(message);
      id = content['id'];
      const handler = handlers.find((each) => each.message === op);
      this.requests.received.add(handler ? op : 'unknown');
      if (!handler) throw new RequestError('UNKNOWN_OP', `Unknown operation: ${op.slice(0, 64)}`);
      // The handlers answer by themselves, and their filter every failure.
      await handler.callback(content, op);
    } catch (error) {
      if (error instanceof RequestError && error.code === 'INVALID_JSON') this.requests.received.add('invalid');
      if (!(error instanceof RequestError)) this.reportFailure(error);
      this.answerError(session, error instanceof RequestError ? error : internalError(), id);
    }
  }

  failed({ session }: Client, error: Error): void {
    this.requests.errors.add('PROTOCOL');
    session.brokeProtocol(protocolCloseCode(error));
  }

  closed({ session }: Client, code: number): void {
    this.sessions.close(session, code);
  }

  private connect(
    ws: ClientWebSocket,
    socket: Duplex,
    door: Door,
    request: IncomingMessage,
    connect: (client: Client) => void,
  ): void {
    const address = this.admission.addressOf(request);
    const session = this.sessions.open(address, door, new WsClientSocket(ws, socket), takesDeflated(ws, request));
    const client = new Client(session, ws, this);
    if (this.options.maxPerAddress > 0 && this.sessions.from(address) > this.options.maxPerAddress) {
      session.end(
        CloseCode.LIMIT,
        `Connection limit reached: ${this.options.maxPerAddress} from one address; close another one first`,
      );
      return;
    }
    connect(client);
  }

  private answerError(session: Session, error: RequestError, id?: unknown): void {
    this.requests.errors.add(error.code);
    session.send(session.door.error(error, id));
  }
}

/** What a client may know of a failure of ours: nothing but that it was ours. */
export function internalError(): RequestError {
  return new RequestError('INTERNAL_ERROR', 'Internal error; try again');
}

/** The code that 'ws' closes with after each of its errors; it does not tell. */
function protocolCloseCode(error: Error): number {
  switch ('code' in error ? error.code : undefined) {
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
      return CloseCode.TOO_BIG;
    case 'WS_ERR_INVALID_UTF8':
      return 1007;
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 1008;
    default:
      return 1002;
  }
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString();
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data).toString();
}

function ignore(): void {
  return;
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}
