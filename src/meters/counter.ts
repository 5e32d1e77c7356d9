/**
 * A labelled count kept in plain numbers, cheap enough for the data path; the metrics page reads it when scraped.
 * Labels must come from a bounded set: kinds, codes, markets, reasons that this code base names.
 */
export class Counter {
  private readonly counts = new Map<string, number>();

  add(label: string, by = 1): void {
    this.counts.set(label, (this.counts.get(label) ?? 0) + by);
  }

  get(label: string): number {
    return this.counts.get(label) ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  entries(): IterableIterator<[label: string, count: number]> {
    return this.counts.entries();
  }
}
