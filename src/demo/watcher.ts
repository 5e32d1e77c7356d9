import { type ClientOptions, WebSocket } from 'ws';
import type { Clock, Timer } from '../clock/clock';
import { type Frame, isData } from './frame';
import { readableControl, readableData } from './readable';

/** Closes that another attempt would only repeat; docs/protocol.md says why. */
const FINAL_CLOSES = new Set([1009, 4001]);

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** A server that answers nothing, not even a goodbye, holds nobody up. The types do not know `closeTimeout` yet. */
const PATIENCE: ClientOptions & { closeTimeout: number } = { handshakeTimeout: 10_000, closeTimeout: 1000 };

export interface WatchOptions {
  readonly url: string;
  readonly args: readonly string[];
  /** Data messages after which to stop. */
  readonly count: number | undefined;
  /** Frames as they came instead of readable lines. */
  readonly json: boolean;
}

export interface WatchSurroundings {
  readonly clock: Pick<Clock, 'after'>;
  readonly random: () => number;
  readonly print: (line: string) => void;
  /** Called once, when there is nothing more to watch; with 0 when that is what was asked for. */
  readonly finished: (exitCode: number) => void;
}

/** A small client: subscribes, prints what comes, and comes back when the connection breaks, asking for what it missed. */
export class Watcher {
  private socket: WebSocket | undefined;
  private timer: Timer | undefined;
  private failures = 0;
  private received = 0;
  private over = false;
  /** Where each stream stands, to resume there. */
  private readonly positions = new Map<string, { epoch: string; seq: number }>();

  constructor(
    private readonly options: WatchOptions,
    private readonly around: WatchSurroundings,
  ) {}

  start(): void {
    const socket = new WebSocket(this.options.url, PATIENCE);
    this.socket = socket;
    let trouble = '';
    socket.on('open', () => this.subscribe(socket));
    socket.on('message', (bytes: Buffer) => this.onFrame(bytes.toString()));
    socket.on('error', (error) => (trouble = error.message || String((error as NodeJS.ErrnoException).code)));
    socket.on('close', (code, reason) => this.onClose(code, reason.toString() || trouble));
  }

  /** Ends in order: says goodbye, then reports `exitCode`. */
  stop(exitCode = 0): void {
    if (this.over) return;
    this.over = true;
    this.timer?.cancel();
    const socket = this.socket;
    if (socket?.readyState === WebSocket.OPEN) socket.close(1000);
    else socket?.terminate();
    this.around.finished(exitCode);
  }

  private subscribe(socket: WebSocket): void {
    const resume = this.positions.size > 0 ? { resume: Object.fromEntries(this.positions) } : {};
    socket.send(JSON.stringify({ op: 'subscribe', args: this.options.args, ...resume }));
  }

  private onFrame(text: string): void {
    if (this.over) return;
    this.failures = 0;
    const frame = parseFrame(text);
    if (frame === undefined) {
      this.around.print(`! Not a message of this protocol: ${text.slice(0, 100)}`);
      return;
    }
    const line = this.options.json ? text : isData(frame) ? readableData(frame) : readableControl(frame);
    if (line !== undefined) this.around.print(line);
    this.remember(frame);
    if (isData(frame)) {
      this.received += 1;
      if (this.received === this.options.count) this.stop();
    } else if (frame.op === 'subscribe' && (frame.args ?? []).length === 0) {
      this.around.print('! Nothing was accepted, so there is nothing to watch.');
      this.stop(1);
    }
  }

  private remember(frame: Frame): void {
    if (isData(frame)) {
      const epoch = frame.epoch ?? this.positions.get(frame.stream)?.epoch;
      if (epoch !== undefined) this.positions.set(frame.stream, { epoch, seq: frame.seq });
    } else if (frame.op === 'subscribe') {
      for (const { stream, epoch, seq, recovered } of frame.streams ?? []) {
        if (recovered === true) continue;
        if (isLog(stream)) this.positions.set(stream, { epoch, seq });
        // Before its snapshot has come a state stream stands nowhere.
        else this.positions.delete(stream);
      }
    } else if (frame.op === 'gap' && frame.stream !== undefined && frame.epoch !== undefined && frame.to !== undefined) {
      this.positions.set(frame.stream, { epoch: frame.epoch, seq: frame.to });
    }
  }

  private onClose(code: number, reason: string): void {
    if (this.over) return;
    const what = code === 1006 ? `No connection to ${this.options.url}` : `Closed by the server with ${code}`;
    const why = reason === '' ? '' : ` (${reason})`;
    if (FINAL_CLOSES.has(code)) {
      this.around.print(`! ${what}${why}.`);
      this.stop(1);
      return;
    }
    const delay = askedDelay(reason) ?? this.backoff();
    this.around.print(`! ${what}${why}. Trying again in ${(delay / 1000).toFixed(1)} s.`);
    this.timer = this.around.clock.after(delay, () => this.start());
  }

  /** Exponential with jitter, so that many clients of one server do not come back together. */
  private backoff(): number {
    this.failures += 1;
    const limit = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    return Math.round((limit / 2) * (1 + this.around.random()));
  }
}

/** Trades and liquidations begin with the next entry; all other kinds begin with a snapshot. */
function isLog(stream: string): boolean {
  return /\.(trade|liquidation)\./.test(stream);
}

function parseFrame(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && ('op' in value || 'data' in value) ? (value as Frame) : undefined;
  } catch {
    return undefined;
  }
}

/** A server that goes away tells every client when to come back: `reconnect_after_ms=N`. */
function askedDelay(reason: string): number | undefined {
  const asked = /reconnect_after_ms=(\d+)/.exec(reason)?.[1];
  return asked === undefined ? undefined : Math.min(LONGEST_DELAY_MS, Number(asked));
}
