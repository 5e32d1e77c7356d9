import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** A client's connection as the rest of the gateway needs it. */
export interface ClientSocket {
  readonly open: boolean;
  /** Bytes written but not yet taken by the kernel. */
  readonly backlog: number;
  /** Changes whenever the kernel has taken more bytes. */
  readonly progress: number;
  /** Whole frames only. */
  write(frames: Buffer): void;
  /** Calls back when the kernel has taken all that was written so far; not at all when the connection ends first. */
  whenDrained(drained: () => void): void;
  ping(): void;
  /** Begins the closing handshake. */
  close(code: number, reason: string): void;
  /** Drops the connection. */
  terminate(): void;
}

const NOTHING = Buffer.alloc(0);

/** What libuv tells of a socket's pending write; Node's own socket timeout rests on the same figure. */
interface WriteHandle {
  readonly writeQueueSize?: number;
}

/**
 * Writes prebuilt frames past `ws`, straight to its socket. Safe because `ws` is never given a message to send: it could then be
 * compressing one when ours comes. Its own control frames (pong, ping, close) are never compressed and written in one go too, so
 * no frame can land inside another, and the order of calls is the order on the wire.
 */
export class WsClientSocket implements ClientSocket {
  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Duplex & { readonly bytesWritten?: number; readonly _handle?: WriteHandle | null },
  ) {}

  get open(): boolean {
    return this.ws.readyState === this.ws.OPEN && this.socket.writable;
  }

  get backlog(): number {
    return this.socket.writableLength;
  }

  get progress(): number {
    // A large write counts as waiting until all of it is gone; the handle knows how much of it still is.
    return (this.socket.bytesWritten ?? 0) - this.socket.writableLength - (this.socket._handle?.writeQueueSize ?? 0);
  }

  write(frames: Buffer): void {
    this.socket.write(frames);
  }

  whenDrained(drained: () => void): void {
    this.socket.write(NOTHING, (error) => {
      if (!error) drained();
    });
  }

  ping(): void {
    this.ws.ping();
  }

  close(code: number, reason: string): void {
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }
}
