import { connect, type Socket } from 'node:net';
import { DIALECTS } from './dialects';
import { RawClient, type Reading } from './raw-client';

/** How a visitor ends. None of them says goodbye as the protocol wants. */
const ENDS = ['destroyed', 'reset', 'half-closed'] as const;
type End = (typeof ENDS)[number];

const SHORTEST_STAY_MS = 300;
const LONGEST_STAY_MS = 6000;
/** Long enough to be filled, to stall, and to be closed for it. */
const STALLED_STAY_MS = 20_000;
const COME_AGAIN_MS = 50;
const BEG_EVERY_MS = 100;
const BOOKS_BEGGED_FOR = 10;
const STREAMS = 6;
const STREAMS_OF_SLOW = 40;
const KINDS = ['ticker:', 'trade:', 'orderbook:50:', 'kline:1m:', 'ticker:@1s'] as const;

/** Clients that come, subscribe, read or stall, and vanish; another one takes the place at once. */
export class Visitors {
  joined = 0;
  private readonly ended = new Map<string, number>();
  private readonly present = new Set<(end: End) => void>();
  private running = false;

  constructor(
    private readonly port: number,
    private readonly symbols: readonly string[],
    private readonly count: number,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.running = true;
    for (let i = 0; i < this.count; i++) this.later(this.random() * LONGEST_STAY_MS, () => this.come());
  }

  /** All vanish at once. */
  stop(): void {
    this.running = false;
    for (const vanish of this.present) vanish('destroyed');
  }

  told(): string {
    const ends = [...this.ended].map(([end, count]) => `${count} ${end}`).join(', ');
    return `${this.joined} joined (${ends})`;
  }

  private come(): void {
    if (!this.running) return;
    const dice = this.random();
    if (dice < 0.05) this.knock();
    // Every book, so that what the kernel takes for it is soon full.
    else if (dice < 0.06)
      this.visit(
        'never',
        this.symbols.map((symbol) => `orderbook:50:${symbol}`),
        STALLED_STAY_MS,
      );
    else if (dice < 0.12) this.visit('slow', this.pick(STREAMS_OF_SLOW), this.stay());
    else this.visit('all', this.pick(STREAMS), this.stay());
  }

  private visit(reading: Reading, streams: readonly string[], stayMs: number): void {
    let gone = false;
    let begging: NodeJS.Timeout | undefined;
    const client = new RawClient(
      {
        port: this.port,
        dialect: DIALECTS.native,
        streams,
        reading,
        localAddress: undefined,
        deflate: this.random() < 0.3,
        sample: undefined,
      },
      (failure) => {
        if (failure) {
          if (!gone) this.add(`failed: ${failure.reason}`);
          return;
        }
        this.joined++;
        if (reading === 'never' && !gone) begging = setInterval(() => this.beg(client), BEG_EVERY_MS);
      },
    );
    this.stays(client.connection, stayMs, () => {
      gone = true;
      clearInterval(begging);
    });
  }

  /** The kernel takes megabytes for who does not read: large snapshots, again and again, fill that. */
  private beg(client: RawClient): void {
    const args = this.symbols.slice(0, BOOKS_BEGGED_FOR).map((symbol) => `orderbook:1000:${symbol}`);
    for (const op of ['subscribe', 'unsubscribe']) client.send(JSON.stringify({ op, args }));
  }

  /** Somebody who never gets as far as a WebSocket. */
  private knock(): void {
    const socket = connect(this.port, '127.0.0.1', () => socket.write('GET /ws HTTP/1.1\r\nHost: tapecast\r\nUpgrade: webso'));
    socket.on('error', () => undefined);
    this.stays(socket, this.stay() / 4);
  }

  private stays(socket: Socket, ms: number, gone: () => void = () => undefined): void {
    const over = (how: string): void => {
      if (!this.present.delete(leave)) return;
      gone();
      this.add(how);
      if (this.running) this.later(COME_AGAIN_MS, () => this.come());
    };
    const leave = (end: End): void => {
      over(end);
      vanish(socket, end);
    };
    this.present.add(leave);
    socket.once('close', () => over('closed by the gateway'));
    const end = ENDS[Math.floor(this.random() * ENDS.length)] ?? 'destroyed';
    // Some are gone before they are in.
    this.later(this.random() < 0.1 ? this.random() * 20 : ms, () => {
      if (this.present.has(leave)) leave(end);
    });
  }

  private add(what: string): void {
    this.ended.set(what, (this.ended.get(what) ?? 0) + 1);
  }

  private pick(count: number): string[] {
    const picked = new Set<string>();
    for (let i = 0; i < count; i++) {
      const kind = KINDS[Math.floor(this.random() * KINDS.length)] ?? 'ticker:';
      const symbol = this.symbols[Math.floor(this.random() * this.symbols.length)] ?? '';
      picked.add(kind === 'ticker:@1s' ? `ticker:${symbol}@1s` : `${kind}${symbol}`);
    }
    return [...picked];
  }

  private stay(): number {
    return SHORTEST_STAY_MS + this.random() * (LONGEST_STAY_MS - SHORTEST_STAY_MS);
  }

  private later(ms: number, task: () => void): void {
    setTimeout(task, ms).unref();
  }
}

function vanish(socket: Socket, end: End): void {
  switch (end) {
    case 'destroyed':
      socket.destroy();
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'half-closed':
      // And never again a word: the gateway must notice by itself.
      socket.end();
      setTimeout(() => socket.destroy(), LONGEST_STAY_MS).unref();
  }
}
