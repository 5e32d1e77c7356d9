import type { Publication } from './publication';

/** The newest publications of one stream and epoch, in a ring of fixed size; numbers are contiguous. */
export class History {
  private readonly ring: Publication[] = [];
  private next = 0;

  constructor(private readonly size: number) {}

  add(publication: Publication): void {
    if (this.size === 0) return;
    this.ring[this.next] = publication;
    this.next = (this.next + 1) % this.size;
  }

  /** Everything after number `seq` up to `newest`, or undefined when the ring no longer reaches back that far. */
  after(seq: number, newest: number): Publication[] | undefined {
    const count = newest - seq;
    if (count < 0 || count > this.ring.length) return undefined;
    const missed: Publication[] = [];
    for (let i = count; i > 0; i--) missed.push(this.ring[(this.next - i + this.size) % this.size] as Publication);
    return missed;
  }
}
