import { crc32 } from 'node:zlib';

/** A data frame as a client receives it. */
export interface DataFrame {
  readonly stream: string;
  readonly type: 'snapshot' | 'update' | 'delta';
  readonly epoch?: string;
  readonly seq: number;
  readonly data: unknown;
  readonly timestamp: number;
  readonly received: number;
  readonly source: string;
}

interface BookData {
  readonly depth: number;
  readonly bids: [string, string][];
  readonly asks: [string, string][];
  readonly checksum: number;
}

/** What one client knows of one stream. */
interface Account {
  epoch: string | undefined;
  seq: number;
  bids: Map<string, string>;
  asks: Map<string, string>;
  ticker: Record<string, unknown> | undefined;
  closedCandles: Set<number>;
}

/**
 * Keeps the books of one client, as simply as can be, and throws at the first thing that the protocol does not allow: a number
 * missing or repeated within an epoch, a state stream that does not begin with a snapshot, a book whose checksum is wrong, a known
 * ticker field that vanishes, a candle that closes twice.
 */
export class Ledger {
  readonly statuses: string[] = [];
  readonly gaps: { readonly stream: string; readonly from: number; readonly to: number; readonly reason: string }[] = [];
  frames = 0;
  private readonly accounts = new Map<string, Account>();

  enter(frame: Record<string, unknown>): void {
    if (frame['op'] === 'status') {
      this.statuses.push(`${String(frame['stream'] ?? frame['market'])} ${String(frame['state'])}`);
    } else if (frame['op'] === 'gap') {
      this.enterGap(frame as never);
    } else if (frame['stream'] !== undefined) {
      this.enterData(frame as unknown as DataFrame);
    }
  }

  /** The newest number of a stream. */
  seq(stream: string): number {
    return this.accounts.get(stream)?.seq ?? 0;
  }

  /** A book as the client has it, best first. */
  book(stream: string): { bids: [string, string][]; asks: [string, string][] } {
    const account = this.account(stream);
    return { bids: sorted(account.bids, -1), asks: sorted(account.asks, 1) };
  }

  private enterGap(gap: { stream: string; epoch: string; from: number; to: number; reason: string }): void {
    const account = this.account(gap.stream);
    this.gaps.push({ stream: gap.stream, from: gap.from, to: gap.to, reason: gap.reason });
    if (account.epoch === gap.epoch)
      check(gap.from === account.seq + 1, `${gap.stream}: a gap from ${gap.from} after ${account.seq}`);
    account.epoch = gap.epoch;
    account.seq = gap.to;
  }

  private enterData(frame: DataFrame): void {
    this.frames++;
    const first = !this.accounts.has(frame.stream);
    const account = this.account(frame.stream);
    const kind = frame.stream.split('.')[2] ?? '';
    const isState = kind === 'ticker' || kind === 'kline' || kind === 'orderbook';
    if (first) check(isState === (frame.type === 'snapshot'), `${frame.stream}: began with ${frame.type}`);
    if (frame.type === 'snapshot') {
      check(frame.epoch !== undefined, `${frame.stream}: a snapshot without an epoch`);
      account.epoch = frame.epoch;
    } else if (!first) {
      check(frame.seq === account.seq + 1, `${frame.stream}: ${frame.seq} after ${account.seq}`);
    }
    account.seq = frame.seq;
    if (kind === 'orderbook') enterBook(account, frame, frame.data as BookData);
    if (kind === 'ticker') enterTicker(account, frame, frame.data as Record<string, unknown>);
    if (kind === 'kline') enterCandle(account, frame, frame.data as { openTime: number; confirmed: boolean });
  }

  private account(stream: string): Account {
    let account = this.accounts.get(stream);
    if (!account) {
      account = { epoch: undefined, seq: 0, bids: new Map(), asks: new Map(), ticker: undefined, closedCandles: new Set() };
      this.accounts.set(stream, account);
    }
    return account;
  }
}

function enterBook(account: Account, frame: DataFrame, data: BookData): void {
  if (frame.type !== 'delta') {
    account.bids = new Map();
    account.asks = new Map();
  }
  for (const [side, levels] of [[account.bids, data.bids] as const, [account.asks, data.asks] as const]) {
    for (const [price, size] of levels) {
      if (size === '0') side.delete(price);
      else side.set(price, size);
    }
  }
  const bids = sorted(account.bids, -1);
  const asks = sorted(account.asks, 1);
  const parts: string[] = [];
  for (let i = 0; i < 10; i++) {
    for (const level of [bids[i], asks[i]]) if (level) parts.push(level.join(':'));
  }
  check(crc32(parts.join(':')) === data.checksum, `${frame.stream}: wrong checksum at ${frame.seq}`);
  check(bids.length <= data.depth && asks.length <= data.depth, `${frame.stream}: more levels than ${data.depth}`);
}

function enterTicker(account: Account, frame: DataFrame, data: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(data)) {
    check(value !== null && value !== '', `${frame.stream}: ${field} is empty at ${frame.seq}`);
  }
  for (const field of Object.keys(account.ticker ?? {})) {
    check(field in data, `${frame.stream}: ${field} vanished at ${frame.seq}`);
  }
  check(Number(data['price']) > 0, `${frame.stream}: price ${String(data['price'])} at ${frame.seq}`);
  account.ticker = data;
}

function enterCandle(
  account: Account,
  frame: DataFrame,
  { openTime, confirmed }: { openTime: number; confirmed: boolean },
): void {
  if (!confirmed) return;
  check(!account.closedCandles.has(openTime), `${frame.stream}: the candle of ${openTime} closed twice`);
  account.closedCandles.add(openTime);
}

function sorted(side: ReadonlyMap<string, string>, direction: 1 | -1): [string, string][] {
  return [...side].sort(([a], [b]) => direction * (Number(a) - Number(b)));
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
