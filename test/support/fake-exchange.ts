import type { Dial, SocketListener } from '../../src/upstream/socket';

export interface FakeRequest {
  readonly req_id?: string;
  readonly op: string;
  readonly args?: readonly string[];
}

/** One socket that the code under test has dialled; the test is the exchange. */
export class FakeSocket {
  readonly sent: FakeRequest[] = [];
  ended: 'close' | 'terminate' | undefined;

  constructor(
    readonly url: string,
    private readonly listener: SocketListener,
    private readonly answer: ((socket: FakeSocket, request: FakeRequest) => void) | undefined,
  ) {}

  receive(text: string): void {
    const request = JSON.parse(text) as FakeRequest;
    this.sent.push(request);
    this.answer?.(this, request);
  }

  open(): this {
    this.listener.opened();
    return this;
  }

  text(text: string): void {
    this.listener.text(text);
  }

  say(frame: object): void {
    this.listener.text(JSON.stringify(frame));
  }

  binary(bytes: number): void {
    this.listener.binary(bytes);
  }

  ack(request: FakeRequest | undefined): void {
    this.say({ success: true, ret_msg: '', conn_id: 'c', req_id: request?.req_id ?? '', op: request?.op });
  }

  refuse(request: FakeRequest | undefined, ret_msg: string): void {
    this.say({ success: false, ret_msg, conn_id: 'c', req_id: request?.req_id ?? '', op: request?.op });
  }

  pong(): void {
    this.say({ success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' });
  }

  /** The connection breaks, or could not be made. */
  drop(): void {
    this.listener.closed('dropped');
  }

  requests(op: string): FakeRequest[] {
    return this.sent.filter((request) => request.op === op);
  }

  finish(how: 'close' | 'terminate'): void {
    this.ended ??= how;
    this.listener.closed(how);
  }
}

/** Answers every ping, subscribe and unsubscribe as a healthy linear socket does. */
export function agree(socket: FakeSocket, request: FakeRequest): void {
  if (request.op === 'ping') socket.pong();
  else socket.ack(request);
}

/** Dials fake sockets and keeps them for the test. They open when the test says so. */
export class FakeExchange {
  readonly sockets: FakeSocket[] = [];

  constructor(private readonly answer?: (socket: FakeSocket, request: FakeRequest) => void) {}

  readonly dial: Dial = (url, listener) => {
    const socket = new FakeSocket(url, listener, this.answer);
    this.sockets.push(socket);
    return {
      send: (text) => socket.receive(text),
      close: () => socket.finish('close'),
      terminate: () => socket.finish('terminate'),
    };
  };

  get newest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nothing was dialled');
    return socket;
  }
}
