import type { WebSocket } from 'ws';
import type { Category } from './categories';
import type { Request } from './request';

/** Which endpoint a socket is on. */
export type Endpoint = Category | 'private' | 'trade';

/** A client this far behind is cut, as the exchange does: bounds the simulator's memory. */
const MAX_BACKLOG_BYTES = 256 * 1024 * 1024;
/** Requests that are remembered per socket. */
const MAX_REQUESTS = 5_000;

/** One client's socket, with what it did and how it is made to misbehave. */
export class Connection {
  readonly topics = new Set<string>();
  /** Oldest first, the newest 5,000. */
  readonly requests: Request[] = [];
  /** Bytes of args that are subscribed here, counted as they stand in a request. */
  argsLength = 0;
  authenticated = false;
  /** Fault: no data, though pings are answered. */
  silent = false;
  /** Fault: pings are not answered. */
  mute = false;
  framesSent = 0;
  lastPing: number;
  lastActivity: number;
  private frozen = false;

  constructor(
    readonly connId: string,
    readonly endpoint: Endpoint,
    private readonly socket: WebSocket,
    readonly openedAt: number,
    /** From `?max_active_time=`: the longest time between two pings. */
    readonly maxActiveMs: number | undefined,
  ) {
    this.lastPing = openedAt;
    this.lastActivity = openedAt;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  remember(request: Request): void {
    this.requests.push(request);
    if (this.requests.length > MAX_REQUESTS) this.requests.shift();
  }

  /** A data frame: held back while silent. */
  sendData(frame: Buffer | string, now: number): void {
    if (this.silent) return;
    this.lastActivity = now;
    this.send(frame);
  }

  /** An ack or a pong. */
  sendControl(frame: string): void {
    this.send(frame);
  }

  /** Answers a protocol ping. */
  pong(payload: Buffer): void {
    if (!this.frozen && !this.mute && this.isOpen) this.socket.pong(payload);
  }

  /** Fault: reads nothing, answers nothing, never closes. */
  freeze(): void {
    this.frozen = true;
    this.socket.pause();
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.socket.resume();
  }

  /** Ends the TCP connection with no close frame: the client sees 1006. */
  drop(): void {
    this.socket.terminate();
  }

  close(code: number, reason: string): void {
    this.thaw();
    this.socket.close(code, reason);
  }

  private send(frame: Buffer | string): void {
    if (this.frozen || !this.isOpen) return;
    if (this.socket.bufferedAmount > MAX_BACKLOG_BYTES) {
      this.drop();
      return;
    }
    this.framesSent++;
    this.socket.send(frame, { binary: false });
  }
}
