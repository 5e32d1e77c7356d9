import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../src/clock/clock';

/** How one direction of a connection treats what passes. */
export interface Manner {
  /** Every byte arrives so much later. */
  readonly latencyMs: number;
  /** Of each read, so many bytes at the front are written one by one; Infinity: all of them. */
  readonly slicedBytes: number;
  /** Nothing passes, and nothing is read: a partition. What was sent arrives when it is over. */
  readonly held: boolean;
}

export const PLAIN: Manner = { latencyMs: 0, slicedBytes: 0, held: false };

/** Bytes written one by one in a turn of the event loop; more would keep it from everything else. */
const SLICES_PER_TURN = 128;
/** Above this nothing more is read. */
const MOST_WAITING_BYTES = 1_048_576;

/** What is on its way, or the end of it. */
type Parcel = { readonly due: number; bytes: Buffer; sliced: number } | { readonly due: number; readonly bytes: undefined };

/** One direction of a connection: reads from a socket, treats what it read in a manner that may change, writes to another. */
export class TcpPipe {
  private readonly parcels: Parcel[] = [];
  private waitingBytes = 0;
  private timer: Timer | undefined;
  private turn: NodeJS.Immediate | undefined;
  lost = false;
  private ended = false;

  constructor(
    private readonly source: Socket,
    private readonly sink: Socket,
    private manner: Manner,
    private readonly clock: Clock,
  ) {
    source.on('data', (bytes: Buffer) => this.take(bytes));
    source.on('end', () => {
      // Who gives up a connection that was forgotten is gone; the other side is not told.
      if (this.lost) source.destroy();
      this.push({ due: this.dueNow(), bytes: undefined });
    });
    sink.on('drain', () => this.pump());
    if (manner.held) source.pause();
  }

  treat(manner: Manner): void {
    this.manner = manner;
    this.pump();
  }

  /** From now on everything is read and nothing arrives, for ever: what a router does that forgot the connection. */
  lose(): void {
    this.lost = true;
    this.parcels.length = 0;
    this.waitingBytes = 0;
    this.source.resume();
  }

  /** Tells the reader that nothing more comes, though the other direction goes on. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.sink.end();
  }

  stop(): void {
    this.lost = true;
    this.timer?.cancel();
    clearImmediate(this.turn);
  }

  private take(bytes: Buffer): void {
    if (this.lost || this.ended) return;
    this.waitingBytes += bytes.length;
    this.push({ due: this.dueNow(), bytes, sliced: Math.min(bytes.length, this.manner.slicedBytes) });
  }

  private dueNow(): number {
    return this.clock.monotonic() + this.manner.latencyMs;
  }

  private push(parcel: Parcel): void {
    if (this.lost) return;
    this.parcels.push(parcel);
    this.pump();
  }

  private pump(): void {
    if (this.lost) return;
    this.timer?.cancel();
    clearImmediate(this.turn);
    if (!this.manner.held) this.write();
    if (this.manner.held || this.waitingBytes > MOST_WAITING_BYTES) this.source.pause();
    else this.source.resume();
  }

  private write(): void {
    let slices = SLICES_PER_TURN;
    for (let parcel = this.parcels[0]; parcel && !this.ended; parcel = this.parcels[0]) {
      const early = parcel.due - this.clock.monotonic();
      if (early > 0) {
        this.timer = this.clock.after(early, () => this.pump());
        return;
      }
      if (parcel.bytes === undefined) {
        this.end();
        return;
      }
      if (this.sink.writableNeedDrain) return;
      if (parcel.sliced > 0 && slices === 0) {
        this.turn = setImmediate(() => this.pump());
        return;
      }
      const length = parcel.sliced > 0 ? 1 : parcel.bytes.length;
      this.sink.write(parcel.bytes.subarray(0, length));
      this.waitingBytes -= length;
      if (parcel.sliced > 0) {
        slices--;
        parcel.sliced--;
      }
      parcel.bytes = parcel.bytes.subarray(length);
      if (parcel.bytes.length === 0) this.parcels.shift();
    }
  }
}
