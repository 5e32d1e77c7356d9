import type { Clock, Timer } from '../clock/clock';
import type { RawFrame } from '../transform/transform';
import { readControl } from './bybit/acks';
import type { Ack } from './bybit/acks';
import { PING_TEXT } from './bybit/requests';
import { deadline } from './deadline';
import type { Dial, Socket } from './socket';

/** Why a connection ended; safe to show to a client. */
export type Trouble = 'upstream disconnected' | 'upstream unreachable' | 'upstream silent' | 'upstream not answering';

export interface KeepAlive {
  readonly pingIntervalMs: number;
  /** How long after a ping the pong may come. */
  readonly pongTimeoutMs: number;
}

export interface ConnectionListener {
  opened(): void;
  /** `received`: when the frame was read, ms; stamped once here. */
  data(frame: RawFrame, received: number, text: string): void;
  ack(ack: Ack): void;
  /** A frame that means nothing. `reason` is one of a bounded set. */
  bad(reason: string, problem: string, sample: string): void;
  /** Once, unless {@link Connection.close} was called. `detail` is for logs. */
  closed(trouble: Trouble, detail: string): void;
}

/** One socket to the exchange: parses each frame once, keeps the connection alive, and notices when nobody answers. */
export class Connection {
  private socket: Socket | undefined;
  private pings: Timer | undefined;
  private pongDeadline: Timer | undefined;
  private isOpen = false;
  private ended = false;
  private released: () => void = () => undefined;

  constructor(
    private readonly dial: Dial,
    private readonly url: string,
    private readonly keepAlive: KeepAlive,
    private readonly clock: Clock,
    private readonly listener: ConnectionListener,
  ) {}

  get open(): boolean {
    return this.isOpen && !this.ended;
  }

  start(): void {
    this.socket = this.dial(this.url, {
      opened: () => this.opened(),
      text: (text) => this.text(text),
      binary: (bytes) => {
        if (!this.ended) this.listener.bad('binary', `${bytes} bytes of binary data`, '');
      },
      closed: (detail) => {
        this.end(this.isOpen ? 'upstream disconnected' : 'upstream unreachable', detail);
        this.released();
      },
    });
  }

  send(text: string): void {
    this.socket?.send(text);
  }

  /** Gives the connection up because of what its owner saw. */
  fail(trouble: Trouble, detail: string): void {
    if (this.ended) return;
    this.end(trouble, detail);
    this.socket?.terminate();
  }

  /** Ends it without a word to the listener. Resolves when the socket is gone. */
  close(): Promise<void> {
    this.quiet();
    return new Promise((resolve) => {
      this.released = resolve;
      if (!this.socket) resolve();
      else if (this.isOpen) this.socket.close();
      else this.socket.terminate();
    });
  }

  private opened(): void {
    if (this.ended) return;
    this.isOpen = true;
    this.pings = this.clock.every(this.keepAlive.pingIntervalMs, () => this.ping());
    this.listener.opened();
  }

  private ping(): void {
    this.pongDeadline ??= deadline(this.clock, this.keepAlive.pongTimeoutMs, () =>
      this.fail('upstream not answering', 'no pong'),
    );
    this.send(PING_TEXT);
  }

  private text(text: string): void {
    if (this.ended) return;
    const received = this.clock.now();
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      this.listener.bad('not_json', 'not JSON', text);
      return;
    }
    if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
      this.listener.bad('wrong_shape', 'not an object', text);
      return;
    }
    if ('topic' in frame) {
      if (typeof frame.topic !== 'string') {
        this.listener.bad('wrong_shape', 'topic is not a string', text);
        return;
      }
      this.listener.data(frame as RawFrame, received, text);
      return;
    }
    const control = readControl(frame as Readonly<Record<string, unknown>>);
    if (!control) this.listener.bad('unknown_control', 'neither data nor a known answer', text);
    else if (control.kind === 'ack') this.listener.ack(control);
    else {
      this.pongDeadline?.cancel();
      this.pongDeadline = undefined;
    }
  }

  private end(trouble: Trouble, detail: string): void {
    if (this.ended) return;
    this.quiet();
    this.listener.closed(trouble, detail);
  }

  private quiet(): void {
    this.ended = true;
    this.pings?.cancel();
    this.pongDeadline?.cancel();
  }
}
