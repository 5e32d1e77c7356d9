import { WebSocket } from 'ws';
import { type ClientLog, type Entry, type Frame, isState, type Position } from '../checker/client-log';
import type { SharedFrames } from './shared-frames';

/** Nothing heard for so long, not even an answer to a ping: the replica may be frozen. Another one is tried. */
const PATIENCE_MS = 3000;
const PING_EVERY_MS = 1000;
const HANDSHAKE_LIMIT_MS = 1500;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 500;

export interface FleetClientOptions {
  readonly name: string;
  readonly args: readonly string[];
  /** Where it may connect, in the order of its tries: the next one after each failure. */
  readonly urls: readonly string[];
  readonly frames: SharedFrames;
  readonly random: () => number;
  readonly now: () => number;
}

interface StreamReply {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly recovered?: boolean;
}

/** A client as docs/protocol.md describes a whole one, that logs all it hears and comes back elsewhere when its connection breaks. */
export class FleetClient implements ClientLog {
  readonly client: string;
  readonly entries: Entry[] = [];
  /** When data came last, by stream. */
  readonly lastData = new Map<string, number>();
  /** Args that were refused, though nothing is wrong with them. */
  rejected = 0;
  private readonly positions = new Map<string, Position>();
  private socket: WebSocket | undefined;
  private retry: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private tries = 0;
  private failures = 0;
  private lastHeard = 0;
  private over = false;

  constructor(private readonly options: FleetClientOptions) {
    this.client = options.name;
  }

  /** Which of its addresses it is connected to, or tries. */
  get place(): number {
    return this.tries % this.options.urls.length;
  }

  get connected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    if (this.over) return;
    const socket = new WebSocket(this.options.urls[this.place] as string, {
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      perMessageDeflate: false,
    });
    this.socket = socket;
    socket.on('open', () => this.opened(socket));
    socket.on('message', (bytes: Buffer) => this.heard(bytes.toString()));
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => this.closed(socket, code, reason.toString()));
  }

  /** Its connection breaks; it comes back to the next address. */
  kick(): void {
    this.socket?.terminate();
  }

  stop(): void {
    this.over = true;
    clearTimeout(this.retry);
    clearInterval(this.watch);
    this.socket?.terminate();
  }

  private opened(socket: WebSocket): void {
    const resume = Object.fromEntries(this.positions);
    this.log({ kind: 'opened', at: this.options.now(), where: this.options.urls[this.place] as string, resume });
    this.lastHeard = this.options.now();
    this.subscribe(this.options.args, resume);
    this.watch = setInterval(() => {
      if (this.options.now() - this.lastHeard > PATIENCE_MS) socket.terminate();
      else socket.send('{"op":"ping"}');
    }, PING_EVERY_MS);
  }

  private subscribe(args: readonly string[], resume: Readonly<Record<string, Position>>): void {
    this.socket?.send(JSON.stringify({ op: 'subscribe', args, ...(this.positions.size > 0 && { resume }) }));
  }

  private heard(text: string): void {
    if (this.over) return;
    const at = this.options.now();
    this.lastHeard = at;
    const frame = this.options.frames.read(text);
    if (frame.op === 'pong') return;
    this.log({ kind: 'frame', at, frame });
    this.failures = 0;
    this.remember(frame, at);
  }

  private remember(frame: Frame, at: number): void {
    const { op, stream, epoch } = frame;
    if (op === undefined && stream !== undefined) {
      this.lastData.set(stream, at);
      const known = epoch ?? this.positions.get(stream)?.epoch;
      if (known !== undefined) this.positions.set(stream, { epoch: known, seq: frame.seq ?? 0 });
    } else if (op === 'gap' && stream !== undefined) {
      this.positions.set(stream, { epoch: epoch ?? '', seq: Number(frame['to']) });
    } else if (op === 'subscribe') {
      this.rejected += ((frame['rejected'] ?? []) as unknown[]).length;
      for (const { stream: name, epoch: known, seq, recovered } of (frame['streams'] ?? []) as StreamReply[]) {
        if (recovered === true) continue;
        if (isState(name)) this.positions.delete(name);
        else this.positions.set(name, { epoch: known, seq });
      }
    }
  }

  private closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.socket) return;
    clearInterval(this.watch);
    if (this.over) return;
    this.log({ kind: 'closed', at: this.options.now(), code, reason });
    this.tries++;
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures++);
    const asked = /reconnect_after_ms=(\d+)/.exec(reason)?.[1];
    // A fleet has other replicas: whoever is sent away from one need not wait for it.
    const wait = asked === undefined ? delay : Math.min(delay, Number(asked));
    this.retry = setTimeout(() => this.start(), wait * (0.5 + this.options.random() / 2));
  }

  private log(entry: Entry): void {
    this.entries.push(entry);
  }
}
