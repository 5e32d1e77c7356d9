import type { Publication } from '../pubsub/publication';
import type { Deliveries } from './deliveries';
import type { OutFrame } from './out-frame';

/** A run of a log stream's messages that a client will never get. */
export interface Lost {
  readonly stream: string;
  readonly epoch: string;
  readonly from: number;
  to: number;
}

/** What a client gets when it can take more again, in this order. */
export interface CatchUp {
  readonly frames: readonly OutFrame[];
  readonly lost: readonly Lost[];
  /** Streams to be begun anew. */
  readonly books: readonly string[];
}

/**
 * What is kept for a client that does not keep up: of tickers and candles the newest, every closed candle, trades and liquidations up
 * to a bound, and of order books nothing but that they must begin anew.
 */
export class Lag {
  /** Kept in order: control frames, first snapshots, closed candles, log entries. */
  private readonly queue: OutFrame[] = [];
  private readonly newest = new Map<string, OutFrame>();
  private readonly lost = new Map<string, Lost>();
  /** Runs of an epoch that has ended meanwhile. */
  private lostBefore: Lost[] = [];
  private readonly books = new Set<string>();
  /** Bytes that are kept. */
  bytes = 0;

  constructor(
    private readonly deliveries: Deliveries,
    /** Log entries are kept up to this many bytes in all. */
    private readonly logBytes: number,
    /** Told once per order book: nothing more of it needs to be delivered for now. */
    private readonly pause: (stream: string) => void,
  ) {}

  add(frame: OutFrame): void {
    const { publication } = frame;
    if (!publication) {
      this.keep(frame);
      return;
    }
    switch (publication.kind) {
      case 'ticker':
      case 'kline':
        this.addState(frame, publication);
        break;
      case 'orderbook':
        this.addBook(publication);
        break;
      default:
        this.addEntry(frame, publication);
    }
  }

  /** Frames that are kept. */
  get count(): number {
    return this.queue.length + this.newest.size;
  }

  take(): CatchUp {
    return {
      frames: [...this.queue, ...this.newest.values()],
      lost: [...this.lostBefore, ...this.lost.values()],
      books: [...this.books],
    };
  }

  /** The client has left a stream: what is kept in order may stay, because the reply comes after it, and nothing else is owed. */
  forget(stream: string): void {
    const newest = this.newest.get(stream);
    if (newest) {
      this.newest.delete(stream);
      this.bytes -= newest.size;
      this.deliveries.dropped.add('slow');
    }
    this.lost.delete(stream);
    this.lostBefore = this.lostBefore.filter((run) => run.stream !== stream);
    this.books.delete(stream);
  }

  private addState(frame: OutFrame, { stream, type, closed }: Publication): void {
    const older = this.newest.get(stream);
    if (older) {
      this.newest.delete(stream);
      this.bytes -= older.size;
      this.deliveries.slow.conflated++;
    }
    // A stream begins with its snapshot, and a closed candle is somebody's bar in a chart.
    if (closed || type === 'snapshot') this.keep(frame);
    else {
      this.newest.set(stream, frame);
      this.bytes += frame.size;
    }
  }

  private addBook({ stream }: Publication): void {
    this.deliveries.dropped.add('slow');
    if (this.books.has(stream)) return;
    this.books.add(stream);
    this.deliveries.slow.resnapshot++;
    this.pause(stream);
  }

  private addEntry(frame: OutFrame, { stream, epoch, seq }: Publication): void {
    const run = this.lost.get(stream);
    if (!run && this.bytes + frame.size <= this.logBytes) {
      this.keep(frame);
      return;
    }
    this.deliveries.dropped.add('slow');
    if (run?.epoch === epoch) {
      run.to = seq;
      return;
    }
    if (run) this.lostBefore.push(run);
    this.lost.set(stream, { stream, epoch, from: seq, to: seq });
    this.deliveries.slow.gap++;
  }

  private keep(frame: OutFrame): void {
    this.queue.push(frame);
    this.bytes += frame.size;
  }
}
