import { WebSocket, type RawData } from 'ws';
import { Inbox, type InboxOwner } from './inbox';
import type { RequestError } from './door';
import type { Session } from './session';

/** A client's text, or what it is to be answered instead. */
export type Received = string | RequestError;

/** One of its gateway's methods, by the operation that it answers. */
export interface MessageHandler {
  readonly message: unknown;
  readonly callback: (...args: unknown[]) => unknown;
}

/** What becomes of what a client does: the same for all of them. */
export interface ClientHandling {
  /** The message to be handled when its turn comes; undefined for none. */
  received(client: Client, data: RawData): Received | undefined;
  /** Must not reject. */
  handle(client: Client, message: Received): Promise<void>;
  failed(client: Client, error: Error): void;
  closed(client: Client, code: number): void;
}

/** What Nest hands to the gateways as the client. */
export class Client implements InboxOwner<Received> {
  /** Of its gateway; set by Nest. */
  handlers: readonly MessageHandler[] = [];
  private readonly inbox = new Inbox<Received>(this);

  constructor(
    readonly session: Session,
    private readonly ws: ClientWebSocket,
    private readonly handling: ClientHandling,
  ) {
    ws.client = this;
    ws.on('error', onError);
    ws.on('close', onClose);
    ws.on('ping', onPing);
    ws.on('pong', onPong);
  }

  /** Takes messages from now on. */
  listen(): void {
    this.ws.on('message', onMessage);
  }

  message(data: RawData): void {
    const message = this.handling.received(this, data);
    if (message !== undefined) this.inbox.push(message);
  }

  handle(message: Received): Promise<void> {
    return this.handling.handle(this, message);
  }

  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  failed(error: Error): void {
    this.handling.failed(this, error);
  }

  closed(code: number): void {
    this.inbox.close();
    this.handling.closed(this, code);
  }
}

/** Knows whose it is, so that all clients share their listeners: functions of its own would be a tenth of a quiet client's memory. */
export class ClientWebSocket extends WebSocket {
  client: Client | undefined;
}

function onMessage(this: WebSocket, data: RawData): void {
  clientOf(this)?.message(data);
}

function onError(this: WebSocket, error: Error): void {
  clientOf(this)?.failed(error);
}

function onClose(this: WebSocket, code: number): void {
  clientOf(this)?.closed(code);
}

function onPing(this: WebSocket, data: Buffer): void {
  if (this.readyState === this.OPEN) this.pong(data);
  clientOf(this)?.session.pinged();
}

function onPong(this: WebSocket): void {
  clientOf(this)?.session.heard();
}

function clientOf(ws: WebSocket): Client | undefined {
  return ws instanceof ClientWebSocket ? ws.client : undefined;
}
