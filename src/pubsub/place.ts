import type { Position } from './publication';

/** Epochs that were left, of which is remembered how far they were delivered. */
const MAX_LEFT = 4;

/** How far a stream has been delivered, in its epoch and in those before. */
export class Place implements Position {
  /** Empty: nothing was ever delivered. */
  epoch = '';
  seq = 0;
  private readonly left = new Map<string, number>();

  knows(epoch: string): boolean {
    return epoch === this.epoch || this.left.has(epoch);
  }

  /** The highest number of an epoch that must not come again; 0 when nothing of it was delivered. */
  floor(epoch: string): number {
    return epoch === this.epoch ? this.seq : (this.left.get(epoch) ?? 0);
  }

  moveTo(epoch: string, seq: number): void {
    if (epoch !== this.epoch && this.epoch !== '') {
      this.left.delete(epoch);
      this.left.set(this.epoch, this.seq);
      const [oldest] = this.left.keys();
      if (this.left.size > MAX_LEFT && oldest !== undefined) this.left.delete(oldest);
    }
    this.epoch = epoch;
    this.seq = seq;
  }
}
